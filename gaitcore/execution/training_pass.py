"""How a training pass of a network is run: the one place where it is chosen."""

import logging
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gaitcore.execution.chunked import MEMORY, in_chunks
from gaitcore.execution.cutting import cut
from gaitcore.execution.tracing import CutError
from gaitcore.networks.parts import PerFrame

log = logging.getLogger(__name__)

TRIED_ON = 3  # sequences


def training_pass(network: nn.Module, memory: int = MEMORY) -> Callable[[Tensor], Tensor]:
    """A function that gives what the network gives, (B, ...) -> embeddings, with the same gradients.

    In training on a CPU a batch goes through the network in chunks that fit the caches
    (:mod:`gaitcore.execution.chunked`), if the network can be cut at its batch normalisations
    (:mod:`gaitcore.execution.cutting`); it is cut once, when the first batch comes. The whole batch goes through it at
    once on a GPU, in evaluation mode, and where it cannot be cut; the log then says why.

    Args:
        network: (B, ...) -> embeddings.
        memory: bytes for a training pass on a CPU; where there is less, more is computed again for the backward pass.
    """
    on_cpu: Callable[[Tensor], Tensor] | None = None

    def run(x: Tensor) -> Tensor:
        nonlocal on_cpu
        if x.device.type != "cpu" or not network.training:
            return network(x)
        if on_cpu is None:
            on_cpu = _on_cpu(network, x[torch.arange(TRIED_ON) % len(x)], memory)
        return on_cpu(x)

    return run


def _on_cpu(network: nn.Module, x: Tensor, memory: int) -> Callable[[Tensor], Tensor]:
    _channels_last(network)
    try:
        parts = cut(network, x)
    except CutError as reason:
        log.info("%s trains on whole batches, not in chunks: %s", type(network).__name__, reason)
        return network
    return lambda x: parts.head(in_chunks(parts.stages, x, memory))


def _channels_last(network: nn.Module) -> None:
    """Lay out the weights of convolutions over single frames so that their maps, too, have the channels last.

    Pools and convolutions of pictures then take less time (GaitPart: about a tenth of a step). Values and their order
    are unchanged.
    """
    for module in network.modules():
        for weight in module.parameters() if isinstance(module, PerFrame) else ():
            if weight.ndim == 4:
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
