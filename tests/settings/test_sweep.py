"""The section `sweep`: the tries it stands for, exactly, and one sentence for each mistake."""

import shutil
import time
from pathlib import Path

import pytest
from places import REPOSITORY

from gaitcore.errors import ConfigError
from gaitcore.settings.files import load_config
from gaitcore.settings.sweep import Sweep
from gaitcore.sweeps import runs_of_sweep, sections, tries_of, with_tries
from gaitcore.systems import runs_of, system_settings

START = """\
experiment: fz
extends: demo
protocol: {splits: {48/20: {train: 1-48, test: 49-68, validation: 37-48}}}
sweep:
  system: gaitmixer
"""
HERE = "experiments/fz.yaml, line "
RATE = "training.learning_rate"


@pytest.fixture
def load(tmp_path, monkeypatch):
    shutil.copy(REPOSITORY / "config.yaml", tmp_path)
    shutil.copytree(REPOSITORY / "experiments", tmp_path / "experiments")
    monkeypatch.chdir(tmp_path)

    def from_text(text, start=START, **command_line):
        Path("experiments/fz.yaml").write_text(start + text)
        return load_config("config.yaml", {"experiment": "fz", **command_line})

    return from_text


def tried(**sweep):
    return [dict(one.settings) for one in tries_of(Sweep.model_validate({"system": "gaitmixer", **sweep}))]


def names(**sweep):
    return [one.name for one in tries_of(Sweep.model_validate({"system": "gaitmixer", **sweep}))]


def test_a_grid_is_every_combination_the_last_setting_fastest():
    assert tried(settings={RATE: [1e-3, 3e-3], "training.epochs": [1, 2], "network.padding": "both"}) == [
        {RATE: 0.001, "training.epochs": 1, "network.padding": "both"},
        {RATE: 0.001, "training.epochs": 2, "network.padding": "both"},
        {RATE: 0.003, "training.epochs": 1, "network.padding": "both"},
        {RATE: 0.003, "training.epochs": 2, "network.padding": "both"},
    ]


def test_a_random_search_draws_the_same_tries_everywhere_and_more_of_them_begin_with_these():
    settings = {
        RATE: {"low": 1e-4, "high": 1e-2, "scale": "log"},
        "training.epochs": {"low": 1, "high": 4},
        "training.weight_decay": {"low": 0, "high": 0.5},
        "network.padding": ["left", "both"],
    }
    three = tried(search="random", tries=3, seed=0, settings=settings)
    assert three == [
        {RATE: 0.004885, "training.epochs": 4, "training.weight_decay": 0.2103, "network.padding": "left"},
        {RATE: 0.001053, "training.epochs": 2, "training.weight_decay": 0.3919, "network.padding": "left"},
        {RATE: 0.0008978, "training.epochs": 3, "training.weight_decay": 0.4541, "network.padding": "both"},
    ]
    assert tried(search="random", tries=9, seed=0, settings=settings)[:3] == three
    assert tried(search="random", tries=3, seed=1, settings=settings) != three


def test_drawn_values_cover_their_range_evenly_and_stay_in_it():
    whole = tried(search="random", tries=4, settings={"training.epochs": {"low": 1, "high": 4}})
    assert sorted(one["training.epochs"] for one in whole) == [1, 2, 3, 4]
    rates = tried(search="random", tries=1000, settings={RATE: {"low": 1e-4, "high": 1e-2, "scale": "log"}})
    below = sum(one[RATE] < 1e-3 for one in rates)  # half of the range's logarithm
    assert 450 < below < 550
    assert all(1e-4 <= one[RATE] <= 1e-2 for one in rates)


def test_a_try_is_named_after_its_settings_alone():
    first = names(settings={RATE: [1e-3, 3e-3], "training.epochs": [1]})
    assert first == ["try_089dbdc103", "try_0f121eb2b2"]
    assert names(settings={"training.epochs": [1], RATE: [1e-4, 1e-3]})[1] == first[0]


def test_a_try_is_its_system_with_the_settings_of_the_try_and_in_no_comparison(load):
    config = load("  seeds: [3, 4]\n  settings: {training.loss.margin: [0.3], network.kernel: [7]}\n")
    (one,) = tries_of(config.sweep)
    own, base = system_settings(with_tries(config), one.name), system_settings(config, "gaitmixer")
    assert (own.training.loss.margin, own.network.kernel) == (0.3, 7)
    changed = {
        "network": {"kernel": base.network.kernel},
        "training": {"loss": base.training.loss.model_dump()},
        "title": base.title,
    }
    restored = own.model_dump()
    for section, values in changed.items():
        restored[section] = values if section == "title" else {**restored[section], **values}
    assert restored == base.model_dump()
    assert runs_of_sweep(config) == [(one.name, 3), (one.name, 4)]
    assert with_tries(config).compare == config.compare
    assert runs_of(with_tries(config)) == runs_of(config)


def test_without_seeds_of_its_own_a_sweep_has_those_of_the_experiment(load):
    config = load("  settings: {network.kernel: [7]}\n")
    assert [seed for _, seed in runs_of_sweep(config)] == [0, 1]


def test_dotted_settings_are_sections_of_an_overlay():
    settings = {"training.loss.margin": 0.2, "network.kernel": 7, "training.epochs": 2}
    assert sections(settings) == {"training": {"loss": {"margin": 0.2}, "epochs": 2}, "network": {"kernel": 7}}


