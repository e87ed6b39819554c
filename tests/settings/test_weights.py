"""Weights of a system: a file with its digest, or runs of another experiment; the systems that `cross` stands for."""

import pytest
from places import REPOSITORY

from gaitcore.errors import ConfigError
from gaitcore.settings.files import load_config
from gaitcore.systems import is_trained, runs_of, system_settings

FILE = {"path": "data/raw/a.pt", "sha256": "0a" * 32}


def config(weights=FILE, **settings):
    systems = {"taken": {"like": "gaitmixer", "weights": weights}}
    given = {"experiment": "demo", "compare": ["gaitmixer", "taken"], "seeds": [3, 4], "systems": systems}
    return load_config(REPOSITORY / "config.yaml", given | settings)


def test_weights_from_a_file_have_one_run_without_a_seed_and_those_of_runs_keep_theirs():
    trained = [("gaitmixer", 3), ("gaitmixer", 4)]
    assert runs_of(config()) == [*trained, ("taken", None)]
    of_runs = config({"experiment": "casia_b"})
    assert runs_of(of_runs) == [*trained, ("taken", 3), ("taken", 4)]
    assert [is_trained(of_runs, name) for name in of_runs.compare] == [True, False]


def test_the_runs_of_another_experiment_are_those_of_the_system_that_this_one_is_like():
    assert system_settings(config({"experiment": "casia_b"}), "taken").weights.system == "gaitmixer"
    named = config({"experiment": "casia_b", "system": "wide"})
    assert system_settings(named, "taken").weights.system == "wide"
    started = config(training={"start_from": {"experiment": "casia_b"}})
    assert system_settings(started, "gaitmixer").training.start_from.system == "gaitmixer"


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ({"path": "a.pt"}, ": sha256 is missing, expected the output of sha256sum for the file in path."),
        (
            {},
            ": neither path nor experiment are set, expected one of them: ",
        ),
        (
            {**FILE, "experiment": "demo"},
            ": both path and experiment are set, expected one of them: a file with its sha256, or another experiment.",
        ),
        ({"experiment": "demo", "sha256": "0a" * 32}, ": sha256 belongs to path, which is not set."),
        ({**FILE, "system": "gaitmixer"}, ": system belongs to experiment, which is not set."),
        ({**FILE, "sha256": "abc"}, ".sha256: 'abc' is no SHA-256, expected 64 hexadecimal digits."),
        ({**FILE, "seed": 1}, ".seed: unknown setting; expected one of: "),
    ],
)
def test_weights_that_name_no_file_or_two_are_refused_in_one_sentence(weights, sentence):
    with pytest.raises(ConfigError) as raised:
        config(weights)
    assert str(raised.value).startswith(f"--config on the command line: systems.taken.weights{sentence}")


def test_each_trained_system_is_crossed_with_each_other_experiment_and_others_are_not():
    drawn = {"like": "gaitmixer", "training": {"epochs": 0}}
    own = {"like": "gaitmixer", "title": "GaitMixer of PsyMo"}
    systems = {"taken": {"like": "gaitmixer", "weights": FILE}, "drawn": drawn, "gaitmixer_from_psymo": own}
    crossed = config(systems=systems, compare=["gaitmixer", "taken", "drawn"], cross=["psymo", "ucalgary"])
    assert crossed.compare == ("gaitmixer", "taken", "drawn", "gaitmixer_from_psymo", "gaitmixer_from_ucalgary")
    ucalgary, psymo = (system_settings(crossed, f"gaitmixer_from_{name}") for name in ("ucalgary", "psymo"))
    assert (ucalgary.weights.experiment, ucalgary.weights.system) == ("ucalgary", "gaitmixer")
    assert (ucalgary.title, psymo.title) == ("GaitMixer, trained on ucalgary", "GaitMixer of PsyMo")
    assert ucalgary.network == system_settings(crossed, "gaitmixer").network


def test_an_experiment_is_not_crossed_with_itself():
    with pytest.raises(ConfigError) as raised:
        config(cross="demo")
    assert str(raised.value) == ("--config on the command line: cross names demo itself, expected other experiments.")
