"""``gaitcore trace``: what a person reads of the files behind a number."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gaitcore.audit.trace import trace_cell
from gaitcore.audit.trace_text import trace_text
from gaitcore.commands.line import main
from gaitcore.digests import file_digest

TABLE = Path("results/small/tables/table2.csv")
RUN = Path("results/small/gaitmixer/seed-0")


@pytest.fixture
def small(two_experiments, tmp_path, monkeypatch):
    """A copy of the finished experiment, as the working folder; its files may be changed."""
    shutil.copytree(two_experiments, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def row(path, recorded, name=None, digits=12):
    return f"  {name or path!s:<31}  {file_digest(path)[:digits]}  {recorded}"


def traced(capsys, *options):
    status = main(["trace", str(TABLE), "GaitMixer", "nm", *options])
    return status, capsys.readouterr().out


def test_the_number_comes_first_and_below_it_what_it_was_computed_from_in_order(small, capsys):
    status, said = traced(capsys)
    assert status == 0
    number, files, facts = said.partition("\ntable and")[0], said.partition("\ntable and")[2], said.splitlines()[-11:]
    assert number == f"GaitMixer, nm: rank-1 75.0 %, interval [50.0, 100.0]\nseed 0 alone, in {TABLE}\n"
    assert files.partition("\ncomputed with\n")[0].splitlines() == [
        " statistics               SHA-256       recorded in",
        row(TABLE, "manifest.json"),
        row("results/small/summary.csv", "manifest.json, 1 receipt"),
        "",
        f"seed 0: rank-1 75.00 %, {RUN}/",
        row(RUN / "metrics.json", "manifest.json", "metrics.json"),
        row(RUN / "subjects.csv", "manifest.json, metrics.json, 1 receipt", "subjects.csv"),
        row(RUN / "embeddings.parquet", "manifest.json, metrics.json", "embeddings.parquet"),
        row(RUN / "weights.safetensors", "manifest.json, metrics.json, run.json, 1 receipt", "weights.safetensors"),
        row(RUN / "training.csv", "manifest.json, run.json", "training.csv"),
        row(RUN / "run.json", "manifest.json, 1 receipt", "run.json"),
        "",
        "data",
        row("results/small/split.csv", "manifest.json, metrics.json, run.json, 3 receipts"),
        row("results/small/poses.parquet", "manifest.json, metrics.json, run.json, 3 receipts"),
        row("raw/poses.csv", "manifest.json"),
    ]
    names = [line[2:22].strip() for line in facts[1:-2]]
    assert (facts[0], names) == (
        "computed with",
        [
            *("split", "settings", "training's code", "evaluation's code", "git revision", "source of the frames"),
            *("versions", "machine"),
        ],
    )
    assert facts[6] == f"  source of the frames  {file_digest('raw/poses.csv')[:12]}"
    assert facts[-1] == "Every digest is as recorded, and the runs give the number in the table."


def test_full_digests_are_those_of_sha256sum(small, capsys):
    _, said = traced(capsys, "--full-digests")
    assert row(TABLE, "manifest.json", digits=64) in said
    assert f"  source of the frames  {file_digest('raw/poses.csv')}\n" in said


def test_a_changed_file_is_marked_and_named_once_with_all_that_record_another_digest(small, capsys):
    weights = RUN / "weights.safetensors"
    before = file_digest(weights)
    weights.write_bytes(weights.read_bytes()[:-1])
    status, said = traced(capsys)
    assert status == 1
    others = "NOT as in manifest.json, metrics.json, run.json, 1 receipt"
    assert row(weights, others, "weights.safetensors") in said
    assert said.splitlines()[-1] == (
        f"NOT traced: {weights} is not the file that manifest.json, metrics.json, run.json and the receipt of evaluate "
        f"record ({before})."
    )


def test_what_differs_between_runs_has_a_line_for_each_and_data_of_all_stand_once(small):
    trace = trace_cell(TABLE, "GaitMixer", "nm")
    run = trace.runs[0]
    other = tuple(replace(file, recorded={"run.json": "0" * 64}) for file in run.data)
    text = trace_text(replace(trace, runs=(run, replace(run, seed=1, evaluation_code="b" * 64, data=other))))
    assert text.splitlines()[1] == f"the mean of 2 seeds, in {TABLE}"
    assert "  evaluation's code     seed 0: c0de\n                        seed 1: bbbbbbbbbbbb\n" in text
    assert text.count("training's code") == text.count("poses.parquet") == 1
    poses = "results/small/poses.parquet"
    assert row(poses, "manifest.json, metrics.json, 3 receipts; NOT as in run.json") in text
