"""A disk that is full or read-only ends a run with one sentence, and what is finished is kept."""

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

from gaitcore.audit.manifest import check_manifest
from gaitcore.digests import file_digest

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system"),
]

RUN = "gaitmixer/seed-1"
SPARE = 8192  # bytes of the small disk that jobs may use before it is full: a log, not an artefact


def mount(*arguments):
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")


@contextmanager
def mounted(folder, *arguments):
    mount(*arguments, folder)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def read_only(folder, place):
    """``folder`` at ``place``, where nothing can be written."""
    with mounted(place, "--bind", folder):
        mount("-o", "remount,ro,bind", place)
        yield


@pytest.fixture
def small_disk(finished, tmp_path):
    """The finished workflow with its results on a file system of their own; they are put back after the test."""
    results, backup = finished.results(""), tmp_path / "results"
    shutil.copytree(results, backup)
    shutil.copytree(finished.folder / ".snakemake", tmp_path / "records")
    shutil.rmtree(results)
    results.mkdir()
    with mounted(results, "-t", "tmpfs", "-o", "size=64m", "tmpfs"):
        shutil.copytree(backup, results, dirs_exist_ok=True)
        yield finished
    shutil.rmtree(finished.folder / ".snakemake")
    shutil.copytree(tmp_path / "records", finished.folder / ".snakemake")
    shutil.copytree(backup, results, dirs_exist_ok=True)


def filled(folder):
    """A file that leaves little room on the disk."""
    room = shutil.disk_usage(folder).free - SPARE
    (folder / ".filler").write_bytes(bytes(room))
    return folder / ".filler"


@pytest.mark.parametrize(
    ("deleted", "job"),
    [
        ("poses.parquet", "read_poses tiny"),
        ("split.csv", "splits tiny"),
        (f"{RUN}/embeddings.parquet", "evaluate tiny gaitmixer seed-1"),
        ("summary.csv", "summary tiny"),
        ("reproduction.html", "write_reproduction tiny"),
    ],
)
def test_a_full_disk_is_one_sentence_and_the_same_command_goes_on(small_disk, deleted, job):
    results = small_disk.results("")
    before = file_digest(results / deleted)
    (results / deleted).unlink()
    filler = filled(results)
    done = small_disk.snakemake("tables")
    assert done.returncode == 1
    assert f"[{job}] " in done.stdout
    assert (
        "the disk is full; free some space, then run the same command again; what is finished is kept." in done.stdout
    )
    assert "Traceback" not in done.stdout
    weights = {path: file_digest(path) for path in results.rglob("*.safetensors")}
    assert len(weights) == 4
    filler.unlink()
    done = small_disk.snakemake("tables")
    assert done.returncode == 0, done.stdout
    assert file_digest(results / deleted) == before
    assert {path: file_digest(path) for path in results.rglob("*.safetensors")} == weights
    assert check_manifest(results).passes


def test_a_training_for_whose_weights_there_is_no_room_is_kept(small_disk):
    results = small_disk.results("")
    weights = results / RUN / "weights.safetensors"
    before = file_digest(weights)
    weights.unlink()
    # A folder in place of the temporary file: writing the weights fails, writing checkpoints does not.
    obstacle = weights.with_name(".weights.safetensors.unfinished")
    obstacle.mkdir()
    assert small_disk.snakemake("tables").returncode == 1
    assert list((results / "checkpoints" / RUN).glob("*.checkpoint"))
    obstacle.rmdir()
    done = small_disk.snakemake("tables")
    assert done.returncode == 0, done.stdout
    assert "resuming from results/tiny/checkpoints/gaitmixer/seed-1/step-" in done.stdout
    assert file_digest(weights) == before
    assert check_manifest(results).passes


def test_read_only_results_are_one_sentence(finished):
    folder = finished.results("")
    with read_only(folder, folder):
        done = finished.snakemake("tables")
    assert done.returncode == 1
    assert done.stdout.endswith(
        "results/tiny: read-only; results are written there, so make it writable, or work in a copy.\n"
    )
    assert "Traceback" not in done.stdout


def test_a_read_only_checkout_is_one_sentence(finished, tmp_path):
    place = tmp_path / "checkout"
    place.mkdir()
    with read_only(finished.folder, place):
        done = subprocess.run(
            finished.command("tables", "-n"),
            **{**finished.place, "cwd": place},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert (
        "read-only; Snakemake keeps its records there, also for -n, so make it writable, or work in a copy."
        in done.stdout
    )
    assert "Traceback" not in done.stdout


def test_results_from_the_future_are_used_and_get_the_present_time(small_disk):
    results = small_disk.results("")
    for name in ("poses.parquet", "split.csv", f"{RUN}/weights.safetensors"):
        os.utime(results / name, (2208988800, 2208988800))  # 2040
    assert small_disk.jobs() == {}
    (results / "summary.csv").unlink()
    done = small_disk.snakemake("tables")
    assert done.returncode == 0, done.stdout
    assert small_disk.jobs() == {}
    assert check_manifest(results).passes
