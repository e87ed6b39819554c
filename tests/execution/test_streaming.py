"""Windows that are streamed from the host: the same bytes as those of frames on the device, in a run and its resume."""

import numpy as np
import pandas as pd
import pytest
import torch
from places import REPOSITORY
from repeating import Repeats

from gaitcore.errors import GaitError
from gaitcore.execution.streaming import PlainCopies, Resident, Streamed, windows_source
from gaitcore.modalities.silhouettes.augmentation import augmented
from gaitcore.modalities.silhouettes.store import SilhouetteStore, StreamedSilhouettes
from gaitcore.networks import build_model
from gaitcore.settings.files import load_config
from gaitcore.systems import system_settings
from gaitcore.training.checkpoints import Checkpoints
from gaitcore.training.loop import train

SETTINGS = system_settings(load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b"}), "gaitset")
FRAMES = 6


def store(kind):
    draw = np.random.default_rng(0)
    lengths = torch.from_numpy(draw.integers(4, 9, 12))  # some are shorter than a window
    masks = torch.from_numpy(draw.integers(0, 256, (int(lengths.sum()), 64, 64)).astype(np.uint8))
    return kind(masks, lengths.cumsum(0) - lengths, lengths)


def run(kind, recorder=None, checkpoints=None, batch=None):
    """A run of six steps; its weights and its history."""
    network = SETTINGS.network.model_copy(update={"frames": FRAMES, "widths": (2, 3, 4)})
    batch = batch or {"kind": "drawn", "subjects": 2, "sequences": 2, "steps": 3, "replacement": True}
    augmentation = SETTINGS.training.augmentation.model_copy(update={"mirror": 0.5})
    recipe = SETTINGS.training.model_dump() | {"batch": batch, "augmentation": augmentation.model_dump()}
    recipe |= {"epochs": 2, "second_phase": None, "collapse_distance": 0.0}
    torch.manual_seed(0)
    model = build_model(**network.model_dump())
    result = train(
        model,
        store(kind),
        pd.DataFrame({"subject": np.repeat(list("abcd"), 3), "condition": "nm"}),
        type(SETTINGS.training).model_validate(recipe),
        augmented=augmented,
        network=network,
        seed=0,
        checkpoints=checkpoints,
        recorder=recorder,
    )
    columns = ["epoch", "loss", "mined_triplets", "spread"]
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}, result.history[columns]


def assert_same(found, expected):
    (weights, history), (expected_weights, expected_history) = found, expected
    assert [name for name, tensor in weights.items() if not torch.equal(tensor, expected_weights[name])] == []
    pd.testing.assert_frame_equal(history, expected_history)


@pytest.mark.parametrize("recorder", [None, Repeats], ids=["plain", "recorded"])
@pytest.mark.parametrize("batch", [None, {"kind": "shuffled", "size": 5}], ids=["drawn", "a smaller last batch"])
def test_a_streamed_run_has_the_bytes_of_one_with_its_frames_on_the_device(recorder, batch):
    assert_same(run(StreamedSilhouettes, recorder, batch=batch), run(SilhouetteStore, recorder, batch=batch))


@pytest.mark.parametrize(
    "kinds", [(StreamedSilhouettes, SilhouetteStore), (SilhouetteStore, StreamedSilhouettes)], ids=["away", "back"]
)
def test_a_run_is_resumed_where_another_amount_of_memory_is_free(kinds, tmp_path):
    before, after = kinds
    stopped = Checkpoints(tmp_path, {"run": "a"}, 10_000)
    after_step = stopped.after_step

    def stop_after_two(step, parts):
        stopped.stop = "the test" if step == 2 else None
        after_step(step, parts)

    stopped.after_step = stop_after_two
    with pytest.raises(GaitError, match="Stopped by the test after step 2"):
        run(before, Repeats, stopped)
    assert_same(run(after, Repeats, Checkpoints(tmp_path, {"run": "a"}, 10_000)), run(before, Repeats))


class Noted(PlainCopies):
    """Copies that note what is done in which order."""

    def __init__(self):
        self.notes = []

    def send(self, source, staged):
        self.notes.append(("sent", source[:, 0, 0, 0].tolist()))
        super().send(source, staged)

    def put(self, staged, fixed):
        self.notes.append(("put", staged[:, 0, 0, 0].tolist()))
        super().put(staged, fixed)


def test_a_step_reads_from_the_same_memory_each_time_and_a_smaller_batch_from_its_beginning():
    masks = torch.arange(6, dtype=torch.uint8)[:, None, None].expand(6, 64, 64).contiguous()
    lengths = torch.tensor([2, 2, 2])
    frames, copies = StreamedSilhouettes(masks, lengths.cumsum(0) - lengths, lengths), Noted()
    source = Streamed(frames, lambda rows: torch.tensor([[1, 0]]).expand(len(rows), 2), 3, 2, copies)
    found = []
    for batch in ([0, 1, 2], [2, 0]):
        rows = torch.tensor(batch)
        source.bring(rows)
        windows = source(rows)
        found.append((windows.data_ptr(), windows[:, :, 0, 0].tolist()))
    (place, first), (again, second) = found
    assert place == again
    assert (first, second) == ([[1, 0], [3, 2], [5, 4]], [[5, 4], [1, 0]])
    assert copies.notes == [("sent", [1, 3, 5]), ("put", [1, 3, 5]), ("sent", [5, 1]), ("put", [5, 1])]


def test_windows_for_evaluation_are_those_of_frames_on_the_device():
    sequences, frames = torch.tensor([3, 0]), torch.tensor([[-1, 0, 9], [2, 1, 0]])
    assert torch.equal(
        store(StreamedSilhouettes).windows(sequences, frames), store(SilhouetteStore).windows(sequences, frames)
    )


def test_frames_on_the_device_are_gathered_within_the_step():
    assert isinstance(windows_source(store(SilhouetteStore), lambda rows: rows[:, None], 4, 1), Resident)
    assert isinstance(windows_source(store(StreamedSilhouettes), lambda rows: rows[:, None], 4, 1), Streamed)
