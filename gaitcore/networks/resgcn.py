"""ResGCN: residual graph convolution over joints and convolution over frames; the network of GaitGraph and GaitGraph2.

Source: Song, Zhang, Shan, Wang, "Stronger, Faster and More Explainable: A Graph Convolutional Baseline for
Skeleton-Based Action Recognition", ACM MM 2020, as the published code of GaitGraph configures it. A network N39 or N21
is named after its layers and R8 after the reduction in its bottlenecks.

Maps are (B, T, J, C), channels last in memory.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.modalities.keypoints.skeleton import LINKS, NUM_JOINTS
from gaitcore.networks.layers import Pointwise, channels_last

HOPS = 3  # joints further apart than this are not neighbours
GRAPH_DISTANCE = 2  # largest number of hops in a graph convolution; each number has its own weights
KERNEL = 9  # frames

# The authors' key names, as patterns, and the names here.
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


def hop_graph(hops: int = HOPS, joints: Sequence[int] = range(NUM_JOINTS)) -> Tensor:
    """(hops + 1, J, J): the pairs of joints 0, 1, ... links apart; each column is divided by its number of neighbours.

    Args:
        hops: joints further apart than this are not neighbours.
        joints: J of the skeleton's joints; links to others do not count.
    """
    places = {joint: place for place, joint in enumerate(joints)}
    step = torch.eye(len(places))
    for a, b in LINKS:
        if a in places and b in places:
            step[places[a], places[b]] = step[places[b], places[a]] = 1
    within = [torch.matrix_power(step, number) > 0 for number in range(hops + 1)]
    exactly = torch.stack([within[0], *(more & ~fewer for fewer, more in pairwise(within))]).float()
    return exactly / exactly.sum(dim=(0, 1))


class GraphConv(Pointwise):
    """Each joint sums over the joints 0, 1 and 2 links away, with weights for each distance: (B, T, J, C)."""

    def __init__(self, channels: int, width: int):
        super().__init__(channels, width * (GRAPH_DISTANCE + 1))

    def forward(self, x: Tensor, graph: Tensor) -> Tensor:  # type: ignore[override]
        hops = GRAPH_DISTANCE + 1
        x = super().forward(x)  # (B, T, J, hops * width)
        x = x.unflatten(-1, (hops, -1)).transpose(2, 3).flatten(2, 3)  # (B, T, hops * J, width)
        gather = graph[:hops].permute(2, 0, 1).flatten(1)  # (J, hops * J)
        return gather @ x  # (B, T, J, width)


class TemporalConv(nn.Conv2d):
    """A convolution over frames: (B, T, J, C) -> (B, T / stride, J, C)."""

    def __init__(self, channels: int, stride: int):
        super().__init__(channels, channels, (KERNEL, 1), (stride, 1), ((KERNEL - 1) // 2, 0))

    def forward(self, x: Tensor, _: Tensor) -> Tensor:  # type: ignore[override]
        return channels_last(super().forward, x)


class Basic(nn.Module):
    """One convolution, without a skip: (B, T, J, C) -> (B, T / stride, J, width)."""

    def __init__(self, conv: nn.Conv2d, width: int):
        super().__init__()
        self.conv = conv
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor, graph: Tensor) -> Tensor:
        return F.relu(channels_last(self.norm, self.conv(x, graph)))


class Bottleneck(nn.Module):
    """A convolution between a 1 x 1 convolution to fewer channels and one back, beside a skip.

    (B, T, J, channels) -> (B, T / stride, J, width)
    """

    def __init__(self, conv: nn.Conv2d, channels: int, narrow: int, width: int, stride: int = 1):
        super().__init__()
        self.stride = stride
        same = channels == width and stride == 1
        self.skip = None if same else Pointwise(channels, width)
        self.skip_norm = None if same else nn.BatchNorm2d(width)
        self.down, self.down_norm = Pointwise(channels, narrow), nn.BatchNorm2d(narrow)
        self.conv, self.norm = conv, nn.BatchNorm2d(narrow)
        self.up, self.up_norm = Pointwise(narrow, width), nn.BatchNorm2d(width)

    def forward(self, x: Tensor, graph: Tensor) -> Tensor:
        skip = x
        if self.skip is not None and self.skip_norm is not None:
            skip = channels_last(self.skip_norm, self.skip(x[:, :: self.stride]))  # (B, T / stride, J, width)
        x = F.relu(channels_last(self.down_norm, self.down(x)))  # (B, T, J, narrow)
        x = F.relu(channels_last(self.norm, self.conv(x, graph)))  # (B, T / stride, J, narrow)
        return F.relu(channels_last(self.up_norm, self.up(x)) + skip)  # (B, T / stride, J, width)


class Module(nn.Module):
    """A spatial block, then a temporal one: (B, T, J, channels) -> (B, T / stride, J, width)."""

    def __init__(self, channels: int, width: int, reduction: int | None, stride: int = 1):
        super().__init__()
        self.edge = nn.Parameter(torch.ones(HOPS + 1, NUM_JOINTS, NUM_JOINTS))  # a weight for each pair of joints
        self.spatial: Basic | Bottleneck
        self.temporal: Basic | Bottleneck
        if reduction is None:
            self.spatial = Basic(GraphConv(channels, width), width)
            self.temporal = Basic(TemporalConv(width, stride), width)
        else:
            narrow = width // reduction
            self.spatial = Bottleneck(GraphConv(narrow, narrow), channels, narrow, width)
            self.temporal = Bottleneck(TemporalConv(narrow, stride), width, narrow, width, stride)

    def forward(self, x: Tensor, graph: Tensor) -> Tensor:
        x = self.spatial(x, graph * self.edge)  # (B, T, J, width)
        return self.temporal(x, graph)  # (B, T / stride, J, width)


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

    def forward(self, x: Tensor, graph: Tensor) -> Tensor:
        x = channels_last(self.norm, x)  # (B, T, J, channels)
        for module in self.modules_:
            x = module(x, graph)  # (B, T, J, 64), in the end (B, T, J, 32)
        return x


class ResGCN(nn.Module):
    """(B, T, J, C) -> (B, embedding_dim). A network built on it defines the input of its branches and its last step.

    Args:
        channels: channels of the input of each branch.
        branches: number of branches.
        structure: how many basic modules of 64 channels and bottleneck modules of 64 (the last of 32), 128 and 256
            channels; the first of 128 and of 256 halve the frames.
        reduction: factor by which a bottleneck reduces the channels.
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
        (last,) = self.last_map(x)  # (B, T / 4, J, 256)
        return self.read(last)  # (B, embedding_dim)

    def last_map(self, x: Tensor) -> tuple[Tensor]:
        """(B, T, J, C) -> (B, T / 4, J, 256): the output of the last module, before pooling."""
        inputs = self.features(x)  # (B, T, J, channels) for each branch
        maps = [branch(input, self.graph) for branch, input in zip(self.branches, inputs, strict=True)]
        x = torch.cat(maps, dim=-1)  # (B, T, J, 32 * branches)
        for module in self.main:
            x = module(x, self.graph)  # (B, T / 2, J, 128), in the end (B, T / 4, J, 256)
        return (x,)

    def read(self, x: Tensor) -> Tensor:
        """The last map (B, T / 4, J, 256) -> (B, embedding_dim)."""
        return self.embed(x.mean(dim=(1, 2)))

    def features(self, poses: Tensor) -> tuple[Tensor, ...]:
        """(B, T, J, C) -> the input of each branch; the poses themselves."""
        return (poses,)

    def embed(self, pooled: Tensor) -> Tensor:
        """(B, 256) -> (B, embedding_dim), of any length."""
        return self.head(pooled)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.001)
        nn.init.zeros_(module.bias)
    elif isinstance(module, Bottleneck):
        nn.init.zeros_(module.up_norm.weight)  # a block begins as its skip
