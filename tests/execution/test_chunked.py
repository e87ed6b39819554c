"""How a batch is split into chunks."""

import torch

from gaitcore.execution.chunked import split


def test_a_batch_is_split_evenly_and_in_order():
    x = torch.arange(72)
    assert [len(chunk) for chunk in split(x)] == [6] * 12
    assert torch.equal(torch.cat(split(x)), x)
    assert [len(chunk) for chunk in split(x[:3])] == [1, 1, 1]
    assert max(len(chunk) for chunk in split(torch.arange(296))) == 8
