"""Nothing is laundered: changed files are refused, deleted ones are made anew, and the manifest lists every file."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from results_folder import flip

from gaitcore.audit.manifest import check_manifest, read_manifest
from gaitcore.audit.trace import trace_cell
from gaitcore.digests import file_digest

pytestmark = pytest.mark.workflow

RUN = "gaitmixer/seed-1"
ON_THE_WAY = [
    *("poses.parquet", "split.csv", "summary.csv", "tables/table2.csv"),
    *(f"{RUN}/{name}" for name in ("weights.safetensors", "training.csv", "run.json")),
    *(f"{RUN}/{name}" for name in ("embeddings.parquet", "metrics.json", "subjects.csv")),
]
BESIDE_IT = ["rank1.json", "tables/table1.tex", "tables/table2.html", "tables/summary.md", "reproduction.md"]


@pytest.fixture
def restored(finished, tmp_path):
    """The finished workflow; results and Snakemake's records are put back after the test."""
    for name in ("results", ".snakemake"):
        shutil.copytree(finished.folder / name, tmp_path / name)
    yield finished
    for name in ("results", ".snakemake"):
        shutil.rmtree(finished.folder / name)
        shutil.copytree(tmp_path / name, finished.folder / name)


def digests(workflow, *suffixes):
    files = (path for path in workflow.results("").rglob("*") if path.is_file() and path.name.endswith(suffixes))
    return {path: file_digest(path) for path in files}


def in_folder(workflow, function, *arguments):
    """Call a function in the workflow's folder, since the paths in a manifest are relative."""
    before = Path.cwd()
    os.chdir(workflow.folder)
    try:
        return function(*arguments)
    finally:
        os.chdir(before)


@pytest.mark.parametrize("name", [*ON_THE_WAY, *BESIDE_IT])
def test_tables_refuse_a_flipped_byte_and_say_what_to_do(restored, name):
    flip(restored.results(name))
    before, records = digests(restored, ""), read_manifest(restored.results(""))
    done = restored.snakemake("tables")
    maker = records.artefacts[name].made_by
    assert done.returncode == 1
    assert done.stdout.endswith(
        f"results/tiny/{name}: not the file that {maker} wrote; put the original back, or delete the file and run the "
        "same command, which makes it anew.\n"
    )
    assert "Traceback" not in done.stdout
    assert digests(restored, "") == before  # nothing ran, nothing was deleted


@pytest.mark.parametrize("name", ON_THE_WAY)
def test_trace_finds_a_flipped_byte_that_hides_from_times(restored, name):
    flip(restored.results(name), keep_time=True)
    assert check_manifest(restored.results("")).changed == (name,)
    command = [sys.executable, "-m", "gaitcore", "trace", "results/tiny/tables/table2.csv", "GaitMixer", "NM"]
    done = subprocess.run(command, **restored.place, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"results/tiny/{name}" in (done.stdout + done.stderr).replace("NOT traced: ", "").splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_job_refuses_an_input_whose_change_hides_from_times(restored):
    flip(restored.results(f"{RUN}/weights.safetensors"), keep_time=True)
    restored.results(f"{RUN}/metrics.json").unlink()
    done = restored.snakemake("tables")
    assert done.returncode == 1
    sentence = f"results/tiny/{RUN}/weights.safetensors: not the file that train wrote; put the original back, "
    assert f"[evaluate tiny gaitmixer seed-1] {sentence}" in done.stdout
    assert sentence in restored.results(f"logs/{RUN}/evaluate.log").read_text()


def test_the_manifest_is_not_renewed_over_a_change_that_hides_from_times(restored):
    flip(restored.results("tables/table1.tex"), keep_time=True)
    before = restored.results("manifest.json").read_bytes()
    done = restored.snakemake("figures")
    assert done.returncode == 1
    assert "results/tiny/tables/table1.tex: not the file that write_tables wrote; put the original back" in done.stdout
    assert restored.results("manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "made_anew"),
    [
        ("poses.parquet", ["poses"]),
        ("split.csv", ["splits"]),
        (f"{RUN}/weights.safetensors", [f"{RUN}/train"]),
        (f"{RUN}/embeddings.parquet", [f"{RUN}/evaluate"]),
        (f"{RUN}/metrics.json", [f"{RUN}/evaluate"]),
        ("summary.csv", ["summary"]),
        ("tables/table2.md", ["tables"]),
    ],
)
def test_a_deleted_file_is_made_anew_and_nothing_that_is_the_same_runs_again(restored, name, made_anew):
    kinds = (".parquet", ".safetensors", "metrics.json", "subjects.csv", "summary.csv", "split.csv", ".log")
    before = digests(restored, *kinds)
    restored.results(name).unlink()
    done = restored.snakemake("tables")
    assert done.returncode == 0, done.stdout
    after = digests(restored, *kinds)
    logs = {path for path in before if after[path] != before[path]}
    assert {restored.results(f"logs/{job}.log") for job in made_anew} <= logs
    trained = {path for path in logs if path.name == "train.log"}
    assert trained == {path for path in trained if path == restored.results(f"logs/{made_anew[0]}.log")}
    assert {path.suffix for path in logs} == {".log"}  # every result has the same bytes
    assert check_manifest(restored.results("")).passes
    assert restored.jobs() == {}


def test_a_deleted_record_of_a_run_is_made_anew(restored):
    restored.results(f"{RUN}/run.json").unlink()
    done = restored.snakemake("tables")
    assert done.returncode == 0, done.stdout
    assert check_manifest(restored.results("")).passes


def test_a_forced_job_runs_though_nothing_has_changed(restored):
    log = restored.results("logs/splits.log")
    before = log.read_bytes()
    assert restored.snakemake("--forcerun", "splits", "--", "results/tiny/split.csv").returncode == 0
    assert log.read_bytes() != before
    assert check_manifest(restored.results("")).passes


def test_figures_reports_and_movies_are_listed_when_they_are_made(restored):
    assert restored.snakemake("figures", "report").returncode == 0
    assert restored.snakemake("movie", config=["sequence=004-nm-05-090"]).returncode == 0
    check = check_manifest(restored.results(""))
    assert check.passes, check
    made_by = {name: listed.made_by for name, listed in read_manifest(restored.results("")).artefacts.items()}
    assert made_by["figures/seeds.png"] == made_by["logs/figures/seeds.log"] == "draw_figure"
    assert made_by["inspection/gaitmixer/seed-0/maps.safetensors"] == "inspect_run"
    assert made_by["report.html"] == made_by["benchmarks/report.tsv"] == "write_report"
    assert made_by["movies/004-nm-05-090.gif"] == "draw_movie"
    assert restored.jobs() == {}
    trace = in_folder(restored, trace_cell, "results/tiny/tables/table2.csv", "GaitMixer", "NM")
    assert trace.holds


def test_a_manifest_that_is_gone_is_made_again(restored):
    restored.results("manifest.json").unlink()
    assert restored.snakemake("tables").returncode == 0
    assert check_manifest(restored.results("")).passes


def test_a_run_that_is_killed_leaves_nothing_that_is_refused(restored):
    restored.results("split.csv").unlink()
    with subprocess.Popen(
        restored.command("tables"),
        **restored.place,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        while not restored.results("split.csv").exists():
            assert run.poll() is None
        os.killpg(run.pid, signal.SIGKILL)
    done = restored.snakemake("tables")
    assert done.returncode == 0, done.stdout
    assert check_manifest(restored.results("")).passes
