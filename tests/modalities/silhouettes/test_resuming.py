"""A reading that ended early goes on after the subjects that are whole, and ends with the same bytes."""

import logging
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from drawn_silhouettes import made_up_masks, save_pickle, write_casia_b
from resumable_reading import read

from gaitcore.errors import DataError
from gaitcore.modalities.scratch import Scratch
from gaitcore.modalities.silhouettes.reading import read_silhouettes
from gaitcore.modalities.silhouettes.table import list_sequences, read_info

SUBJECTS = ("002", "010", "100")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Three subjects with three walks each, one of which has a line in the report."""
    folder = tmp_path_factory.mktemp("source")
    for number, subject in enumerate(SUBJECTS):
        for walk in range(1, 4):
            masks = made_up_masks(3 + walk + number, seed=10 * number + walk)
            masks[0] *= walk != 2
            save_pickle(folder / "pickles", f"{subject}/nm-{walk:02d}/090/090.pkl", masks)
    return folder


@pytest.fixture(scope="module")
def whole(source, tmp_path_factory):
    """Table and report of a reading without interruption."""
    folder = tmp_path_factory.mktemp("whole") / "here"
    shutil.copytree(source, folder)
    return read(folder)


@pytest.fixture
def interrupted(source, tmp_path):
    """The folder of a reading that was stopped by a pickle of the last subject, which has since been mended."""
    folder = tmp_path / "here"
    shutil.copytree(source, folder)
    bad = folder / "pickles" / "100" / "nm-02" / "090" / "090.pkl"
    good = bad.read_bytes()
    bad.write_bytes(good[:100])
    with pytest.raises(DataError, match="pickle data was truncated"):
        read(folder)
    bad.write_bytes(good)
    return folder


def kept(folder):
    return sorted({path.name.partition(".")[0] for path in (folder / "unfinished").iterdir()})


def spoil(path):
    """Other content in a file of the same size and time, which is not noticed unless the file is read."""
    state = path.stat()
    path.write_bytes(bytes(state.st_size))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_whole_subjects_are_not_read_again_and_the_bytes_are_the_same(interrupted, whole, caplog):
    assert kept(interrupted) == ["002", "010"]
    for path in (interrupted / "pickles" / "002").rglob("*.pkl"):
        spoil(path)
    with caplog.at_level(logging.INFO):
        assert read(interrupted) == whole
    assert "2 of 3 subjects were read before the job was interrupted" in caplog.messages
    assert not (interrupted / "unfinished").exists()
    assert "no white pixel" in whole[1]


def test_a_subject_with_a_changed_file_is_read_again(interrupted, whole):
    path = interrupted / "pickles" / "010" / "nm-01" / "090" / "090.pkl"
    masks = made_up_masks(4, seed=99)
    save_pickle(interrupted / "pickles", path.relative_to(interrupted / "pickles"), masks)
    table, _ = read(interrupted)
    assert table != whole[0]
    shutil.rmtree(interrupted / "pickles" / "002")
    read(interrupted)
    assert list_sequences(interrupted / "silhouettes.parquet")["subject"].unique().tolist() == ["010", "100"]


def test_a_subject_with_one_more_walk_is_read_again(interrupted):
    save_pickle(interrupted / "pickles", "002/nm-04/090/090.pkl", made_up_masks(5))
    read(interrupted)
    sequences = list_sequences(interrupted / "silhouettes.parquet")
    assert sequences[sequences["subject"] == "002"]["sequence"].tolist() == ["01", "02", "03", "04"]


def test_other_settings_or_code_keep_nothing(interrupted):
    spoil(interrupted / "pickles" / "002" / "nm-01" / "090" / "090.pkl")
    with pytest.raises(DataError, match=r"002/nm-01/090/090\.pkl: not a readable pickle"):
        read(interrupted, settings="other code")


def test_threads_do_not_change_the_bytes(source, whole, tmp_path):
    shutil.copytree(source, tmp_path / "here")
    assert read(tmp_path / "here", threads=3) == whole


def test_without_a_scratch_folder_the_table_is_the_same(source, whole, tmp_path):
    table = tmp_path / "silhouettes.parquet"
    read_silhouettes("opengait_pickles", source / "pickles", table, dataset="test")
    assert table.read_bytes() == whole[0]


def test_a_killed_reading_ends_with_the_same_bytes(tmp_path):
    """SIGKILL, which leaves no time to tidy up."""
    folder = tmp_path / "here"
    masks = made_up_masks(60)
    for subject in range(1, 61):
        for walk in range(1, 5):
            save_pickle(folder / "pickles", f"{subject:03d}/nm-{walk:02d}/090/090.pkl", np.roll(masks, subject))
    script = Path(sys.modules["resumable_reading"].__file__)
    process = subprocess.Popen([sys.executable, script, folder])
    while len(list((folder / "unfinished").glob("*.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    assert process.wait() == -9
    assert not (folder / "silhouettes.parquet").exists()
    spoil(folder / "pickles" / "001" / "nm-01" / "090" / "090.pkl")
    resumed = read(folder)
    save_pickle(folder / "pickles", "001/nm-01/090/090.pkl", np.roll(masks, 1))
    assert resumed == read(folder)


def test_pictures_are_resumed_too(tmp_path):
    names = ["001-nm-01-000", "001-nm-01-090", "002-nm-01-000"]
    root = write_casia_b(tmp_path / "casia_b", names)
    tables = []
    for number in range(2):
        scratch = Scratch(tmp_path / "unfinished", "code")  # not removed, as by a job that was killed in the end
        table = tmp_path / f"{number}.parquet"
        _, report = read_silhouettes("casia_b_png", root, table, dataset="test", scratch=scratch)
        tables.append((table.read_bytes(), len(report)))
        for path in (root / "001").rglob("*.png"):
            spoil(path)
    assert tables[0] == tables[1]
    assert read_info(table).source_digest


def test_two_spellings_of_a_subject_are_refused_before_anything_is_read(tmp_path):
    path = save_pickle(tmp_path / "pickles", "001/nm-01/090/090.pkl", made_up_masks(5))
    path.write_bytes(b"damaged")
    save_pickle(tmp_path / "pickles", "1/nm-02/090/090.pkl", made_up_masks(5))
    with pytest.raises(DataError) as caught:
        read_silhouettes("opengait_pickles", tmp_path / "pickles", tmp_path / "x.parquet", dataset="My data")
    assert str(caught.value) == (
        "My data: subject 001 and subject 1 are two spellings of one number, expected one; rename one of them."
    )
