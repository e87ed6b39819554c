"""manifest.json: sealed, and read with a schema."""

import hashlib
import json

import pytest

from gaitcore.audit.manifest import Origin, check_manifest, read_manifest, write_manifest
from gaitcore.errors import DataError

FACTS = {
    "experiment": "tiny",
    "configuration": {"seeds": [0, 1]},
    "titles": {"gaitmixer": "GaitMixer"},
    "extensions": {},
    "gaitcore": "0.1.0",
}


def sha256(content):
    return hashlib.sha256(content.encode()).hexdigest()


@pytest.fixture
def folder(tmp_path):
    """A results folder with a split, the poses it was made from, and a manifest."""
    for name in ("poses.csv", "poses.parquet", "split.csv"):
        (tmp_path / name).write_text(name)
    origins = [
        Origin(str(tmp_path / "split.csv"), "splits", (str(tmp_path / "poses.parquet"),)),
        Origin(str(tmp_path / "poses.parquet"), "read_poses", ("data/poses.csv",)),
    ]
    write_manifest(tmp_path / "manifest.json", origins, [str(tmp_path / "poses.csv")], FACTS)
    return tmp_path


def rewritten(folder, change):
    """The manifest with other content, sealed anew."""
    content = json.loads((folder / "manifest.json").read_text())
    del content["digest"]
    change(content)
    digest = sha256(json.dumps(content))
    (folder / "manifest.json").write_text(json.dumps({"digest": digest, **content}, indent=1) + "\n")


def test_the_keys_stand_in_the_order_of_the_schema(folder):
    content = json.loads((folder / "manifest.json").read_text())
    assert list(content) == ["digest", *FACTS, "sources", "artefacts"]
    assert list(content["artefacts"]) == ["poses.parquet", "split.csv"]
    assert content["artefacts"]["split.csv"] == {
        "sha256": sha256("split.csv"),
        "bytes": 9,
        "made_by": "splits",
        "from": ["poses.parquet"],
    }


def test_what_was_listed_is_read(folder):
    manifest = read_manifest(folder)
    assert manifest.artefacts["poses.parquet"].made_from == ("data/poses.csv",)
    assert manifest.sources == {str(folder / "poses.csv"): sha256("poses.csv")}
    assert manifest.titles == {"gaitmixer": "GaitMixer"}
    assert check_manifest(folder).good == ("poses.parquet", "split.csv")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda content: content.pop("titles"), "the key titles is missing"),
        (lambda content: content.update(version=2), "the key version is unknown"),
        (
            lambda content: content["artefacts"]["split.csv"].update(bytes="9"),
            'artefacts.split.csv.bytes is "9", expected a valid integer',
        ),
    ],
)
def test_another_schema_ends_in_one_sentence(folder, change, sentence):
    rewritten(folder, change)
    with pytest.raises(DataError) as raised:
        read_manifest(folder)
    assert str(raised.value) == f"{folder}/manifest.json: {sentence}; delete it and run again."


def test_a_manifest_that_is_cut_off_changed_or_missing_ends_in_one_sentence(folder):
    path = folder / "manifest.json"
    text = path.read_text()
    for content, sentence in (
        (text[:99], "damaged, expected JSON with a digest."),
        (text.replace("tiny", "tidy"), "changed after it was written; its own digest does not match its content."),
    ):
        path.write_text(content)
        with pytest.raises(DataError) as raised:
            read_manifest(folder)
        assert str(raised.value) == f"{path}: {sentence}"
    path.unlink()
    with pytest.raises(DataError) as raised:
        read_manifest(folder)
    assert str(raised.value) == f"{path}: no such file; make it with: snakemake --cores 2 manifest"
