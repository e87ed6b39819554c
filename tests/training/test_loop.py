"""The training loop: what it learns, what it records, what makes it repeatable."""

import logging

import numpy as np
import pandas as pd
import pytest
import torch
from places import REPOSITORY
from stores import keypoint_store

from gaitcore.errors import GaitError
from gaitcore.execution.compute import products_on
from gaitcore.modalities.keypoints.augmentation import augmented
from gaitcore.networks import build_model
from gaitcore.settings.files import load_config
from gaitcore.settings.network import Network
from gaitcore.settings.training import Training
from gaitcore.training.history import spread
from gaitcore.training.loop import train

RECIPE = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"}).training.model_dump()
RECIPE |= {"learning_rate": 3e-3, "epochs": 3, "validate_every": 2, "collapse_distance": 0.0}
RECIPE |= {"batch": {"kind": "balanced", "subjects": 4, "sequences": 3}}
NETWORK = Network(frames=10, embedding_dim=128)


def walks(subjects=4, each=6, frames=14):
    """Sequences whose subjects differ in proportions, and their frames."""
    generator = torch.Generator().manual_seed(0)
    shapes = 100 + 40 * torch.rand(subjects, 1, 17, 3, generator=generator)
    keypoints = shapes.repeat_interleave(each, 0) + torch.randn(subjects * each, frames, 17, 3, generator=generator)
    sequences = pd.DataFrame({"subject": np.repeat(list("abcd")[:subjects], each), "condition": "nm"})
    return keypoint_store(keypoints.flatten(0, 1), [frames] * subjects * each), sequences


def run(seed=0, validate=None, subjects=4, **recipe):
    torch.manual_seed(seed)
    model = build_model("gaitmixer", frames=10, widths=(8,), spatial_width=8, spatial_depth=1, heads=2, kernel=5)
    store, sequences = walks(subjects)
    settings = Training.model_validate(RECIPE | recipe)
    options = {"augmented": augmented, "network": NETWORK, "seed": seed, "validate": validate}
    return model, train(model, store, sequences, settings, **options)


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_the_history_has_a_row_per_epoch():
    _, result = run()
    assert list(result.history.columns) == [
        "epoch",
        "loss",
        "learning_rate",
        "mined_triplets",
        "spread",
        "seconds",
        "sequences_per_second",
        "validation_rank1",
    ]
    assert result.history["epoch"].tolist() == [1, 2, 3]
    assert result.epoch == 3


def test_without_an_epoch_the_network_stays_as_it_was_drawn():
    torch.manual_seed(3)
    drawn = build_model("gaitmixer", frames=10, widths=(8,), spatial_width=8, spatial_depth=1, heads=2, kernel=5)
    model, result = run(seed=3, epochs=0)
    assert all(torch.equal(tensor, weights(drawn)[name]) for name, tensor in weights(model).items())
    assert (len(result.history), result.epoch, result.spread, result.collapsed, result.untrained) == (
        *(0, 0, None, False, False),
    )


def test_training_separates_subjects_until_the_triplet_loss_is_zero():
    _, result = run(epochs=40, learning_rate=1e-2)
    assert result.history["loss"].iloc[0] > 0.01
    assert result.history["loss"].iloc[-1] == 0.0


