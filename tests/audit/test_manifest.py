"""manifest.json: made of the receipts, sealed, and read with a schema."""

import json
import re
from pathlib import Path

import pytest
from results_folder import FACTS, flip

from gaitcore.__main__ import main
from gaitcore.audit.manifest import _sealed, check_manifest, read_manifest, renew_manifest
from gaitcore.audit.receipts import add_benchmarks
from gaitcore.digests import file_digest
from gaitcore.errors import DataError

MANIFEST = Path("results/tiny/manifest.json")
FILES = ("poses.parquet", "split.csv")
RECORDS = [
    f"{kind}.{suffix}" for kind, suffix in (("logs/{}", "log"), ("benchmarks/{}", "tsv"), ("receipts/{}", "json"))
]
LISTED = {*FILES, *(record.format(job) for record in RECORDS for job in ("poses", "splits"))}


def resealed(change):
    """The manifest with other content and a digest that fits it."""
    content = json.loads(MANIFEST.read_text())
    del content["digest"]
    change(content)
    MANIFEST.write_text(_sealed(content))


def asked(capsys, *arguments):
    status = main(list(arguments))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_keys_stand_in_the_order_of_the_schema(results):
    content = json.loads(MANIFEST.read_text())
    assert list(content) == ["digest", *FACTS, "sources", "artefacts"]
    assert list(content["artefacts"]) == sorted(LISTED)
    assert content["artefacts"]["split.csv"] == {
        "sha256": file_digest("results/tiny/split.csv"),
        "bytes": len("split.csv by splits"),
        "made_by": "splits",
        "from": ["poses.parquet"],
    }


def test_what_was_listed_is_read(results):
    manifest = read_manifest(results.folder)
    assert manifest.artefacts["poses.parquet"].made_from == ("data/poses.csv",)
    assert manifest.sources == {"data/poses.csv": file_digest("data/poses.csv")}
    assert manifest.titles == {"gaitmixer": "GaitMixer"}
    check = check_manifest(results.folder)
    assert (set(check.good), check.passes) == (LISTED, True)


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_change_of_any_file_is_found_and_a_file_that_is_gone_is_missed(results, name):
    flip(results.folder / name, keep_time=True)
    check = check_manifest(results.folder)
    assert (check.changed, check.missing, check.passes) == ((name,), (), False)
    (results.folder / name).unlink()
    check = check_manifest(results.folder)
    assert (check.changed, check.missing, check.passes) == ((), (name,), False)


def test_a_file_that_no_job_made_is_a_failure(results, capsys):
    for name in ("stray.txt", "logs/stray.log", "manifest.json.txt", ".hidden", "checkpoints/step-1.checkpoint"):
        (results.folder / name).parent.mkdir(exist_ok=True)
        (results.folder / name).touch()
    status, said, way_out = asked(capsys, "check-manifest", "results/tiny")
    assert status == 1
    assert said.splitlines() == [
        *("unlisted: logs/stray.log", "unlisted: manifest.json.txt", "unlisted: stray.txt"),
        "results/tiny: 8 of 8 artefacts are as listed.",
    ]
    assert way_out == "docs/results.md#manifestjson says what to do.\n"


def test_a_file_made_from_another_version_of_its_input_is_a_failure(results, capsys):
    results.make("poses", "read_other_poses", ["data/poses.csv"], [results.folder / "poses.parquet"])
    add_benchmarks(results.folder)
    renew_manifest(results.folder)
    assert check_manifest(results.folder).outdated == (("split.csv", "poses.parquet"),)
    status, said, _ = asked(capsys, "check-manifest", "results/tiny")
    assert (status, said.splitlines()[0]) == (1, "outdated: split.csv (made from another poses.parquet)")


def test_what_is_made_later_is_added(results):
    figure = results.folder / "figures" / "seeds.png"
    results.make("figures/seeds", "draw_figure", [str(results.folder / "split.csv")], [figure])
    assert set(check_manifest(results.folder).unlisted) == {
        *("figures/seeds.png", "logs/figures/seeds.log", "benchmarks/figures/seeds.tsv", "receipts/figures/seeds.json"),
    }
    add_benchmarks(results.folder)
    renew_manifest(results.folder)
    assert check_manifest(results.folder).passes
    assert read_manifest(results.folder).artefacts["figures/seeds.png"].made_by == "draw_figure"


