"""The optimisers whose rates are tensors find what torch's find, over a whole schedule, and are resumed."""

import copy

import pytest
import torch
from places import REPOSITORY
from torch import nn

from gaitcore.execution.host_reads import no_host_reads
from gaitcore.settings.files import load_config
from gaitcore.settings.training import Training
from gaitcore.training.optimisation import Optimisation

RECIPE = load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b"}).training.model_dump()
RECIPE |= {"epochs": 4, "learning_rate": 1e-2, "weight_decay": 0.05}
STEPS = 5  # of an epoch
SCHEDULES = [
    {"schedule": "one_cycle"},
    {"schedule": "three_phases", "warmup": 0.4},
    {"schedule": "steps", "milestones": (3, 9)},
    {"schedule": "constant", "weight_decay": 0.0},
    {"schedule": "one_cycle", "second_phase": {"epochs": 2, "learning_rate": 1e-3}},
]


def trained(settings, as_tensors, steps=4 * STEPS, optimisation=None, model=None):
    """A network after so many steps on the same inputs, and its optimisation."""
    if model is None:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)).double()
        model.register_parameter("unused", nn.Parameter(torch.ones(3, dtype=torch.float64)))
        optimisation = Optimisation(model.parameters(), settings, STEPS, as_tensors=as_tensors)
    rates = []
    for _ in range(steps):
        x = torch.linspace(-1, 1, 12, dtype=torch.float64).view(3, 4)
        optimisation.zero_grad()
        model(x).square().sum().backward()
        rates.append(optimisation.learning_rate)
        optimisation.step()
    return model, optimisation, rates


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: "-".join(map(str, schedule)))
@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_parameters_and_rates_are_torchs_in_every_phase(optimiser, schedule):
    settings = Training.model_validate(RECIPE | schedule | {"optimiser": optimiser})
    (expected, torchs, theirs), (found, ours, rates) = (trained(settings, as_tensors) for as_tensors in (False, True))
    assert rates == theirs
    torch.testing.assert_close(found.state_dict(), expected.state_dict(), rtol=1e-5, atol=1e-7)  # rates are float32
    if settings.second_phase:
        for optimisation in (torchs, ours):
            optimisation.begin(1)
        trained(settings, False, 2 * STEPS, torchs, expected)
        trained(settings, True, 2 * STEPS, ours, found)
        torch.testing.assert_close(found.state_dict(), expected.state_dict(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_an_optimisation_is_resumed_to_the_same_bytes(optimiser):
    settings = Training.model_validate(RECIPE | {"optimiser": optimiser})
    expected, _, _ = trained(settings, True)
    model, optimisation, _ = trained(settings, True, steps=7)
    saved = copy.deepcopy(optimisation.state_dict())
    again = Optimisation(model.parameters(), settings, STEPS, as_tensors=True)
    again.load_state_dict(saved)
    trained(settings, True, 4 * STEPS - 7, again, model)
    assert all(torch.equal(tensor, expected.state_dict()[name]) for name, tensor in model.state_dict().items())


def test_a_new_phase_begins_in_the_same_memory():
    settings = Training.model_validate(RECIPE | SCHEDULES[-1])
    _, optimisation, _ = trained(settings, True)
    before = [tensor.data_ptr() for tensor in optimisation.tensors()]
    optimisation.begin(1)
    assert [tensor.data_ptr() for tensor in optimisation.tensors()] == before
    assert not any(tensor.any() for tensor in optimisation.tensors())
    assert optimisation.learning_rate == pytest.approx(1e-3 / 25)


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_an_update_reads_nothing_back_to_the_host(optimiser):
    settings = Training.model_validate(RECIPE | {"optimiser": optimiser})
    model, optimisation, _ = trained(settings, True, steps=1)
    before = copy.deepcopy(model.state_dict())
    with no_host_reads():
        optimisation.update()
    assert not torch.equal(model[0].weight, before["0.weight"])
