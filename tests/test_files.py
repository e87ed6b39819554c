"""A file is written whole or not at all."""

import errno
import json
import os
import subprocess
import sys
import time

import pytest

from gaitcore.errors import DataError
from gaitcore.files import check_writable, correct_times, detach, replacing, storage_problem, write_json


def test_the_file_appears_when_the_block_ends(tmp_path):
    with replacing(tmp_path / "a.txt") as unfinished:
        unfinished.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_after_a_failure_the_earlier_file_stays_and_nothing_else(tmp_path):
    (tmp_path / "a.txt").write_text("old")

    def fail():
        with replacing(tmp_path / "a.txt") as unfinished:
            unfinished.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


def test_json_is_written_whole_or_not_at_all(tmp_path):
    write_json(tmp_path / "run.json", {"seed": 1})
    assert json.loads((tmp_path / "run.json").read_text()) == {"seed": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "a.csv"), "a.csv: the disk is full; free some space"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "the disk is full; free some space"),
        (
            OSError(errno.EROFS, "Read-only file system", "a.csv"),
            "a.csv: the file system is read-only; make it writable",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "a.csv"),
            "a.csv: no permission to write there; change the",
        ),
        (OSError(errno.EFBIG, "File too large"), "the file is larger than the system allows; raise the limit"),
    ],
)
def test_what_a_full_or_read_only_disk_causes_is_one_sentence(error, sentence):
    assert storage_problem(error).startswith(sentence)
    wrapped = ValueError("cannot write")
    wrapped.__cause__ = error
    assert storage_problem(wrapped) == storage_problem(error)


def test_other_errors_are_not_the_disks():
    assert storage_problem(OSError(errno.ENOENT, "No such file or directory", "a.csv")) is None
    assert storage_problem(ValueError("x")) is None


def test_a_file_larger_than_the_limit_is_the_systems_own_error(tmp_path):
    """A real one, as Python, Arrow and safetensors report it."""
    code = f"""
import resource, signal, numpy as np, pyarrow as pa, pyarrow.parquet as pq
from pathlib import Path
from safetensors.numpy import save_file
from gaitcore.files import storage_problem, write_text
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
many = np.random.default_rng(0).random(100_000)
for write in (
    lambda path: write_text(path, "x" * 100_000),
    lambda path: pq.write_table(pa.table({{"a": many}}), path),
    lambda path: save_file({{"a": many}}, path),
):
    try:
        write(Path({str(tmp_path)!r}) / "file")
    except Exception as error:
        print((storage_problem(error) or repr(error)).partition("the ")[2].partition(";")[0])
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == 3 * "file is larger than the system allows\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; see tests/workflow/test_full_disk.py")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    check_writable(tmp_path / "new" / "deeper", "results are written there")
    tmp_path.chmod(0o555)
    with pytest.raises(DataError, match=f"^{tmp_path}: read-only; results are written there, so make it writable, or"):
        check_writable(tmp_path / "new" / "deeper", "results are written there")


def test_times_in_the_future_are_corrected_in_the_own_folder_and_refused_elsewhere(tmp_path):
    own, source = tmp_path / "results" / "split.csv", tmp_path / "poses.csv"
    own.parent.mkdir()
    for path in (own, source):
        path.touch()
        os.utime(path, (2208988800, 2208988800))  # 2040
    before = time.time()
    correct_times([own, tmp_path / "absent"], own.parent)
    assert before - 1 <= own.stat().st_mtime <= time.time()
    with pytest.raises(
        DataError, match=rf"^{source}: its time, 20(39|40)-\d\d-\d\d \d\d:\d\d, is in the future; if the clock"
    ):
        correct_times([own, source], own.parent)


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_link_becomes_a_file_of_its_own_with_the_same_content(tmp_path, link):
    cache, path = tmp_path / "cache", tmp_path / "path"
    cache.write_text("kept")
    getattr(path, link)(cache)
    detach(path)
    assert (path.read_text(), path.is_symlink(), path.stat().st_nlink) == ("kept", False, 1)
    path.write_text("new")
    assert cache.read_text() == "kept"
    detach(tmp_path / "absent")
