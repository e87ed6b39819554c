"""Parts of poses by a fixed list of joints or channels."""

from collections.abc import Sequence

import torch
from torch import Tensor


def picked(x: Tensor, places: Sequence[int], dim: int) -> Tensor:
    """``x`` at these places along a dimension, as indexing by the list would give it.

    The list stays in the code. Indexing by a list copies it from the host to the device each time, which a step that is
    captured as a graph on a GPU must not do.
    """
    return torch.stack([x.select(dim, place) for place in places], dim=dim)
