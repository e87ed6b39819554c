"""Every kind of sampling gives exactly the frames that its source describes."""

import pytest
import torch

from gaitcore.sampling.centre_window import centre_window
from gaitcore.sampling.even_windows import even_windows
from gaitcore.sampling.ordered_run import ordered_run
from gaitcore.sampling.random_window import random_window
from gaitcore.sampling.three_windows import three_windows, three_windows_and_reverse
from gaitcore.sampling.training_frames import training_frames
from gaitcore.sampling.unordered_set import unordered_set
from gaitcore.sampling.whole_sequence import whole_sequences
from gaitcore.settings.training import OrderedSampling, UnorderedSampling, WindowSampling


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_centre_window_lies_in_the_middle_and_a_short_sequence_in_the_middle_of_it():
    assert centre_window(torch.tensor([4, 5, 7, 2]), 4).tolist() == [
        [0, 1, 2, 3],
        [0, 1, 2, 3],
        [1, 2, 3, 4],
        [-1, 0, 1, 2],
    ]


@pytest.mark.parametrize(
    ("length", "starts"),
    [(60, [0, 0, 0]), (61, [0, 0, 1]), (100, [20, 0, 40]), (121, [30, 10, 50]), (90, [15, 0, 30]), (57, [-1, -1, -1])],
)
def test_the_three_windows_are_centre_earlier_and_later_clipped(length, starts):
    (windows,) = three_windows(torch.tensor([length]), 60, 20)
    assert windows.tolist() == [list(range(start, start + 60)) for start in starts]


def test_the_reversed_windows_follow_the_three():
    assert three_windows_and_reverse(torch.tensor([5]), 3, 1).tolist() == [
        [[1, 2, 3], [0, 1, 2], [2, 3, 4], [3, 2, 1], [2, 1, 0], [4, 3, 2]]
    ]


def test_a_random_window_never_has_the_last_start_and_reversal_reverses_the_whole_sequence():
    lengths = torch.full((500,), 7)
    forwards, backwards = (random_window(lengths, 4, reverse, seeded()) for reverse in (0.0, 1.0))
    assert sorted(set(forwards[:, 0].tolist())) == [0, 1, 2]  # 3 would be the last
    assert torch.equal(forwards.diff(dim=1), torch.ones(500, 3, dtype=torch.int64))
    assert torch.equal(backwards, 6 - forwards)


def test_a_random_window_draws_all_starts_then_all_directions():
    starts, directions = seeded(3), seeded(3)
    lengths = torch.tensor([50, 90, 70])
    torch.rand(3, generator=directions)
    first = (torch.rand(3, generator=starts) * (lengths - 40)).long()
    backwards = torch.rand(3, generator=directions) < 0.5
    expected = torch.where(backwards, lengths - 1 - first, first)
    assert torch.equal(random_window(lengths, 40, 0.5, seeded(3))[:, 0], expected)


def test_whole_sequences_are_every_frame_once_in_order_by_length():
    (short, short_frames), (long, long_frames) = whole_sequences(torch.tensor([3, 2, 3]))
    assert (short.tolist(), short_frames.tolist()) == ([1], [[[0, 1]]])
    assert (long.tolist(), long_frames.tolist()) == ([0, 2], [[[0, 1, 2]], [[0, 1, 2]]])


def test_even_windows_go_from_the_first_to_the_last_and_a_short_sequence_has_its_centre_window():
    windows = even_windows(torch.tensor([10, 4, 2]), 4, 3)
    assert windows[:, :, 0].tolist() == [[0, 3, 6], [0, 0, 0], [-1, -1, -1]]
    assert torch.equal(windows.diff(dim=2), torch.ones(3, 3, 3, dtype=torch.int64))


def test_an_ordered_run_is_consecutive_and_every_start_is_drawn():
    runs = ordered_run(torch.full((500,), 7), 4, 0, seeded())
    assert torch.equal(runs.diff(dim=1), torch.ones(500, 3, dtype=torch.int64))
    assert sorted(set(runs[:, 0].tolist())) == [0, 1, 2, 3]


def test_a_run_with_frames_left_out_is_in_order_within_its_span():
    runs = ordered_run(torch.full((500,), 30), 4, 2, seeded())
    assert (runs.diff(dim=1) > 0).all()
    spans = runs[:, -1] - runs[:, 0]
    assert (int(spans.min()), int(spans.max())) == (3, 5)
    assert len({tuple((run - run[0]).tolist()) for run in runs}) == 1 + 3 + 6  # the gaps of 4 of at most 6 frames


def test_a_run_of_a_short_sequence_goes_on_from_its_beginning():
    runs = ordered_run(torch.tensor([3] * 200), 5, 0, seeded())
    assert {tuple(run) for run in runs.tolist()} == {(0, 1, 2, 0, 1), (1, 2, 0, 1, 2)}  # of 0 1 2 0 1 2


def test_training_frames_are_those_of_the_kind_of_sampling():
    lengths = torch.tensor([9, 20, 5])
    window = training_frames(lengths, 4, WindowSampling(), 0.5, seeded(1))
    assert torch.equal(window, random_window(lengths, 4, 0.5, seeded(1)))
    drawn = training_frames(lengths, 4, UnorderedSampling(kind="unordered", replacement=True), 0.5, seeded(1))
    assert torch.equal(drawn, unordered_set(lengths, 4, True, seeded(1)))
    run = training_frames(lengths, 4, OrderedSampling(kind="ordered", skip=1), 1.0, seeded(1))
    assert torch.equal(run, ordered_run(lengths, 4, 1, seeded(1)).flip(-1))


def test_a_set_without_replacement_holds_no_frame_twice_where_there_are_enough():
    drawn = unordered_set(torch.tensor([5, 5, 9, 3]), 5, False, seeded())
    assert sorted(drawn[0].tolist()) == sorted(drawn[1].tolist()) == [0, 1, 2, 3, 4]
    assert len(set(drawn[2].tolist())) == 5
    assert set(drawn[3].tolist()) <= {0, 1, 2}


@pytest.mark.parametrize("replacement", [True, False])
def test_every_frame_is_drawn_equally_often(replacement):
    drawn = unordered_set(torch.full((4000,), 10), 5, replacement, seeded())
    shares = torch.bincount(drawn.flatten(), minlength=10) / drawn.numel()
    torch.testing.assert_close(shares, torch.full((10,), 0.1), atol=0.01, rtol=0)
    repeats = [len(set(row)) < 5 for row in drawn.tolist()]
    assert any(repeats) is replacement