def test_the_learning_rate_is_one_cycle_over_all_steps():
    _, result = run(epochs=10)  # one step an epoch
    rates = result.history["learning_rate"]
    assert rates.iloc[0] == pytest.approx(3e-3 / 25)
    assert rates.iloc[2] == rates.max() == pytest.approx(3e-3)  # 30 % of the steps rise
    assert rates.iloc[9] == pytest.approx(3e-3 / 25 / 1e4)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first, again, other = (weights(run(seed=seed)[0]) for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_bfloat16_learns_the_same_to_its_precision_and_keeps_weights_in_float32():
    model, result = run(epochs=40, learning_rate=1e-2, precision="bfloat16")
    exact, expected = run(epochs=40, learning_rate=1e-2)
    assert not torch.equal(model.head.weight, exact.head.weight)
    assert {tensor.dtype for tensor in model.parameters()} == {torch.float32}
    assert result.history["loss"].iloc[0] == pytest.approx(expected.history["loss"].iloc[0], rel=0.05)
    assert result.history["loss"].iloc[-1] == expected.history["loss"].iloc[-1] == 0.0


def test_the_epoch_with_the_best_validation_is_kept():
    seen = []

    def validate(model):
        seen.append(weights(model))
        return [0.2, 0.9, 0.5][len(seen) - 1]

    model, result = run(epochs=5, validate=validate, select="best_validation")
    assert result.history["validation_rank1"].dropna().to_dict() == {1: 0.2, 3: 0.9, 4: 0.5}  # epochs 2, 4 and the last
    assert result.epoch == 4
    assert all(torch.equal(tensor, seen[1][name]) for name, tensor in model.state_dict().items())


def test_a_loss_that_is_not_finite_stops_with_epoch_step_and_rate():
    store, sequences = walks()
    store.keypoints[:] = torch.nan
    model = build_model("gaitmixer", frames=10, widths=(8,), spatial_width=8, spatial_depth=1, heads=2, kernel=5)
    settings = Training.model_validate(RECIPE | {"epochs": 10})
    with pytest.raises(GaitError) as raised:
        train(model, store, sequences, settings, augmented=augmented, network=NETWORK, seed=0)
    assert str(raised.value) == (
        "The loss became nan in epoch 1, step 1, at a learning rate of 0.00012; lower training.learning_rate, or look "
        "for impossible coordinates in the poses."
    )


def test_a_collapsed_run_is_recorded_and_warned_of(caplog):
    with caplog.at_level(logging.WARNING):
        _, result = run(collapse_distance=3.0)  # no two unit vectors are 3 apart
    assert result.collapsed
    distance = (2 * result.spread) ** 0.5
    assert (
        f"the run has collapsed: two embeddings are typically {distance:.2g} of their length apart, less than "
        "training.collapse_distance (3); they are practically one point and the accuracy is meaningless; lower "
        "training.learning_rate"
    ) in caplog.text
    assert not run(collapse_distance=0.01)[1].collapsed


BATCH_ALL = {"kind": "batch_all_triplet", "margin": 0.2}


@pytest.mark.parametrize("mining", ["full", "hard"])
def test_embeddings_that_have_shrunk_to_a_point_are_a_collapse(caplog, mining):
    class Shrunk(torch.nn.Module):
        """Embeddings in all directions, and of almost no length, so that their spread shows nothing."""

        def __init__(self):
            super().__init__()
            self.head = torch.nn.Linear(17 * 2, 8)

        def forward(self, x):
            return 1e-7 * self.head(x.mean(dim=1).flatten(1))

    torch.manual_seed(0)
    store, sequences = walks()
    settings = Training.model_validate(RECIPE | {"collapse_distance": 1e-3, "loss": BATCH_ALL | {"mining": mining}})
    result = train(Shrunk(), store, sequences, settings, augmented=augmented, network=NETWORK, seed=0)
    assert result.history["loss"].iloc[-1] == pytest.approx(0.2, rel=1e-4)
    assert (2 * result.spread) ** 0.5 > 1e-3
    assert result.collapsed
    assert caplog.messages[-1] == (
        "the run has collapsed: the loss of the last epoch is training.loss.margin (0.2), so all embeddings are one "
        "point and the accuracy is meaningless; set training.loss.mining to full, or lower training.learning_rate"
    )


def test_the_share_of_active_triplets_is_told_where_the_loss_is_a_mean_over_them(caplog):
    with caplog.at_level(logging.INFO):
        _, result = run(loss=BATCH_ALL | {"margin": 0.005})
    row = result.history.iloc[-1]
    share = row["mined_triplets"] / (12 * 3 * 9)  # one step of 4 subjects with 3 sequences each
    assert 0 < share < 1
    lines = [message for message in caplog.messages if message.startswith("epoch 3/3")]
    assert lines[0].startswith(f"epoch 3/3  loss {row['loss']:.4f}  {share:.1%} of triplets active  spread ")
    with caplog.at_level(logging.INFO):
        run(loss=BATCH_ALL | {"mining": "hard"})
    assert "triplets active" not in caplog.messages[-1]


def test_spread_is_0_for_one_point_and_1_without_a_common_direction():
    one_point = torch.nn.functional.normalize(torch.ones(5, 8))
    opposite = torch.cat([one_point, -one_point])
    assert spread(one_point) == pytest.approx(0.0, abs=1e-6)
    assert spread(0 * one_point) == 0.0
    assert spread(opposite) == pytest.approx(1.0, abs=1e-6)
    assert spread(torch.eye(4)) == pytest.approx(0.75, abs=1e-6)
    assert spread(5 * torch.eye(4)) == pytest.approx(0.75, abs=1e-6)  # whatever their length
    assert spread(torch.eye(4).unflatten(1, (2, 2))) == pytest.approx(0.75, abs=1e-6)  # parts count together


def test_a_run_without_anything_to_learn_is_recorded_and_warned_of(caplog):
    assert not run()[1].untrained
    with caplog.at_level(logging.WARNING):
        _, result = run(subjects=1)
    assert result.untrained
    assert set(result.history["loss"]) == {0.0}
    assert (
        "there was nothing to learn: the loss was 0 in every step; the weights cannot tell people apart better than "
        "random ones and the accuracy is meaningless; train on more subjects"
    ) in caplog.text


def test_one_training_subject_teaches_nothing_whatever_the_loss(caplog):
    with caplog.at_level(logging.WARNING):
        _, result = run(subjects=1, loss={"kind": "softmax_centre", "centre_weight": 0.008, "centre_rate": 0.5})
    assert result.untrained
    assert result.history["loss"].iloc[0] > 0
    assert "there was nothing to learn: all training sequences are of one subject" in caplog.text


def test_tf32_is_float32_on_a_cpu_and_the_log_says_so(caplog):
    with caplog.at_level(logging.INFO):
        assert products_on(torch.device("cpu"), "tf32") == "float32"
    assert caplog.messages == ["training.precision is tf32, which a CPU does not have: products are float32"]
    assert products_on(torch.device("cpu"), "bfloat16") == "bfloat16"
    found, expected = (weights(run(precision=precision)[0]) for precision in ("tf32", "float32"))
    assert all(torch.equal(tensor, expected[name]) for name, tensor in found.items())
