"""Cut a network at its batch normalisations into stages, for a training pass in chunks.

The network is traced (torch.fx): its ``forward`` becomes a graph of steps. A module without batch normalisation inside
is one step, whatever it does. The stage of a step is the number of batch normalisations that lie before it. A stage is
cut further after a module whose output is all that the rest of the network needs.

The head of a network begins where each sequence has become a vector, (B, features), from which all the rest follows. It
is small and runs on the whole batch.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gaitcore.execution.chunked import Stage, moments_of, normalised
from gaitcore.execution.dropout import DropoutFrom

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class CannotCutError(Exception):
    """Why a network has to run the whole batch at once."""


@dataclass(frozen=True)
class Cut:
    """A network in two parts.

    Attributes:
        stages: input (B, ...) -> what the head reads.
        head: that, (B, features), -> embeddings.
    """

    stages: tuple[Stage, ...]
    head: nn.Module


def cut(network: nn.Module, x: Tensor) -> Cut:
    """Cut a network that is in training mode.

    Args:
        network: (B, ...) -> embeddings.
        x: a few inputs (B, ...), on which the stages are tried: they have to treat the sequences of a batch
            independently of each other.

    Raises:
        CannotCutError: the network cannot be traced, or couples sequences by more than batch normalisation.
    """
    traced = _traced(network)
    _note_values(traced, x)
    steps = [node for node in traced.graph.nodes if node.meta["of_input"]]
    if next(node for node in traced.graph.nodes if node.op == "output").args[0] is not steps[-1]:
        raise CannotCutError("it does not return a single tensor made of its input")
    end = 1 + next((i for i, _ in enumerate(steps) if _head_follows(steps, i, len(x))), len(steps) - 1)
    stages = tuple(_tried(_stages(traced, steps[:end]), x))
    return Cut(stages, _part(traced, steps[end - 1 : end], steps[end:], steps[-1]))


class _Tracer(fx.Tracer):
    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        has_norms = any(isinstance(part, _BatchNorm) for part in m.modules())
        return isinstance(m, _BatchNorm) or not (has_norms or m is self.network)


def _traced(network: nn.Module) -> fx.GraphModule:
    for name, norm in network.named_modules():
        if isinstance(norm, _BatchNorm) and not (
            type(norm) in _NORMS and norm.affine and norm.track_running_stats and norm.momentum is not None
        ):
            raise CannotCutError(f"its batch normalisation {name} is not a plain one")
    holder = nn.Sequential(network)  # a name of the network's own, such as "graph", may be one of GraphModule's
    try:
        graph = _Tracer(network).trace(holder)
    except Exception as error:  # whatever the network's code raises when it is given a proxy
        raise CannotCutError(f"torch.fx cannot trace it ({error})") from error
    traced = fx.GraphModule(holder, graph)
    traced.graph.eliminate_dead_code()
    return traced


class _Values(fx.Interpreter):
    """Runs a traced network without its batch normalisations, and notes what each step gives."""

    def run_node(self, n: fx.Node) -> object:
        value = self.fetch_args_kwargs_from_env(n)[0][0] if _norm(self.module, n) else super().run_node(n)
        n.meta["of_input"] = n.op == "placeholder" or (
            n.op != "output" and any(node.meta["of_input"] for node in n.all_input_nodes)
        )
        n.meta["map"] = isinstance(value, Tensor) and value.is_floating_point()
        n.meta["shape"] = value.shape if isinstance(value, Tensor) else None
        return value


def _note_values(traced: fx.GraphModule, x: Tensor) -> None:
    state = torch.get_rng_state()
    with torch.no_grad(), torch.autocast("cpu", enabled=False), DropoutFrom(None):
        _Values(traced).run(x)
    if not torch.equal(torch.get_rng_state(), state):
        torch.set_rng_state(state)
        raise CannotCutError("it draws random numbers other than those of nn.Dropout")


def _norm(traced: nn.Module, node: fx.Node) -> nn.Module | None:
    """The batch normalisation that a step is, if it is one."""
    module = traced.get_submodule(node.target) if node.op == "call_module" else None
    return module if isinstance(module, _NORMS) else None


def _head_follows(steps: Sequence[fx.Node], i: int, batch: int) -> bool:
    """Whether from step ``i`` on everything is a vector for each sequence and follows from this step alone."""
    rest = steps[i:]
    vectors = all(node.meta["shape"] is not None and node.meta["shape"][:-1] == (batch,) for node in rest)
    return vectors and not any(
        before.meta["of_input"] and before not in rest for node in rest[1:] for before in node.all_input_nodes
    )


def _stages(traced: fx.GraphModule, steps: Sequence[fx.Node]) -> Iterator[Stage]:
    place = _places(traced, steps)
    places = sorted(set(place.values()))
    entering = steps[:1]
    for number, here in enumerate(places):
        following = places[number + 1] if number + 1 < len(places) else None
        leaving = [(steps[-1], None)]
        if following:
            leaving = list(_crossing(traced, [node for node in steps if place[node] <= here], place, following))
        inside = [node for node in steps if place[node] == here and node not in entering]
        part = _part(traced, entering, inside, tuple(node for node, _ in leaving))
        last_of_depth = not following or following[0] > here[0]
        yield Stage(
            part,
            tuple(part.parameters()),
            tuple(norm and _norm(traced, norm) for _, norm in leaving),
            number=here[0] if last_of_depth else -1 - number,
        )
        entering = [norm or node for node, norm in leaving]


def _places(traced: fx.GraphModule, steps: Sequence[fx.Node]) -> dict[fx.Node, tuple[int, int]]:
    """The stage of each step: batch normalisations before it, and cuts after a module among those with as many."""
    depth: dict[fx.Node, int] = {}
    for node in steps:
        before = [depth[other] for other in node.all_input_nodes if other in depth]
        depth[node] = max(before, default=0) + (_norm(traced, node) is not None)
    with_weights = [node for node in steps if _has_weights(traced, node)]
    number = {node: i for i, node in enumerate(steps)}
    place, cuts, needed_until = {}, Counter(), 0
    for node in steps:
        place[node] = depth[node], cuts[depth[node]]
        more = any(depth[other] == depth[node] and number[other] > number[node] for other in with_weights)
        if node in with_weights and needed_until <= number[node] and more:
            cuts[depth[node]] += 1
        needed_until = max(needed_until, *(number.get(user, 0) for user in node.users), 0)
    return place


def _has_weights(traced: fx.GraphModule, node: fx.Node) -> bool:
    if node.op != "call_module" or _norm(traced, node):
        return False
    return next(traced.get_submodule(node.target).parameters(), None) is not None


def _crossing(
    traced: fx.GraphModule, before: Sequence[fx.Node], place: dict[fx.Node, tuple[int, int]], following: tuple[int, int]
) -> Iterator[tuple[fx.Node, fx.Node | None]]:
    """What the steps before a stage pass on to or through it, each with the batch normalisation it enters, if any."""
    for node in before:
        later = [user for user in node.users if user in place and user not in before]
        norms = [user for user in later if place[user] == following and _norm(traced, user)]
        yield from ((node, norm) for norm in norms)
        if len(later) > len(norms):
            yield node, None
        if later and not node.meta["map"]:
            raise CannotCutError(f"{node} passes a batch normalisation and is not a map of floating-point numbers")


def _part(traced: fx.GraphModule, entering: Sequence[fx.Node], inside: Sequence[fx.Node], leaving) -> fx.GraphModule:
    """Some steps of a network as a module of their own; its weights are the network's."""
    graph = fx.Graph()
    copies = {node: graph.placeholder(node.name) for node in entering}

    def copy(node: fx.Node) -> fx.Node:
        if node not in copies:
            copies[node] = graph.node_copy(node, copy)
        return copies[node]

    for node in inside:
        copy(node)
    graph.output(fx.map_arg(leaving, copy))
    return fx.GraphModule(traced, graph)