def test_an_overlay_replaces_the_settings_of_a_sweep_as_a_whole(load):
    config = load("  settings: {network.kernel: [7]}\n", sweep={"settings": {RATE: [1e-3]}, "system": "gaitformer"})
    assert config.sweep.settings == {RATE: (0.001,)}
    assert config.sweep.system == "gaitformer"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"  settings: {{{RATE}: [1, fast]}}", f"6: sweep.settings.{RATE} is 'fast', expected a number above 0"),
        ("  settings: {training.loss.margin: [-1]}", "6: sweep.settings.training.loss.margin is -1, expected a number"),
        ("  settings: {training.lr: [1]}", "6: sweep.settings.training.lr: unknown setting; expected one of: "),
        ("  settings: {network.kernal: [3]}", '6: sweep.settings.network.kernal: unknown setting; did you mean "ker'),
        ("  settings: {network.kernel: [3, -3]}", "6: sweep.settings.network.kernel is -3, expected a whole number "),
        ("  settings: {training.schedule: [steps]}", "6: sweep.settings.training: schedule is steps, but milestones"),
        ("  settings: {seeds: [3]}", "6: sweep.settings.seeds is no setting of a system, expected one of network, "),
        ("  settings: {network.name: [gaitset]}", "6: sweep.settings.network.name is no setting of a system, expected"),
        ("  settings: {training.: [3]}", "6: sweep.settings.training. is no setting of a system, expected one of "),
        (
            "  settings: {training.loss: [{kind: batch_all_triplet}], training.loss.margin: [1]}",
            "6: sweep.settings.training.loss.margin is a part of training.loss, which sweep.settings names too; keep ",
        ),
        (
            "  settings: {network.kernel: []}",
            "6: sweep.settings.network.kernel: there are 0 values, expected 1 to 1000",
        ),
        ("  settings: {network.kernel: [3, 3]}", "6: sweep.settings.network.kernel: 3 is listed twice."),
        ("  settings: {}", "6: sweep.settings is {}, expected a mapping "),
        ("  search: rnd\n  settings: {network.kernel: [3]}", "6: sweep.search is 'rnd', expected grid or random "),
        (
            "  search: random\n  settings: {network.kernel: [3]}",
            "4: sweep: search is random, but tries is not set; say how many combinations are drawn.",
        ),
        (
            "  tries: 3\n  settings: {network.kernel: [3]}",
            "4: sweep: search is grid, which tries every combination, but tries is set; remove it.",
        ),
        (
            "  settings: {network.kernel: {low: 3, high: 9}}",
            "4: sweep: search is grid, but settings.network.kernel is a range; list its values, or search: random.",
        ),
        (
            "  search: random\n  tries: 3\n  settings: {network.kernel: [3, 5]}",
            "8: sweep.settings: 3 tries are asked for, but only 2 different combinations were found; lower sweep.tries",
        ),
        (
            "  search: random\n  tries: 3\n  settings: {network.kernel: {low: 3, hihg: 9}}",
            "8: sweep.settings.network.kernel: {'hihg': 9, 'low': 3} is no range, expected values, e.g. [0.01, 0.2], ",
        ),
        (
            "  search: random\n  tries: 3\n  settings: {network.kernel: {low: 9, high: 3}}",
            "8: sweep.settings.network.kernel: {'high': 3, 'low': 9} is empty or has no logarithm, expected low < high",
        ),
        (
            f"  settings: {{{RATE}: {[n / 1e3 for n in range(1, 41)]}, network.kernel: {list(range(1, 41))}}}",
            "6: sweep.settings: these values make 1600 tries, expected 1000 at most; search: random tries some.",
        ),
    ],
)
def test_a_mistake_in_a_sweep_is_one_sentence_that_names_the_key(load, text, sentence):
    begun = time.perf_counter()
    with pytest.raises(ConfigError) as raised:
        load(text + "\n")
    assert str(raised.value).startswith(HERE + sentence)
    assert time.perf_counter() - begun < 2


def test_the_window_of_a_try_must_fit_as_that_of_any_system(load):
    with pytest.raises(ConfigError) as raised:
        load("  settings: {network.frames: [20, 25]}\n")
    assert str(raised.value) == (
        f"experiments/demo.yaml, line {_line('min_frames: 25')}: protocol.min_frames is 25, expected more than the try "
        "with network.frames 25's window of 25 frames (the published code never draws a sequence's last window)."
    )


def _line(text):
    lines = (REPOSITORY / "experiments" / "demo.yaml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_system_of_a_sweep_must_be_there_and_be_trained(load):
    with pytest.raises(ConfigError) as raised:
        load("  settings: {network.kernel: [3]}\n", sweep={"system": "gaitmxer"})
    line = "--config on the command line: sweep.system"
    assert str(raised.value) == f'{line}: there is no system "gaitmxer"; did you mean "gaitmixer"?'
    weights = {"path": "a.pt", "sha256": "0a" * 32}
    with pytest.raises(ConfigError) as raised:
        load("  settings: {network.kernel: [3]}\n", systems={"gaitmixer": {"weights": weights}})
    assert str(raised.value) == (
        f"{HERE}5: sweep.system is gaitmixer, whose weights were trained elsewhere; name one trained here."
    )


def test_a_split_without_validation_subjects_is_refused_with_the_setting_to_change(load):
    start = START.replace(", validation: 37-48", "")
    with pytest.raises(ConfigError) as raised:
        load("  settings: {network.kernel: [3]}\n", start=start)
    assert str(raised.value) == (
        f"{HERE}3: protocol.splits.48/20.validation is empty, but the sweep is measured on validation subjects; name "
        "some of the train subjects there."
    )
    with pytest.raises(ConfigError) as raised:
        load("  settings: {network.kernel: [3]}\n", protocol={"split": "ours.json"})
    assert str(raised.value) == (
        "--config on the command line: protocol.split is the file ours.json, which holds no validation subjects out, "
        "but the sweep needs some; name a split in protocol.splits with validation there."
    )
