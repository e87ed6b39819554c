"""``gaitcore identify``: the person of the gallery is found, distances are calibrated, mistakes are one sentence."""

import shutil
from pathlib import Path

import inputs
import numpy as np
import pytest
from PIL import Image

from gaitcore.commands.identification import Calibration, embedded, ranked, sentences
from gaitcore.commands.identification_picture import _numbers
from gaitcore.commands.line import main
from gaitcore.evaluation.finished import open_run
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences

RUN = "results/small/gaitmixer/seed-0"


@pytest.fixture
def people(at_two_experiments, tmp_path):
    """A gallery of three people as pickles in folders, and a probe that is one of its sequences, as a file."""
    for subject in ("001", "002", "003"):
        folder = tmp_path / "people" / subject / "nm-01" / "090"
        folder.mkdir(parents=True)
        np.save(folder / "poses.npy", inputs.poses(f"{subject}-nm-01-090"))
    shutil.copy(tmp_path / "people/002/nm-01/090/poses.npy", tmp_path / "whoever.npy")
    return tmp_path


def identify(capsys, folder, *words, probe="whoever.npy", gallery="people"):
    places = [
        "--gallery",
        str(folder / gallery),
        "--probe",
        str(folder / probe),
        "--picture",
        str(folder / "found.png"),
    ]
    status = main(["identify", "--weights", RUN, *places, *words])
    return status, capsys.readouterr()


def test_the_same_walk_is_found_at_distance_0_and_drawn(people, capsys):
    status, said = identify(capsys, people)
    assert status == 0
    lines = said.out.splitlines()
    assert "whoever.npy, by gaitmixer of results/small/gaitmixer/seed-0" in lines
    first = next(line.split() for line in lines if line.split()[:1] == ["1"])
    assert first[1:3] == ["002", "002-nm-01-090"]
    assert float(first[3]) == pytest.approx(0, abs=1e-6)
    assert "Consent of the" in said.out
    with Image.open(people / "found.png") as picture:
        assert picture.size == (1400, 760)


def test_without_a_size_the_runs_own_is_assumed_and_told(people, capsys):
    said = identify(capsys, people, probe="people")[1].out
    assert said.count("Remark: The frame is taken to be 320 x 240 pixels (--frame-size).") == 1
    assert "Remark: The frame" not in identify(capsys, people, "--frame-size", "320x240", probe="people")[1].out


def test_a_single_file_of_a_pose_table_is_a_probe(people, capsys):
    key, frames = SequenceKey("ann", "nm", 1, 90), np.arange(1, 13, dtype=np.int32)
    table = table_of_sequences({key: (frames, inputs.poses("002-nm-01-090"))}, PoseInfo("p", 320, 240, 25.0, "drawn"))
    table.write(people / "probe.parquet")
    status, said = identify(capsys, people, "--show", "1", probe="probe.parquet")
    assert status == 0
    ranks = [line.split()[:3] for line in said.out.splitlines() if line.split()[:1] in (["1"], ["2"])]
    assert ranks == [["1", "002", "002-nm-01-090"]]


def test_shares_are_of_the_runs_pairs():
    calibration = Calibration(np.array([0.1, 0.2, 0.5]), np.array([0.2, 0.6, 0.7, 0.9]))
    assert sentences(calibration, 0.2) == ("25.0% of 4", "66.7% of 3")
    assert sentences(calibration, 0.05) == ("0.0% of 4", "100.0% of 3")


@pytest.mark.parametrize(
    ("words", "start"),
    [
        (
            ["--weights", "results"],
            "results: no run.json and metrics.json beside the weights, expected the folder",
        ),
        (["--picture", "none/found.png"], "none: no such folder; make it, or name a file elsewhere (--picture)."),
        (
            ["--picture", "found.jpg"],
            "found.jpg: not the name of a file *.png, expected one like found.png (--picture).",
        ),
    ],
)
def test_mistakes_are_one_sentence(people, capsys, words, start):
    status, said = identify(capsys, people, *words, probe="people")
    assert status == 1
    assert said.err.startswith(start)
    assert said.err.count("\n") == 1


def test_walks_shorter_than_the_window_are_told(people, capsys):
    for path in (people / "people").rglob("*.npy"):
        np.save(path, np.load(path)[:8])
    status, said = identify(capsys, people, probe="people")
    assert status == 1
    assert (
        "no sequence of the gallery has more than 10 frames, the window of gaitmixer; bring longer walks." in said.err
    )


def test_the_nearest_sequence_of_a_person_counts(people):
    run = open_run(Path(RUN))
    gallery = embedded(run, people / "people", (320, 240), "gallery")
    (first, *_), *_ = (one.candidates for one in ranked(run, gallery, gallery))
    assert (first.subject, first.row) == ("001", 0)
    assert first.distance == pytest.approx(0, abs=1e-6)


def test_marks_that_are_near_have_one_number():
    assert _numbers([0.1, 0.11, 0.3], 0.02) == [("1\N{EN DASH}2", pytest.approx(0.105)), ("3", 0.3)]
    assert _numbers([0.1], 0.02) == [("1", 0.1)]