@pytest.mark.parametrize("name", sorted(name for name in LISTED if not name.startswith("receipts/")))
def test_a_changed_file_is_never_listed_anew(results, name):
    before = MANIFEST.read_bytes()
    flip(results.folder / name, keep_time=True)
    results.make("movies/walk", "draw_movie", outputs=[results.folder / "movies" / "walk.gif"])
    with pytest.raises(DataError, match=rf"^results/tiny/{re.escape(name)}: not the file that \w+ wrote; "):
        renew_manifest(results.folder)
    assert MANIFEST.read_bytes() == before


def test_a_folder_without_a_manifest_gets_none(results):
    MANIFEST.unlink()
    renew_manifest(results.folder)
    assert not MANIFEST.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda content: content.pop("titles"), "the key titles is missing"),
        (lambda content: content.update(version=2), "the key version is unknown"),
        (
            lambda content: content["artefacts"]["split.csv"].update(bytes="9"),
            'artefacts.split.csv.bytes is "9", expected a valid integer',
        ),
        (
            lambda content: content.update(artefacts=[]),
            "artefacts is [], expected an object",
        ),
        (
            lambda content: content.update(artefacts={}),
            "artefacts is {}, expected Dictionary should have at least 1 item after validation, not 0",
        ),
        (
            lambda content: content["artefacts"]["split.csv"].pop("sha256"),
            "the key artefacts.split.csv.sha256 is missing",
        ),
        *(
            (
                lambda content, name=name: content["artefacts"].update({name: content["artefacts"]["split.csv"]}),
                f'artefacts.{name}.[key] is "{name}", expected a file of the results folder, by its name relative to '
                "the folder",
            )
            for name in ("/etc/hostname", "../demo/split.csv")
        ),
        (lambda content: content.update(configuration=None), "configuration is null, expected an object"),
    ],
)
def test_another_schema_ends_in_one_sentence(results, capsys, change, sentence):
    resealed(change)
    assert asked(capsys, "check-manifest", "results/tiny") == (
        1,
        "",
        f"{MANIFEST}: {sentence}; delete it and run again.\n",
    )


@pytest.mark.parametrize(
    "content", ["", "[]", "null", "{}", '{"digest": 1', "[" * 100_000, "9" * 100_000, "\0", "\udcff"]
)
def test_a_manifest_that_is_no_manifest_ends_in_one_sentence(results, capsys, content):
    MANIFEST.write_bytes(content.encode(errors="surrogateescape"))
    assert asked(capsys, "check-manifest", "results/tiny") == (
        *(1, ""),
        f"{MANIFEST}: damaged, expected JSON with a digest.\n",
    )


def test_a_manifest_that_is_cut_off_changed_or_missing_ends_in_one_sentence(results):
    text = MANIFEST.read_text()
    for content, sentence in (
        (text[:99], "damaged, expected JSON with a digest."),
        (text.replace("tiny", "tidy"), "changed after it was written; its own digest does not match its content."),
    ):
        MANIFEST.write_text(content)
        with pytest.raises(DataError) as raised:
            read_manifest(results.folder)
        assert str(raised.value) == f"{MANIFEST}: {sentence}"
    MANIFEST.unlink()
    with pytest.raises(DataError) as raised:
        read_manifest(results.folder)
    assert (
        str(raised.value)
        == f"{MANIFEST}: no such file; make it with: snakemake --cores 8 manifest --config experiment=tiny"
    )


def test_the_manifest_may_be_named_instead_of_its_folder(results, capsys):
    assert asked(capsys, "check-manifest", str(MANIFEST)) == (0, f"{MANIFEST}: 8 of 8 artefacts are as listed.\n", "")
    for name in ("results/tiny/split.csv", "results/other", "a\0b"):
        status, said, sentence = asked(capsys, "check-manifest", name)
        assert (status, said) == (1, "")
        assert sentence == f"{name!r}: no such folder, expected that of an experiment, e.g. results/demo.\n"
