"""Optimiser and learning rate over the phases of a recipe."""

import copy

import pytest
import torch
from places import REPOSITORY

from gaitcore.errors import ConfigError
from gaitcore.settings.files import load_config
from gaitcore.settings.training import Training
from gaitcore.training.optimisation import Optimisation, phase_of

RECIPE = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"}).training.model_dump()


def optimisation(steps=5, **recipe):
    parameter = torch.nn.Parameter(torch.ones(3))
    return parameter, Optimisation([parameter], Training.model_validate(RECIPE | recipe), steps)


def rates_of(optimiser, parameter, steps):
    """Learning rates of so many steps; the loop begins the second phase after two epochs of five."""
    rates = []
    for _ in range(steps):
        if optimiser.phase == 0 and optimiser.done == 10 and optimiser.settings.second_phase:
            optimiser.begin(1)
        rates.append(optimiser.learning_rate)
        parameter.grad = torch.ones(3)
        optimiser.step()
    return rates


def test_a_second_phase_begins_anew_with_its_own_peak():
    parameter, optimiser = optimisation(epochs=2, learning_rate=1e-2, second_phase={"epochs": 1, "learning_rate": 1e-5})
    rates = rates_of(optimiser, parameter, 15)
    assert max(rates[:10]) == pytest.approx(1e-2)
    assert rates[9] == pytest.approx(1e-2 / 25 / 1e4)
    assert (rates[10], max(rates[10:])) == (
        pytest.approx(1e-5 / 25),
        pytest.approx(1e-5, rel=0.1),
    )  # no step falls on its peak
    assert optimiser.optimiser.state[parameter]["step"] == 5  # of the second phase alone


def test_an_epoch_belongs_to_a_phase():
    recipe = Training.model_validate(RECIPE | {"epochs": 2, "second_phase": {"epochs": 1, "learning_rate": 1e-5}})
    assert [phase_of(epoch, recipe) for epoch in (1, 2, 3)] == [0, 0, 1]


def test_a_constant_rate_stays():
    parameter, optimiser = optimisation(epochs=2, learning_rate=3e-4, schedule="constant")
    assert set(rates_of(optimiser, parameter, 10)) == {3e-4}


def test_adamw_decays_a_weight_that_has_no_gradient_and_adam_does_not_scale_it():
    moved = {}
    for name in ("adam", "adamw"):
        parameter, optimiser = optimisation(epochs=1, optimiser=name, weight_decay=0.5, learning_rate=1e-3)
        parameter.grad = torch.zeros(3)
        optimiser.step()
        moved[name] = 1 - parameter[0].item()
    start = 1e-3 / 25
    assert moved["adamw"] == pytest.approx(start * 0.5, rel=0.01)
    assert moved["adam"] == pytest.approx(start, rel=0.01)  # coupled: a gradient of 0.5, whose size Adam divides out


@pytest.mark.parametrize("before", [3, 10, 12])
def test_a_restored_state_continues_in_its_phase(before):
    recipe = {"epochs": 2, "learning_rate": 1e-2, "second_phase": {"epochs": 1, "learning_rate": 1e-5}}
    parameter, optimiser = optimisation(**recipe)
    rates_of(optimiser, parameter, before)
    again, resumed = optimisation(**recipe)
    again.data[:] = parameter.data
    resumed.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    assert rates_of(resumed, again, 15 - before) == rates_of(optimiser, parameter, 15 - before)
    assert torch.equal(again, parameter)


def test_steps_multiply_the_rate_at_their_milestones():
    recipe = {"epochs": 2, "optimiser": "sgd", "learning_rate": 0.1, "schedule": "steps", "milestones": (3, 7)}
    parameter, optimiser = optimisation(**recipe)
    assert rates_of(optimiser, parameter, 10) == pytest.approx([0.1] * 3 + [0.01] * 4 + [0.001] * 3)


def test_sgd_moves_by_its_momentum_and_its_weight_decay():
    recipe = {"epochs": 1, "optimiser": "sgd", "learning_rate": 0.1, "schedule": "constant", "weight_decay": 0.5}
    parameter, optimiser = optimisation(**recipe, momentum=(0.0, 0.9))
    for _ in range(2):
        parameter.grad = torch.ones(3)
        optimiser.step()
    first = 1 - 0.1 * (1 + 0.5)
    second = first - 0.1 * (1 + 0.5 * first + 0.9 * (1 + 0.5))
    torch.testing.assert_close(parameter.data, torch.full((3,), second))


def test_a_cycle_in_three_phases_is_back_at_its_start_after_falling_as_long_as_it_rose():
    recipe = {"epochs": 20, "learning_rate": 1e-3, "schedule": "three_phases", "warmup": 0.475}
    parameter, optimiser = optimisation(**recipe, start_divisor=100, end_divisor=1000)
    rates = rates_of(optimiser, parameter, 100)
    assert rates[0] == pytest.approx(1e-5)
    assert max(rates) == pytest.approx(1e-3, rel=1e-3)
    assert rates.index(max(rates)) in (46, 47)
    assert rates[94] == pytest.approx(1e-5, rel=0.1)
    assert rates[-1] == pytest.approx(1e-8)


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.5), (2, 0.5), (100, 0.6), (2, 0.475)])
def test_too_few_steps_for_three_phases_are_refused(steps, warmup):
    with pytest.raises(ConfigError, match=f"with a warmup of {warmup}, but a run has {steps} steps in all"):
        optimisation(steps, epochs=1, schedule="three_phases", warmup=warmup)


@pytest.mark.parametrize("schedule", ["steps", "three_phases"])
def test_every_schedule_continues_from_a_restored_state(schedule):
    recipe = {"epochs": 3, "optimiser": "sgd", "learning_rate": 0.1, "schedule": schedule}
    recipe |= {"milestones": (4, 9)} if schedule == "steps" else {}
    parameter, optimiser = optimisation(**recipe)
    rates_of(optimiser, parameter, 6)
    again, resumed = optimisation(**recipe)
    again.data[:] = parameter.data
    resumed.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    assert rates_of(resumed, again, 9) == rates_of(optimiser, parameter, 9)
    assert torch.equal(again, parameter)
