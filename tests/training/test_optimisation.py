"""Optimiser and learning rate over the phases of a recipe."""

import copy

import pytest
import torch
from places import REPOSITORY

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
