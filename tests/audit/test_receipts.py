"""Receipts: a job uses no file of the results folder that is not what its maker wrote."""

import os
import re
from pathlib import Path

import pytest
from results_folder import flip

from gaitcore.audit.receipts import JobPlace, check_changed, checked_inputs, read_receipts
from gaitcore.digests import file_digest
from gaitcore.errors import DataError

POSES, SPLIT = "results/tiny/poses.parquet", "results/tiny/split.csv"
TRAIN = JobPlace(Path("results/tiny"), "gaitmixer/seed-0/train")


@pytest.mark.parametrize(
    ("log", "folder", "name"),
    [
        ("results/demo/logs/splits.log", "results/demo", "splits"),
        ("results/logs/logs/logs/seed-0/train.log", "results/logs", "logs/seed-0/train"),
    ],
)
def test_a_job_is_named_by_its_log(log, folder, name):
    place = JobPlace.of_log(log)
    assert (place.folder, place.name) == (Path(folder), name)
    assert place.receipt == Path(folder, "receipts", f"{name}.json")


def test_a_receipt_has_what_was_read_and_written(results):
    receipt = read_receipts(results.folder)["splits"]
    assert receipt.rule == "splits"
    assert receipt.inputs == {"poses.parquet": file_digest(POSES)}
    assert receipt.outputs["split.csv"].sha256 == file_digest(SPLIT)
    assert list(receipt.logs) == ["logs/splits.log"]
    assert list(receipt.benchmarks) == ["benchmarks/splits.tsv"]
    assert read_receipts(results.folder)["poses"].inputs == {"data/poses.csv": file_digest("data/poses.csv")}


def test_inputs_that_are_what_their_makers_wrote_are_accepted(results):
    assert checked_inputs(TRAIN, [POSES, SPLIT, SPLIT]) == {
        "poses.parquet": file_digest(POSES),
        "split.csv": file_digest(SPLIT),
    }


@pytest.mark.parametrize("keep_time", [False, True])
def test_a_flipped_byte_is_refused_with_the_way_out(results, keep_time):
    flip(SPLIT, keep_time)
    sentence = (
        f"{SPLIT}: not the file that splits wrote; put the original back, or delete the file and run the same command, "
        "which makes it anew."
    )
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}$"):
        checked_inputs(TRAIN, [POSES, SPLIT])


def test_a_file_without_a_receipt_is_refused(results):
    Path("results/tiny/receipts/splits.json").unlink()
    sentence = f"{SPLIT}: no receipt of the job that made it; delete the file and run the same command again."
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}$"):
        checked_inputs(TRAIN, [POSES, SPLIT])


def test_a_run_is_not_planned_on_a_changed_file(results):
    check_changed(results.folder)
    os.utime(SPLIT, (4e9, 4e9))  # touched, by a clock that is wrong by decades
    check_changed(results.folder)
    flip(SPLIT)
    with pytest.raises(DataError, match=rf"^{SPLIT}: not the file that splits wrote; "):
        check_changed(results.folder)
    Path(SPLIT).unlink()
    check_changed(results.folder)  # the run makes it anew


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", ", line 1: damaged or cut off, expected JSON"),
        ("[]", ": the content is a list, expected an object"),
        ("[" * 100_000, ": nested too deeply, expected JSON of the workflow"),
        ('{"rule": ' + "9" * 100_000 + "}", ", line 1: damaged or cut off, expected JSON"),
        ('{"rule": "splits"}', ": the key parameters is missing"),
    ],
)
def test_a_damaged_receipt_ends_in_one_sentence(results, content, sentence):
    path = Path("results/tiny/receipts/splits.json")
    path.write_text(content)
    with pytest.raises(DataError) as raised:
        check_changed(results.folder)
    assert str(raised.value) == f"{path}{sentence}; delete it and run again."


@pytest.mark.parametrize("name", ["/etc/passwd", "../other/split.csv", "a//b", ""])
def test_a_receipt_names_files_of_its_folder_only(results, name):
    path = Path("results/tiny/receipts/splits.json")
    path.write_text(path.read_text().replace('"split.csv"', f'"{name}"'))
    with pytest.raises(DataError, match="expected a file of the results folder, by its name relative to the folder"):
        read_receipts(results.folder)


def test_results_of_another_experiment_are_compared_with_its_own_receipts(results):
    other = JobPlace(Path("results/other"), "gaitmixer/seed-0/import")
    assert checked_inputs(other, [SPLIT, "data/poses.csv"]) == {
        SPLIT: file_digest(SPLIT),
        "data/poses.csv": file_digest("data/poses.csv"),
    }
    flip(SPLIT)
    with pytest.raises(DataError, match=r"^results/tiny/split\.csv: not the file that splits wrote; "):
        checked_inputs(other, [SPLIT])
