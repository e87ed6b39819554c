"""The schema for editors: it accepts the project's own files and marks mistakes where they are."""

import generate
import pytest
import yaml
from jsonschema import Draft202012Validator
from places import REPOSITORY

from gaitcore.settings.json_schema import json_schema

FILES = [REPOSITORY / "config.yaml", *sorted((REPOSITORY / "experiments").glob("*.yaml"))]


@pytest.fixture(scope="module")
def validator():
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def mistakes(validator, text):
    return [(list(error.absolute_path), error.validator) for error in validator.iter_errors(yaml.safe_load(text))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_projects_own_files_have_no_mistakes(validator, file):
    assert mistakes(validator, file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_first_line_of_a_file_names_the_schema(file):
    first = file.read_text(encoding="utf-8").splitlines()[0]
    name, path = first.split("$schema=")
    assert name == "# yaml-language-server: "
    assert (file.parent / path).resolve() == REPOSITORY / "config.schema.json"


@pytest.mark.parametrize(
    ("text", "path", "kind"),
    [
        ("training: {epcohs: 3}", ["training"], "additionalProperties"),
        ("training: {epochs: many}", ["training", "epochs"], "type"),
        ("systems: {mine: {training: {epochs: -1}}}", ["systems", "mine", "training", "epochs"], "minimum"),
        ("evaluation: {distance: manhattan}", ["evaluation", "distance"], "enum"),
        ("seedz: [1]", [], "additionalProperties"),
        ("seeds: [one]", ["seeds"], "anyOf"),
    ],
)
def test_a_mistake_is_marked_at_its_key(validator, text, path, kind):
    assert mistakes(validator, text) == [(path, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "seeds: 1",
        "compare: gaitmixer",
        "extends: demo",
        "protocol: {gallery: {nm: [1, '02']}}",
        "protocol: {splits: {mine: {train: 1-74, test: [P01, 2]}}}",
        "training: {batch: {size: 4}}",
        "training: {loss: {kind: triplet, margin: 0.2}}",
        "data: {tree: null}",
    ],
)
def test_what_the_reader_of_the_configuration_accepts_is_no_mistake(validator, text):
    assert mistakes(validator, text) == []


def test_an_editor_can_offer_the_names_of_networks_and_the_meaning_of_a_key():
    schema = json_schema()
    assert "batch_all_triplet" in schema["$defs"]["ChosenSection"]["properties"]["kind"]["examples"]
    assert schema["properties"]["seeds"]["description"] == "one training run per seed and system"


def test_the_file_is_what_the_generator_writes_now():
    assert (REPOSITORY / "config.schema.json").read_text(encoding="utf-8") == generate.schema_file(), "run: make docs"
