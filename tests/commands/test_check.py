"""``gaitcore check``: data, split, denominators, time, memory and disk of an experiment, before it is run."""

import re

import numpy as np
import pandas as pd
import pytest
from places import REPOSITORY
from scratch_workflow import Workflow

from gaitcore.commands.line import main
from gaitcore.commands.planning import MeasuredSystem, sweep_lines
from gaitcore.settings.files import load_config
from gaitcore.systems import system_settings
from gaitcore.training.estimate import StepTime
from gaitcore.words import counted

SHORT = {
    "training": {"repeat": {}, "batch": {"subjects": 2, "sequences": 4}},
    "sweep": {
        "settings": {"training.epochs": [1, 3], "training.loss.margin": [0.01, 0.2]},
        "seeds": [0, 1, 2],
    },
}


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    return Workflow.new(tmp_path_factory.mktemp("check"))


@pytest.fixture
def check(workflow, monkeypatch, capsys):
    monkeypatch.chdir(workflow.folder)

    def call(*words):
        status = main(["check", *words])
        return status, capsys.readouterr()

    return call


def test_one_is_no_plural():
    assert (counted(1, "view"), counted(1, "person", "people")) == ("1 view", "1 person")
    assert (counted(1100, "view"), counted(2, "person", "people")) == ("1,100 views", "2 people")


@pytest.mark.slow
def test_everything_that_is_known_before_training_is_shown(check):
    status, said = check("tiny")
    assert status == 0
    lines = said.out.splitlines()
    assert lines[0] == "tiny: tiny walkers"
    assert "Data: keypoints from synthetic walkers" in lines
    assert "  sequences  660 of 6 people in 3 conditions and 11 views" in lines
    assert "Split 3/3: keypoints" in lines
    roles = {
        words[0]: words[1:3] for words in map(str.split, lines) if words and words[0] in ("train", "gallery", "probe")
    }
    assert roles == {"train": ["3", "330"], "gallery": ["3", "132"], "probe": ["3", "198"]}
    assert any(re.fullmatch(r"  nm +66 +120 +33.3 % +1.52 points", line) for line in lines)
    # 594 items, bg and cl three times, in batches of 48: 12 steps in the one epoch
    assert any(re.fullmatch(r"  gaitmixer +[\d,]+ +12 .* +2 +[\d.]+ [MG]B( or more)?", line) for line in lines)
    assert any(re.match("  training in all: about .* at a time; evaluation not counted", line) for line in lines)
    assert any(re.match("Disk: about .* are free", line) for line in lines)


@pytest.mark.slow
def test_without_timing_no_step_is_measured(check):
    status, said = check("tiny", "--no-timing")
    assert status == 0
    assert re.search(r"  gaitformer +[\d,]+ +12 +- +- +2 +-\n", said.out)
    assert "training in all" not in said.out


def test_an_experiment_that_does_not_exist_is_one_sentence(check):
    status, said = check("tinny")
    assert status == 1
    assert said.err == 'There is no experiment "tinny" (no file experiments/tinny.yaml); did you mean "tiny"?\n'


def test_missing_data_are_one_sentence(check):
    status, said = check("casia_b", "--no-timing")
    assert status == 1
    assert said.err.startswith("data/raw/casia_b/casia-b_pose_train_valid.csv: not found, expected a CSV file")
    assert said.err.count("\n") == 1


def test_the_tries_of_a_sweep_are_counted_and_their_time_is_that_of_all_runs():
    config = load_config(REPOSITORY / "config.yaml", {"experiment": "demo_sweep", **SHORT})
    sequences = pd.DataFrame({"subject": np.repeat([1, 2], 8), "condition": "nm", "role": "train"})
    roles = {"keypoints": pd.concat([sequences, sequences.assign(role="gallery")])}
    batch = {"kind": "balanced", "subjects": 2, "sequences": 4}
    assert system_settings(config, "gaitmixer").training.batch.model_dump() == batch
    runs = {"gaitmixer": MeasuredSystem(1000, 128, StepTime(30.0, 8, 8), 10**9, "a GPU")}
    assert sweep_lines(config, runs, roles) == [
        "",
        "Sweep: 4 tries of gaitmixer, 12 runs, on validation subjects only",
        # (16 - 1) // 8 = 1 step an epoch, as published; 2 tries of 1 epoch and 2 of 3, three seeds
        "  training in all: 24 steps, about 12 min if a step takes as long as one of gaitmixer, 1 at a time",
    ]
    assert len(sweep_lines(config, {"gaitmixer": MeasuredSystem(1000, 128, None, None, "cpu")}, roles)) == 2
    assert sweep_lines(config.model_copy(update={"sweep": None}), runs, roles) == []
