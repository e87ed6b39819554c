"""Networks as graphs of steps (torch.fx), and parts of them as modules of their own."""

from collections.abc import Sequence

from torch import fx, nn
from torch.nn.modules.batchnorm import _BatchNorm


class CutError(Exception):
    """Why a network can only run as a whole."""


class _Tracer(fx.Tracer):
    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        normalises = any(isinstance(part, _BatchNorm) for part in m.modules())
        return isinstance(m, _BatchNorm) or not (normalises or m is self.network)


def traced(network: nn.Module) -> fx.GraphModule:
    """The graph of a network's ``forward`` in its present mode; its weights are the network's.

    A module that has no batch normalisation inside is a single step, whatever it does.

    Raises:
        CutError: its code depends on the values or the shape of the input, or it does not return a single tensor.
    """
    holder = nn.Sequential(network)  # a name in the network, such as "graph", may be one of GraphModule's own
    try:
        graph = _Tracer(network).trace(holder)
    except Exception as error:  # whatever the network's code raises when it is given a proxy
        raise CutError(f"torch.fx cannot trace it ({error})") from error
    module = fx.GraphModule(holder, graph)
    module.graph.eliminate_dead_code()
    if not isinstance(result_of(module), fx.Node):
        raise CutError("it does not return a single tensor")
    return module


def module_of(graph: fx.GraphModule, step: fx.Node) -> nn.Module | None:
    """The module that a step of a traced network calls; None where it is an operation."""
    return graph.get_submodule(step.target) if step.op == "call_module" else None


def result_of(graph: fx.GraphModule) -> fx.Node:
    """The step whose value a traced network returns."""
    return next(node.args[0] for node in graph.graph.nodes if node.op == "output")


def part(graph: fx.GraphModule, entering: Sequence[fx.Node], leaving: fx.Node | tuple[fx.Node, ...]) -> fx.GraphModule:
    """A module that computes the values of the steps ``leaving`` from those of the steps ``entering``."""
    needed: set[fx.Node] = set()
    waiting = [leaving] if isinstance(leaving, fx.Node) else [*leaving]
    while waiting:
        step = waiting.pop()
        if step not in needed and step not in entering:
            needed.add(step)
            waiting += step.all_input_nodes
    copy = fx.Graph()
    copies = {step: copy.placeholder(step.name) for step in entering}
    for step in graph.graph.nodes:
        if step in needed:
            copies[step] = copy.node_copy(step, copies.__getitem__)
    copy.output(fx.map_arg(leaving, copies.__getitem__))
    return fx.GraphModule(graph, copy)
