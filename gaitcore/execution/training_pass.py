"""How a training pass of a network is run: the one place where it is chosen."""

import logging
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gaitcore.execution.chunked import in_chunks
from gaitcore.execution.cutting import CannotCutError, cut

log = logging.getLogger(__name__)

TRIED_ON = 3  # sequences


def training_pass(network: nn.Module) -> Callable[[Tensor], Tensor]:
    """A function that gives what the network gives, for training: (B, ...) -> embeddings, with the same gradients.

    On a GPU the whole batch goes through the network at once. On a CPU it goes through in chunks that fit the caches
    (:mod:`gaitcore.execution.chunked`), if the network can be cut at its batch normalisations
    (:mod:`gaitcore.execution.cutting`). A network that cannot runs the whole batch at once there, too, and the log says
    why. The network is cut once, when the first batch comes.
    """
    on_cpu: Callable[[Tensor], Tensor] | None = None

    def run(x: Tensor) -> Tensor:
        nonlocal on_cpu
        if x.device.type != "cpu":
            return network(x)
        on_cpu = on_cpu or _on_cpu(network, x[torch.arange(TRIED_ON) % len(x)])
        return on_cpu(x)

    return run


def _on_cpu(network: nn.Module, x: Tensor) -> Callable[[Tensor], Tensor]:
    try:
        parts = cut(network, x)
    except CannotCutError as reason:
        log.info("%s trains on whole batches, not in chunks: %s", type(network).__name__, reason)
        return network
    return lambda x: parts.head(in_chunks(parts.stages, x))
