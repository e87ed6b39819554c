"""What a network computes of each frame independently, apart from the rest: overlapping windows share it."""

from collections.abc import Callable
from typing import cast

from torch import Tensor, nn

from gaitcore.execution.banded import banded
from gaitcore.execution.fused_attention import fused
from gaitcore.execution.tracing import CutError, module_of, part, result_of, traced

Function = Callable[[Tensor], Tensor]


def per_frame(network: nn.Module, on_gpu: bool | None = None) -> tuple[Function, Function]:
    """A network in two parts: what it computes of frames (B, T, ...) -> (B, T, ...), and the rest of it -> embeddings.

    The first part is the module that the input enters, if this module declares ``per_frame = True``: what it makes of a
    frame depends on no other frame. In every other network it is nothing, and the rest is the network. On a GPU the
    rest takes the special path of the network's module where it has one, and attention over frames is fused.

    Args:
        network: on a CPU or a GPU.
        on_gpu: whether to take the paths of a GPU; None where its weights are on one.
    """
    if on_gpu is None:
        on_gpu = any(parameter.is_cuda for parameter in network.parameters())
    spatial = getattr(network, "spatial", None)
    if on_gpu and getattr(spatial, "per_frame", False) and (fast := banded(network)):
        return cast(nn.Module, spatial), fast.after_spatial
    if on_gpu:
        network = fused(network) or network
    try:
        graph = traced(network)
    except CutError:
        return nn.Identity(), network
    entrance = next(step for step in graph.graph.nodes if step.op == "placeholder")
    first, *others = entrance.users
    module = module_of(graph, first)
    if module is None or others or not getattr(module, "per_frame", False):
        return nn.Identity(), network
    return module, part(graph, [first], result_of(graph))
