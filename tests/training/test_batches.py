"""Balanced batches follow the published sampler, for any number of subjects and sequences."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from gaitcore.errors import ConfigError
from gaitcore.settings.training import BalancedBatch, DrawnBatch, ShuffledBatch
from gaitcore.training.batches import BalancedBatches, ShuffledBatches, build_batches, check_for_neck, training_items


def batches(per_subject, subjects, sequences, seed=0):
    labels = np.repeat(np.arange(len(per_subject)), per_subject)
    batch = BalancedBatch(subjects=subjects, sequences=sequences)
    sampler = BalancedBatches(labels, np.arange(len(labels)), batch, np.random.default_rng(seed))
    return labels, sampler


def test_every_batch_has_the_set_number_of_subjects_and_sequences():
    labels, sampler = batches([10] * 6, subjects=4, sequences=3)
    for batch in sampler:
        assert sorted(Counter(labels[batch]).values()) == [3, 3, 3, 3]


def test_the_published_number_of_steps():
    assert len(batches([13_940], 1, 296)[1]) == 47
    assert len(batches([8, 8], 2, 4)[1]) == 1  # an exact multiple loses its last batch, as published


def test_a_subjects_list_is_used_up_before_it_is_shuffled_again():
    _, sampler = batches([8, 8, 8], subjects=3, sequences=4)
    (first,), (second,) = sampler, sampler
    assert len(set(first) | set(second)) == 24


def test_a_subject_with_too_few_sequences_has_them_repeated():
    labels, sampler = batches([8, 2], subjects=2, sequences=4)
    (batch,) = sampler
    assert Counter(labels[batch]) == {0: 4, 1: 4}
    assert Counter(batch[labels[batch] == 1].tolist()) == {8: 2, 9: 2}


def test_all_subjects_are_in_a_batch_where_there_are_fewer_than_set():
    labels, sampler = batches([8] * 3, subjects=74, sequences=2)
    assert (sampler.subjects, sampler.batch_size) == (3, 6)
    for batch in sampler:
        assert set(labels[batch]) == {0, 1, 2}


def test_one_subject_with_one_sequence_still_gives_a_batch():
    _, sampler = batches([1], subjects=74, sequences=4)
    assert [batch.tolist() for batch in sampler] == [[0, 0, 0, 0]]


def test_the_seed_decides_the_batches():
    first, again, other = (np.concatenate(list(batches([9] * 5, 3, 2, seed)[1])).tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


@pytest.mark.parametrize(("repeat", "counts"), [({}, [1, 1, 1]), ({"bg": 3, "cl": 2}, [1, 3, 2])])
def test_conditions_are_repeated_as_set(repeat, counts):
    items = training_items(pd.DataFrame({"condition": ["nm", "bg", "cl"]}), repeat)
    assert np.bincount(items).tolist() == counts


def shuffled(items=10, size=4, copies=1, seed=0):
    batch = ShuffledBatch(kind="shuffled", size=size, copies=copies)
    return ShuffledBatches(np.arange(items), batch, np.random.default_rng(seed))


def test_a_shuffled_epoch_is_every_sequence_once_in_another_order_each_time():
    sampler = shuffled()
    first, second = (list(sampler) for _ in range(2))
    assert [len(batch) for batch in first] == [4, 4, 2]
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second)) == list(range(10))
    assert np.concatenate(first).tolist() != np.concatenate(second).tolist()


def test_copies_repeat_a_batch():
    assert shuffled(copies=2).sequences_of_an_epoch == 20  # the last batch is smaller than the others
    for batch in shuffled(copies=2):
        ours, again = np.split(batch, 2)
        assert ours.tolist() == again.tolist()


def test_an_interrupted_shuffled_epoch_continues_with_the_rest():
    sampler, resumed = shuffled(), shuffled(seed=9)
    rest = iter(sampler)
    next(rest)
    resumed.load_state_dict(sampler.state_dict())
    assert [batch.tolist() for batch in resumed] == [batch.tolist() for batch in rest]
    assert [batch.tolist() for batch in resumed] == [
        batch.tolist() for batch in sampler
    ]  # and with the same next epoch


def drawn(per_subject, seed=0, **batch):
    labels = np.repeat(np.arange(len(per_subject)), per_subject)
    batch = DrawnBatch(kind="drawn", **batch)
    return labels, build_batches(labels, np.arange(len(labels)), batch, np.random.default_rng(seed))


def test_a_drawn_batch_has_distinct_subjects_and_sequences_and_an_epoch_its_steps():
    labels, sampler = drawn([10] * 6, subjects=4, sequences=8, steps=5)
    epoch = list(sampler)
    assert (len(epoch), len(sampler), sampler.sequences_of_an_epoch) == (5, 5, 160)
    for batch in epoch:
        assert sorted(Counter(labels[batch]).values()) == [8, 8, 8, 8]
        assert len(set(batch)) == 32


def test_a_batch_drawn_with_replacement_repeats_sequences_and_so_does_a_subject_with_too_few():
    _, with_replacement = drawn([20, 20], subjects=2, sequences=16, replacement=True, steps=20)
    assert any(len(set(batch)) < 32 for batch in with_replacement)
    labels, sampler = drawn([10, 3], subjects=2, sequences=8, steps=1)
    (batch,) = sampler
    few = batch[labels[batch] == 1]
    assert (len(few), set(few) <= {10, 11, 12}, len(set(batch[labels[batch] == 0]))) == (8, True, 8)


def test_a_drawn_epoch_continues_where_it_was_interrupted():
    _, sampler = drawn([10] * 6, subjects=3, sequences=4, steps=6)
    epoch = iter(sampler)
    for _ in range(2):
        next(epoch)
    state = sampler.state_dict()
    rest = [batch.tolist() for batch in epoch]
    _, resumed = drawn([10] * 6, seed=9, subjects=3, sequences=4, steps=6)
    resumed.load_state_dict(state)
    assert [batch.tolist() for batch in resumed] == rest
    assert len(rest) == 4


@pytest.mark.parametrize(("size", "items", "copies"), [(1, 5, 1), (4, 9, 1)])
def test_a_batch_of_one_sequence_is_refused_before_a_neck(size, items, copies):
    batches = shuffled_batches(items, size, copies)
    message = (
        f"training.batch.size is {size}, by which a batch of each epoch of {items} sequences has one sequence alone, "
        "but the batch-norm neck of GPGait needs two or more; set another size, or copies: 2."
    )
    with pytest.raises(ConfigError) as error:
        check_for_neck(batches, "GPGait")
    assert str(error.value) == message


@pytest.mark.parametrize(("size", "items", "copies"), [(1, 5, 2), (4, 8, 1), (4, 10, 1)])
def test_batches_of_two_or_more_pass_a_neck(size, items, copies):
    check_for_neck(shuffled_batches(items, size, copies), "GPGait")


def shuffled_batches(items, size, copies):
    batch = ShuffledBatch(kind="shuffled", size=size, copies=copies)
    return build_batches(np.zeros(items, int), np.arange(items), batch, np.random.default_rng(0))
