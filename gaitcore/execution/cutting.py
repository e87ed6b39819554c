"""Cut a network at its batch normalisations into stages, for a training pass in chunks.

The stage of a step of the network is the number of batch normalisations before it. A stage is cut further after a
module if the rest of the network depends on the module's output only.

The head of a network begins at a vector for each sequence, (B, features), on which all later steps depend. It is small
and runs on the whole batch.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gaitcore.execution.chunked import Maps, Norm, Stage, moments_of, normalised, parameters_of
from gaitcore.execution.dropout import DropoutFrom
from gaitcore.execution.tracing import CutError, module_of, part, result_of, traced

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)

Place = tuple[int, int]  # of a step: batch normalisations before it, and cuts among the steps with as many


@dataclass(frozen=True)
class Cut:
    """A network in two parts.

    Attributes:
        stages: input (B, ...) -> input of the head, (B, features).
        head: (B, features) -> embeddings.
    """

    stages: tuple[Stage, ...]
    head: nn.Module


def cut(network: nn.Module, x: Tensor) -> Cut:
    """Cut a network that is in training mode.

    Args:
        network: (B, ...) -> embeddings.
        x: a few inputs (B, ...), on which the stages are tested: each must treat the sequences of a batch
            independently of each other.

    Raises:
        CutError: the network cannot be traced, or couples sequences by more than plain batch normalisation.
    """
    for name, norm in network.named_modules():
        if isinstance(norm, _BatchNorm) and not _plain(norm):
            raise CutError(f"its batch normalisation {name} is not a plain one")
    graph = traced(network)
    _note_values(graph, x)
    steps = [step for step in graph.graph.nodes if step.meta["of_input"]]
    end = 1 + next(i for i, step in enumerate(steps) if step is result_of(graph) or _head_follows(steps[i:], len(x)))
    stages = tuple(_tried(_stages(graph, steps[:end]), x))
    return Cut(stages, part(graph, steps[end - 1 : end], result_of(graph)))


def _plain(norm: _BatchNorm) -> bool:
    return type(norm) in _NORMS and norm.track_running_stats and norm.momentum is not None


def _norm(graph: fx.GraphModule, step: fx.Node) -> Norm | None:
    """The batch normalisation that a step is, if it is one."""
    module = module_of(graph, step)
    return cast(Norm, module) if isinstance(module, _NORMS) else None


class _Values(fx.Interpreter):
    """Runs a traced network without its batch normalisations, and notes the kind and shape of each step's value."""

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__(graph)
        self.graph_module = graph

    def run_node(self, n: fx.Node) -> object:
        value = self.fetch_args_kwargs_from_env(n)[0][0] if _norm(self.graph_module, n) else super().run_node(n)
        n.meta["of_input"] = n.op == "placeholder" or (
            n.op != "output" and any(node.meta["of_input"] for node in n.all_input_nodes)
        )
        n.meta["map"] = isinstance(value, Tensor) and value.is_floating_point()
        n.meta["shape"] = value.shape if isinstance(value, Tensor) else None
        return value


def _note_values(graph: fx.GraphModule, x: Tensor) -> None:
    state = torch.get_rng_state()
    with torch.no_grad(), torch.autocast("cpu", enabled=False), DropoutFrom(None):
        _Values(graph).run(x)
    if not torch.equal(torch.get_rng_state(), state):
        torch.set_rng_state(state)
        raise CutError("it draws random numbers other than those of dropout")


def _head_follows(steps: Sequence[fx.Node], batch: int) -> bool:
    """Whether every step has a vector for each sequence and all steps depend on the first alone."""
    if not all(step.meta["shape"] is not None and step.meta["shape"][:-1] == (batch,) for step in steps):
        return False
    inputs = {before for step in steps[1:] for before in step.all_input_nodes if before.meta["of_input"]}
    return inputs <= set(steps)


def _stages(graph: fx.GraphModule, steps: Sequence[fx.Node]) -> Iterator[Stage]:
    place = _places(graph, steps)
    places = sorted(set(place.values()))
    entering = steps[:1]
    for index, (here, following) in enumerate(zip(places, [*places[1:], None], strict=True)):
        leaving = list(_passed_on(graph, place, here, following)) if following else [(steps[-1], None)]
        module = part(graph, entering, tuple(step for step, _ in leaving))
        last_of_its_depth = not following or following[0] > here[0]
        yield Stage(
            module,
            parameters=parameters_of(module),
            norms=tuple(_norm(graph, norm) if norm else None for _, norm in leaving),
            number=here[0] if last_of_its_depth else -1 - index,
        )
        entering = [norm or step for step, norm in leaving]


