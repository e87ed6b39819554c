"""The store: windows from a file mapped into memory, and the published input of 64 x 44."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_silhouettes import made_up_masks, write_table

from gaitcore.errors import ConfigError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.silhouettes.augmentation import augmented
from gaitcore.modalities.silhouettes.store import SilhouetteStore, StreamedSilhouettes, fits, open_store
from gaitcore.modalities.silhouettes.table import SilhouetteInfo, Walk, read_info, write_walks
from gaitcore.settings.input import Input
from gaitcore.settings.training import Augmentation

INPUT = Input(channels=("x",), unit="pixels", short_sequences="reflected")
LENGTHS = (3, 5, 1, 4)


@pytest.fixture
def table(tmp_path):
    walks = [
        Walk(SequenceKey(f"{n:03d}", "nm", 1, 0), np.arange(length), made_up_masks(length, seed=n), str(n))
        for n, length in enumerate(LENGTHS)
    ]
    write_walks(tmp_path / "silhouettes.parquet", walks, SilhouetteInfo("test"))
    return tmp_path / "silhouettes.parquet"


def opened(table, keep=(False, True, False, True)):
    return open_store(table, np.array(keep), INPUT, torch.device("cpu"))


def test_the_frames_of_the_kept_sequences_lie_end_to_end(table):
    store = opened(table)
    assert store.lengths.tolist() == [5, 4]
    expected = np.concatenate([made_up_masks(5, seed=1), made_up_masks(4, seed=3)])
    np.testing.assert_array_equal(store.masks.numpy(), expected)
    assert (store.masks.dtype, store.device, store.channels) == (torch.uint8, torch.device("cpu"), ("silhouette",))
    assert store.source_digest == read_info(table).source_digest
    assert store.network_arguments() == {}


def test_nothing_is_left_beside_the_table(table):
    store = opened(table)
    assert [path.name for path in table.parent.iterdir()] == ["silhouettes.parquet"]
    assert store.masks[8].sum() > 0


def test_windows_are_repeated_end_to_end(table):
    store = opened(table)
    windows = store.windows(torch.tensor([1, 0]), torch.tensor([[-1, 0, 3, 4], [4, 5, 6, 0]]))
    assert (windows.shape, windows.dtype) == ((2, 4, 64, 64), torch.uint8)
    first, second = made_up_masks(4, seed=3), made_up_masks(5, seed=1)
    np.testing.assert_array_equal(windows[0].numpy(), first[[3, 0, 3, 0]])
    np.testing.assert_array_equal(windows[1].numpy(), second[[4, 0, 1, 0]])


def test_the_network_receives_the_middle_columns_from_0_to_1(table):
    store = opened(table)
    windows = store.windows(torch.tensor([0]), torch.arange(5)[None])
    received = store.network_input(windows)
    assert (received.shape, received.dtype) == ((1, 5, 64, 44), torch.float32)
    expected = made_up_masks(5, seed=1)[:, :, 10:54].astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(received[0].numpy(), expected)


def test_frames_that_are_streamed_stay_in_the_file(table):
    keep = np.array([False, True, False, True])
    store = open_store(table, keep, INPUT, torch.device("cpu"), streamed=True)
    assert isinstance(store, StreamedSilhouettes)
    assert store.file is not None
    places = store.places(torch.tensor([1, 0]), torch.tensor([[-1, 0], [4, 5]]))
    assert places.tolist() == [[8, 5], [4, 0]]
    out = torch.empty(2, 2, 64, 64, dtype=torch.uint8)
    assert store.gathered(places, out) is out
    assert torch.equal(out, store.masks[places])
    none = open_store(table, np.array([False] * 4), INPUT, torch.device("cpu"), streamed=True)
    assert type(none) is SilhouetteStore  # there is nothing to stream


@pytest.mark.parametrize(
    ("free", "expected", "text"),
    [
        (5_600_000_000, True, "lie on the GPU, of whose memory 5.6 GB are free"),
        (5_400_000_000, False, "stay in a file and are streamed to the GPU, of whose memory 5.4 GB are free"),
    ],
)
def test_a_gpu_holds_the_frames_if_they_take_half_of_its_free_memory_at_most(free, expected, text, caplog):
    with caplog.at_level("INFO"):
        assert fits(670_532, free) is expected  # CASIA-B's training set
    assert caplog.messages == [f"670,532 frames of silhouettes (2.7 GB) {text}"]


def test_no_sequence_is_no_frame(table):
    store = opened(table, (False,) * 4)
    assert (store.masks.shape, store.lengths.shape) == ((0, 64, 64), (0,))


def test_a_copy_with_joints_exchanged_is_refused(table):
    with pytest.raises(ConfigError) as raised:
        opened(table).windows(torch.tensor([0]), torch.tensor([[0]]), "swapped")
    assert str(raised.value) == (
        "evaluation.test_time_augmentation: swapped exchanges left and right joints, but silhouettes have none; take "
        "it out for this system."
    )


PLAIN = {"mirror": 0, "reverse": 0, "point_noise": 0, "joint_noise": 0}


def augment(settings, windows):
    store = SilhouetteStore(windows[0], torch.tensor([0]), torch.tensor([2]))
    return augmented(windows, Augmentation(**PLAIN | settings), store, torch.Generator().manual_seed(0))


def test_the_published_recipes_change_nothing():
    windows = torch.from_numpy(made_up_masks(6)).unflatten(0, (3, 2))
    assert augment({}, windows) is windows


def test_mirrored_windows_are_mirrored_in_all_frames():
    windows = torch.from_numpy(made_up_masks(40)).unflatten(0, (20, 2))
    assert torch.equal(augment({"mirror": 1}, windows), windows.flip(-1))
    some = augment({"mirror": 0.5}, windows)
    mirrored = [torch.equal(window, original.flip(-1)) for window, original in zip(some, windows, strict=True)]
    kept = [torch.equal(window, original) for window, original in zip(some, windows, strict=True)]
    assert [one != other for one, other in zip(mirrored, kept, strict=True)] == [True] * 20
    assert 0 < sum(mirrored) < 20


@pytest.mark.parametrize(
    ("name", "value"),
    [("swap", 0.5), ("point_noise", 0.05), ("joint_noise", 0.25), ("confidence_noise", 0.1), ("move", (1.0, 0.0))],
)
def test_an_augmentation_of_joints_is_refused(name, value):
    with pytest.raises(ConfigError) as raised:
        augment({name: value}, torch.zeros(1, 2, 64, 64, dtype=torch.uint8))
    assert str(raised.value) == (
        f"training.augmentation.{name} is {value}, but silhouettes have no joints; set it to 0 for this system."
    )


def test_a_batch_leaves_no_page_of_the_mapped_file_in_the_process(tmp_path):
    frames = 2_000  # 8 MB
    table = write_table(tmp_path / "silhouettes.parquet", {"001-nm-01-090": (range(frames), made_up_masks(frames))})
    store = open_store(table, np.array([True]), None, torch.device("cpu"))
    for _ in range(2):
        windows = store.windows(torch.tensor([0]), torch.arange(frames)[None])
        assert resident(tmp_path) == 0
        np.testing.assert_array_equal(windows[0].numpy(), made_up_masks(frames))


def resident(folder):
    """kB of the files without a name in a folder that this process holds in memory."""
    sizes, inside = [], False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match("[0-9a-f]+-[0-9a-f]+ ", line):
            inside = str(folder) in line and line.endswith("(deleted)")
        elif inside and line.startswith("Rss:"):
            sizes.append(int(line.split()[1]))
    assert len(sizes) == 1
    return sizes[0]
