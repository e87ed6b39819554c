"""The time of a run is estimated before it begins, and the estimate leaves no trace in the run."""

import logging

import numpy as np
import pandas as pd
import pytest
import torch
from places import REPOSITORY

from gaitcore.settings.files import load_config
from gaitcore.systems import system_settings
from gaitcore.training.batches import build_batches
from gaitcore.training.estimate import StepTime, seconds_per_step, steps_of_run, tell
from gaitcore.training.progress import TIMED, WARM_UP, Progress, in_words

SILHOUETTES = {"modality": ["keypoints", "silhouettes"], "silhouettes": {"format": "opengait_pickles", "path": "x"}}
CPU = torch.device("cpu")
# Every kind of batch, of input and of modality, with networks that take milliseconds.
SMALL = {
    "gaitmixer": {"spatial_width": 8, "spatial_depth": 1, "heads": 2, "widths": [8], "kernel": 5},
    "gaitgraph": {},
    "gaitset": {"widths": [2, 3, 4]},
    "gpgait": {"shared": [4, 8], "width": 12},
    "posegait": {},
}


def system(name):
    settings = {"experiment": "casia_b", "compare": [name], "data": SILHOUETTES}
    settings["systems"] = {name: {"network": {"frames": 12, "embedding_dim": 8, **SMALL[name]}}}
    return system_settings(load_config(REPOSITORY / "config.yaml", settings), name)


@pytest.mark.parametrize("name", SMALL)
def test_a_step_of_every_kind_is_measured_and_torchs_generator_left_as_it_was(name, caplog):
    settings = system(name)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with caplog.at_level(logging.INFO):
        found = seconds_per_step(settings.network, settings.input, settings.training, CPU)
    assert torch.equal(torch.get_rng_state(), before)
    assert caplog.text == ""  # nothing of the measured run is in the log
    batch = settings.training.batch
    whole = batch.size * batch.copies if batch.kind == "shuffled" else batch.subjects * batch.sequences
    assert found.batch == whole
    assert 0 < found.measured <= whole
    assert found.seconds > 0


def test_a_slow_step_is_measured_on_a_few_sequences(monkeypatch):
    monkeypatch.setattr("gaitcore.training.estimate.LONG_ENOUGH", 0.0)
    found = seconds_per_step(*(getattr(system("gaitset"), part) for part in ("network", "input", "training")), CPU)
    assert (found.measured, found.batch) == (4, 128)


def test_a_short_run_is_measured_on_a_few_sequences_alone():
    parts = (getattr(system("gaitmixer"), part) for part in ("network", "input", "training"))
    found = seconds_per_step(*parts, CPU, steps=1)
    assert (found.measured, found.batch) == (4, 296)


def test_the_steps_are_those_that_the_run_takes():
    sequences = pd.DataFrame({"subject": np.repeat(["1", "2", "3"], 7), "condition": ["nm", "bg", "bg"] * 7})
    for name in ("gaitmixer", "gaitgraph", "gaitset"):
        training = system(name).training
        items = np.repeat(np.arange(21), [training.repeat.get(c, 1) for c in sequences["condition"]])
        batches = build_batches(np.repeat([0, 1, 2], 7), items, training.batch, np.random.default_rng(0))
        epochs = training.epochs + (training.second_phase.epochs if training.second_phase else 0)
        assert steps_of_run(training, sequences) == epochs * len(batches) > 0
    assert steps_of_run(system("gaitset").training, sequences) == 80_000
    assert steps_of_run(training.model_copy(update={"epochs": 0}), sequences) == 0


def test_the_time_of_the_whole_run_is_told(caplog):
    settings = system("gaitset")
    sequences = pd.DataFrame({"subject": np.repeat(["1", "2", "3"], 7), "condition": "nm"})
    with caplog.at_level(logging.INFO):
        tell(settings.network, settings.input, settings.training, sequences, CPU)
    (line,) = caplog.messages
    assert line.startswith("a step takes about ")
    assert ", and 80,000 steps about " in line
    assert line.endswith(", on this machine as it is now; a run that is killed is resumed by the same command")


def test_a_step_is_timed_to_its_end_where_a_gpu_has_only_begun_it(caplog, monkeypatch):
    """All steps are asked for at once; the first three take 3 s, the next five 0.5 s."""
    clock, takes = [0.0], iter([3.0, 0.5])
    monkeypatch.setattr("gaitcore.training.progress.perf_counter", lambda: clock[0])
    progress = Progress(epochs=100, steps=1, batch_size=4, wait=lambda: clock.append(clock.pop() + next(takes)))
    with progress, caplog.at_level(logging.INFO):
        for _ in range(WARM_UP + TIMED + 1):
            progress.step(0.1)
    assert caplog.messages == ["a step takes 0.1 s; 92 steps are left, about 9.2 s"]


def test_an_estimate_says_what_it_was_measured_on():
    assert StepTime(1.9, 128, 128).of_run(80_000) == "a step takes about 1.9 s, and 80,000 steps about 1 day 18 h"
    assert StepTime(48, 4, 128).of_run(40_000) == (
        "a step takes about 48 s (measured on 4 of 128 sequences), and 40,000 steps about 22 days"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "40 ms"),
        (0.0999, "0.1 s"),
        (59.6, "60 s"),
        (90, "2 min"),
        (3599, "1 h"),
        (12_000, "3 h 20 min"),
        (86_399, "1 day"),
        (152_000, "1 day 18 h"),
        (45_792_000, "530 days"),
    ],
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words