def _places(graph: fx.GraphModule, steps: Sequence[fx.Node]) -> dict[fx.Node, Place]:
    depth: dict[fx.Node, int] = {}
    for step in steps:
        before = [depth[other] for other in step.all_input_nodes if other in depth]
        depth[step] = max(before, default=0) + (_norm(graph, step) is not None)
    with_weights = Counter(depth[step] for step in steps if _has_weights(graph, step))  # remaining, by depth
    number = {step: i for i, step in enumerate(steps)}
    place: dict[fx.Node, Place] = {}
    cuts: Counter[int] = Counter()
    needed_until = 0
    for step, i in number.items():
        place[step] = depth[step], cuts[depth[step]]
        if _has_weights(graph, step):
            with_weights[depth[step]] -= 1
            if needed_until <= i and with_weights[depth[step]]:
                cuts[depth[step]] += 1
        needed_until = max([needed_until, *(number[user] for user in step.users if user in number)])
    return place


def _has_weights(graph: fx.GraphModule, step: fx.Node) -> bool:
    module = module_of(graph, step)
    return module is not None and not _norm(graph, step) and any(True for _ in module.parameters())


def _passed_on(
    graph: fx.GraphModule, place: dict[fx.Node, Place], here: Place, following: Place
) -> Iterator[tuple[fx.Node, fx.Node | None]]:
    """The values that a stage passes on, its own or an earlier one's, each with the normalisation it enters next."""
    for step in place:
        later = [user for user in step.users if user in place and place[user] > here >= place[step]]
        norms = [user for user in later if place[user] == following and _norm(graph, user)]
        yield from ((step, norm) for norm in norms)
        if len(later) > len(norms):
            yield step, None
        if later and not step.meta["map"]:
            raise CutError(f"{step} passes a batch normalisation and is not a map of floating-point numbers")


def _tried(stages: Iterable[Stage], x: Tensor) -> Iterator[Stage]:
    """The stages, each with the memory that it needs for a sequence, after a test on a few sequences.

    Raises:
        CutError: the output of a stage for a sequence depends on the others.
    """
    maps: Maps = (x,)
    norms: tuple[Norm | None, ...] = (None,)
    apart: list[Maps] = [(sequence,) for sequence in x.split(1)]
    for stage in stages:
        leaves = [map_.detach().requires_grad_(map_ is not x) for map_ in maps]
        moments = [moments_of(map_.detach()) for map_, norm in zip(maps, norms, strict=True) if norm is not None]
        saved = _Saved()
        with torch.autocast("cpu", enabled=False), DropoutFrom(None):
            with torch.enable_grad(), saved:
                maps = stage.run(*normalised(norms, leaves, moments))
            with torch.no_grad():
                apart = [stage.run(*normalised(norms, sequence, moments)) for sequence in apart]
        if not all(map(_close, map(torch.cat, zip(*apart, strict=True)), maps)):
            raise CutError("what it makes of a sequence depends on the others in the batch")
        size = _bytes(maps, beside=leaves)
        needed = _bytes(saved.tensors, beside=[*leaves, *stage.parameters])
        yield replace(stage, size=size // len(x), saved=needed // len(x))
        norms = stage.norms


def _close(actual: Tensor, expected: Tensor) -> bool:
    size = expected.detach().abs().nan_to_num().amax().item()
    return torch.allclose(actual, expected, rtol=1e-2, atol=1e-2 * size, equal_nan=True)


class _Saved(torch.autograd.graph.saved_tensors_hooks):
    """Within the block, the tensors that operations save for the backward pass are noted in ``tensors``."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        super().__init__(self._note, lambda tensor: tensor)

    def _note(self, tensor: Tensor) -> Tensor:
        self.tensors.append(tensor)
        return tensor


def _bytes(tensors: Iterable[Tensor], beside: Iterable[Tensor]) -> int:
    """Bytes of some tensors that are not in the memory of the tensors ``beside`` them."""
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors}
    known = {tensor.untyped_storage().data_ptr() for tensor in beside}
    return sum(size for place, size in storages.items() if place not in known)
