"""ResGCN: residual graph convolution over joints and convolution over frames; the network of GaitGraph and GaitGraph2.

Source: Song, Zhang, Shan, Wang, "Stronger, Faster and More Explainable: A Graph Convolutional Baseline for
Skeleton-Based Action Recognition", ACM MM 2020, as the published code of GaitGraph configures it. A network N39 or N21
is named after its layers and R8 after the reduction in its bottlenecks.

Maps are (B, T, J, C), channels last in memory. What lies between two batch normalisations is a stage
(:mod:`gaitcore.execution.chunked`): each part of the network gives its stages in order, and :func:`joined` begins each
one with the activation that the one before ends with.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.execution.chunked import Maps, Stage, parameters_of, run_stages, whole_batch
from gaitcore.modalities.keypoints.skeleton import LINKS, NUM_JOINTS

HOPS = 3  # joints further apart than this are not neighbours at all
GRAPH_DISTANCE = 2  # hops a graph convolution uses, each with weights of its own
KERNEL = 9  # frames

Join = Callable[[Maps], Tensor]  # what the stage before gave -> the input of the next layer

# The authors' key names, as patterns, and what they are called here.
PUBLISHED_KEYS = (
    (r"(input_branches\.\d+\.)?A$", r"graph"),
    (r"input_branches\.(\d+)\.bn\.", r"branches.\1.norm."),
    (r"input_branches\.(\d+)\.layers\.", r"branches.\1.modules_."),
    (r"main_stream\.", r"main."),
    (r"(branches\.\d+\.modules_|main)\.(\d+)\.scn\.", r"\1.\2.spatial."),
    (r"(branches\.\d+\.modules_|main)\.(\d+)\.tcn\.", r"\1.\2.temporal."),
    (r"(.*\.)conv\.gcn\.", r"\1conv."),
    (r"(.*\.)(conv|bn)_(down|up)\.", lambda m: f"{m[1]}{m[3]}{'_norm' * (m[2] == 'bn')}."),
    (r"(.*\.)bn\.", r"\1norm."),
    (r"(.*\.)residual\.0\.", r"\1skip."),
    (r"(.*\.)residual\.1\.", r"\1skip_norm."),
    (r"fcn\.", r"head."),
)


def hop_graph() -> Tensor:
    """(HOPS + 1, J, J): which joints lie 0, 1, 2 and 3 links apart, each column over the number of its neighbours."""
    step = torch.eye(NUM_JOINTS)
    for a, b in LINKS:
        step[a, b] = step[b, a] = 1
    reached = [torch.matrix_power(step, hops) > 0 for hops in range(HOPS + 1)]
    at = torch.stack([reached[0], *(now & ~before for before, now in pairwise(reached))]).float()
    return at / at.sum(dim=(0, 1))


def joined(maps: Maps) -> Tensor:
    """The activation of a map, or of the sum of a map and its skip."""
    return F.relu(sum(maps[1:], start=maps[0]))


class GraphConv(nn.Conv2d):
    """Each joint gathers from those 0, 1 and 2 links away, with channel weights of their own: (B, T, J, C)."""

    def __init__(self, channels: int, width: int):
        super().__init__(channels, width * (GRAPH_DISTANCE + 1), 1)

    def forward(self, x: Tensor, graph: Tensor) -> Tensor:
        hops = GRAPH_DISTANCE + 1
        x = pointwise(self, x)  # (B, T, J, hops * width)
        x = x.unflatten(-1, (hops, -1)).transpose(2, 3).flatten(2, 3)  # (B, T, hops * J, width)
        gather = graph[:hops].permute(2, 0, 1).flatten(1)  # (J, hops * J)
        return gather @ x


class TemporalConv(nn.Conv2d):
    """A convolution over frames: (B, T, J, C) -> (B, T / stride, J, C)."""

    def __init__(self, channels: int, stride: int):
        super().__init__(channels, channels, (KERNEL, 1), (stride, 1), ((KERNEL - 1) // 2, 0))

    def forward(self, x: Tensor, _: Tensor) -> Tensor:
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def pointwise(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """A 1 x 1 convolution of a map whose channels come last."""
    return F.linear(x, conv.weight.flatten(1), conv.bias)


class Basic(nn.Module):
    """One convolution, without a skip."""

    def __init__(self, conv: nn.Conv2d, width: int):
        super().__init__()
        self.conv = conv
        self.norm = nn.BatchNorm2d(width)

    def stages(self, join: Join, graph: Callable[[], Tensor], edge: nn.Parameter) -> Iterator[Stage]:
        yield Stage(
            lambda maps, _: (self.conv(join(maps), graph()),),
            _used(self.conv, edge),
            norms=(self.norm,),
            keep=isinstance(self.conv, TemporalConv),  # a graph convolution of few channels is cheap and its maps wide
        )


class Bottleneck(nn.Module):
    """A convolution between a 1 x 1 convolution to fewer channels and one back, beside a skip."""

    def __init__(self, conv: nn.Conv2d, channels: int, narrow: int, width: int, stride: int = 1):
        super().__init__()
        self.stride = stride
        same = channels == width and stride == 1
        self.skip = None if same else nn.Conv2d(channels, width, 1)
        self.skip_norm = None if same else nn.BatchNorm2d(width)
        self.down, self.down_norm = nn.Conv2d(channels, narrow, 1), nn.BatchNorm2d(narrow)
        self.conv, self.norm = conv, nn.BatchNorm2d(narrow)
        self.up, self.up_norm = nn.Conv2d(narrow, width, 1), nn.BatchNorm2d(width)

    def stages(self, join: Join, graph: Callable[[], Tensor], edge: nn.Parameter) -> Iterator[Stage]:
        def enter(maps: Maps, _) -> Maps:
            x = join(maps)
            skip = x if self.skip is None else pointwise(self.skip, x[:, :: self.stride])
            return pointwise(self.down, x), skip

        layers = (self.down,) if self.skip is None else (self.down, self.skip)
        yield Stage(enter, parameters_of(*layers), norms=(self.down_norm, self.skip_norm))
        yield Stage(
            lambda maps, _: (self.conv(F.relu(maps[0]), graph()), maps[1]),
            _used(self.conv, edge),
            norms=(self.norm, None),
            keep=True,
        )
        yield Stage(
            lambda maps, _: (pointwise(self.up, F.relu(maps[0])), maps[1]),
            parameters_of(self.up),
            norms=(self.up_norm, None),
            keep=True,
        )


def _used(conv: nn.Conv2d, edge: nn.Parameter) -> tuple[nn.Parameter, ...]:
    return (*parameters_of(conv), edge) if isinstance(conv, GraphConv) else parameters_of(conv)


class Module(nn.Module):
    """A spatial block, then a temporal one: (B, T, J, channels) -> (B, T / stride, J, width)."""

    def __init__(self, channels: int, width: int, reduction: int | None, stride: int = 1):
        super().__init__()
        self.edge = nn.Parameter(torch.ones(HOPS + 1, NUM_JOINTS, NUM_JOINTS))  # a weight for each pair of joints
        if reduction is None:
            self.spatial = Basic(GraphConv(channels, width), width)
            self.temporal = Basic(TemporalConv(width, stride), width)
        else:
            narrow = width // reduction
            self.spatial = Bottleneck(GraphConv(narrow, narrow), channels, narrow, width)
            self.temporal = Bottleneck(TemporalConv(narrow, stride), width, narrow, width, stride)

    def stages(self, join: Join, graph: Tensor) -> Iterator[Stage]:
        yield from self.spatial.stages(join, lambda: graph * self.edge, self.edge)
        yield from self.temporal.stages(joined, lambda: graph, self.edge)


class Branch(nn.Module):
    """A batch normalisation of the input, then modules of 64 channels, the last one of 32."""

    def __init__(self, channels: int, basic: int, bottlenecks: int, reduction: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.modules_ = nn.ModuleList(
            [
                *(Module(64 if i else channels, 64, None) for i in range(basic)),
                *(Module(64, 64, reduction) for _ in range(bottlenecks - 1)),
                Module(64, 32, reduction),
            ]
        )

    def stages(self, graph: Tensor) -> Iterator[Stage]:
        """From the normalised input on."""
        yield from _chain(self.modules_, lambda maps: maps[0], graph)


class ResGCN(nn.Module):
    """(B, T, J, C) -> (B, embedding_dim). A network built on it says what its branches are given, and how it ends.

    Args:
        channels: of the input of each branch.
        branches: their number.
        structure: how many basic modules of 64 channels and bottleneck modules of 64 (the last of 32), 128 and 256
            channels; the first of 128 and of 256 halve the frames.
        reduction: of the channels in a bottleneck.
        embedding_dim: length of the embedding.
    """

    def __init__(
        self, channels: int, branches: int, structure: tuple[int, int, int, int], reduction: int, embedding_dim: int
    ):
        super().__init__()
        basic, narrow, middle, wide = structure
        self.register_buffer("graph", hop_graph())
        self.branches = nn.ModuleList(Branch(channels, basic, narrow, reduction) for _ in range(branches))
        self.main = nn.ModuleList(
            [
                *(Module(128 if i else 32 * branches, 128, reduction, 1 if i else 2) for i in range(middle)),
                *(Module(256 if i else 128, 256, reduction, 1 if i else 2) for i in range(wide)),
            ]
        )
        self.head = nn.Linear(256, embedding_dim)
        self.apply(_initialise)

    def forward(self, x: Tensor) -> Tensor:
        pooled = Stage(lambda maps, _: (joined(maps).mean(dim=(1, 2)),), keep=True)
        return self.embed(run_stages([*self._stages(), pooled], x, self.training))

    def last_map(self, x: Tensor) -> Maps:
        """(B, T, J, C) -> (B, T / 4, J, 256): what the last module gives, and is pooled."""
        return (whole_batch([*self._stages(), Stage(lambda maps, _: (joined(maps),))], x),)

    def read(self, x: Tensor) -> Tensor:
        """The last map -> (B, embedding_dim)."""
        return self.embed(x.mean(dim=(1, 2)))

    def features(self, poses: Tensor) -> Maps:
        """(B, T, J, C) -> what each branch is given; the poses themselves."""
        return (poses,)

    def embed(self, pooled: Tensor) -> Tensor:
        """(B, 256) -> (B, embedding_dim), of any length."""
        return self.head(pooled)

    def _stages(self) -> Iterator[Stage]:
        """From the poses to the last map, before it is activated."""
        yield Stage(lambda maps, _: self.features(*maps), norms=tuple(branch.norm for branch in self.branches))
        yield from _side_by_side([list(branch.stages(self.graph)) for branch in self.branches])
        yield from _chain(self.main, self._joined_branches, self.graph)

    def _joined_branches(self, maps: Maps) -> Tensor:
        each = len(maps) // len(self.branches)
        return torch.cat([joined(maps[i : i + each]) for i in range(0, len(maps), each)], dim=-1)


def _chain(modules: Iterable[Module], join: Join, graph: Tensor) -> Iterator[Stage]:
    for module in modules:
        yield from module.stages(join, graph)
        join = joined


def _side_by_side(branches: list[list[Stage]]) -> Iterator[Stage]:
    """Networks of the same form, each on maps of its own, as one."""
    given = 1  # maps to each
    for stages in zip(*branches, strict=True):
        yield Stage(
            lambda maps, generator, stages=stages, given=given: tuple(
                out
                for number, stage in enumerate(stages)
                for out in stage.run(maps[number * given : (number + 1) * given], generator)
            ),
            tuple(parameter for stage in stages for parameter in stage.parameters),
            norms=tuple(norm for stage in stages for norm in stage.norms),
            keep=all(stage.keep for stage in stages),
        )
        given = len(stages[0].norms)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.001)
        nn.init.zeros_(module.bias)
    elif isinstance(module, Bottleneck):
        nn.init.zeros_(module.up_norm.weight)  # a block begins as its skip