def _tried(stages: Iterator[Stage], x: Tensor) -> Iterator[Stage]:
    """The stages, each with the bytes that its backward pass needs of a sequence, after they were tried on a few.

    Raises:
        CannotCutError: a stage gives something else for a sequence alone.
    """
    maps, norms = (x,), (None,)
    apart = [(sequence,) for sequence in x.split(1)]
    for stage in stages:
        leaves = [map_.detach().requires_grad_(map_ is not x) for map_ in maps]
        moments = [moments_of(map_.detach()) for map_, norm in zip(maps, norms, strict=True) if norm is not None]
        saved = _Saved()
        with torch.autocast("cpu", enabled=False), DropoutFrom(None):
            with torch.enable_grad(), saved:
                maps = stage.run(*normalised(norms, leaves, moments))
            with torch.no_grad():
                apart = [stage.run(*normalised(norms, of_one, moments)) for of_one in apart]
        if not all(map(_close, map(torch.cat, zip(*apart, strict=True)), maps)):
            raise CannotCutError("what it makes of a sequence depends on the others in the batch")
        yield replace(stage, saved=saved.bytes([*leaves, *stage.parameters]) // len(x))
        norms = stage.norms


def _close(found: Tensor, expected: Tensor) -> bool:
    size = expected.detach().abs().nan_to_num().amax().item()
    return torch.allclose(found, expected, rtol=1e-3, atol=1e-3 * size, equal_nan=True)


class _Saved(torch.autograd.graph.saved_tensors_hooks):
    """Within it, what operations save for the backward pass is counted."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        super().__init__(lambda tensor: self.tensors.append(tensor) or tensor, lambda tensor: tensor)

    def bytes(self, held: Sequence[Tensor]) -> int:
        """Bytes of what was saved, without tensors that are held anyway."""
        elsewhere = {tensor.untyped_storage().data_ptr() for tensor in held}
        storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in self.tensors}
        return sum(size for place, size in storages.items() if place not in elsewhere)
