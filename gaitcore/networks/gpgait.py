"""GPGait: graph convolutions that keep to a part of the body, on poses, bones and angles.

Source: Fu, Meng, Hou, Hu, Huang, "GPGait: Generalized Pose-based Gait Recognition", ICCV 2023 (arXiv 2303.05234), and
its published code in FastPoseGait. 3,294,874 parameters, 19 parts of 256 numbers, each of unit length. The features are
those of ``input.transform: human_oriented``.

- The network has no order in time: it sums and takes the maximum over frames.
- A learned graph is 1e-6 everywhere at first. In the published code the graphs of a branch share one tensor until they
  are moved to a GPU; here each layer has its own.
- The classifier of the published training is in the loss, see gaitcore/training/losses/triplet_cosine.py.
- The initial weights of convolutions are PyTorch's.

The authors take ``shared=(64, 128, 128, 128)`` for OUMVLP.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.modalities.keypoints.picked import picked
from gaitcore.modalities.keypoints.skeleton import BODY_PARTS, NUM_JOINTS
from gaitcore.networks.layers import Pointwise, channels_last
from gaitcore.networks.parts import PartLinear, PartNeck
from gaitcore.networks.resgcn import hop_graph

TITLE = "GPGait"
MODALITY = "keypoints"
MAP = None  # its parts are read from ten maps


CHANNELS = {"pose": (0, 1), "bone": (2, 3), "angle": (4,)}  # of the input, by branch
GRAPHS = 3  # joints 0, 1 and 2 links away
HEAD, ARMS, LEGS = (
    tuple(sorted(joint for name in names for joint in BODY_PARTS[name]))
    for names in (("head",), ("left_arm", "right_arm"), ("left_leg", "right_leg"))
)
BODY = tuple(range(NUM_JOINTS))
LIMBS = tuple(BODY_PARTS.values())  # the head, each arm, each leg
Parts = Sequence[Sequence[int]]  # each as its joints
OF_BODY: tuple[Parts, ...] = ((HEAD + ARMS, LEGS), (ARMS, HEAD + LEGS), (ARMS, LEGS, HEAD), (BODY,))
DIVISIONS: dict[str, tuple[Parts, ...]] = {  # one for each of a branch's last layers; the last has all of its joints
    "pose": OF_BODY,
    "bone": OF_BODY,
    "angle": ((ARMS, LEGS), (ARMS + LEGS,)),
}

# The key names of FastPoseGait, as patterns, and what they are called here.
PUBLISHED_KEYS = (
    (r"BNNecks\.bn1d\.", r"neck.norm."),
    (r"head\.fc_bin", r"head.weight"),
    (r"(pose|bone|angle)\.data_bn\.", r"branches.\1.norm."),
    (r"(pose|bone|angle)\.layer_share\.", r"branches.\1.shared."),
    (r"(pose|bone|angle)\.part_2\.0\.", r"branches.\1.last.0."),
    (r"(pose|bone|angle)\.part_2_2\.0\.", r"branches.\1.last.1."),
    (r"(pose|bone|angle)\.part_3_1\.0\.", r"branches.\1.last.2."),
    (r"(pose|bone)\.backbone\.0\.", r"branches.\1.last.3."),
    (r"angle\.backbone\.0\.", r"branches.angle.last.1."),
    (r"(branches\..*)\.asg\.PA$", r"\1.conv.learned"),
    (r"(branches\..*)\.asg\.conv_a\.", r"\1.conv.query."),
    (r"(branches\..*)\.asg\.conv_b\.", r"\1.conv.key."),
    (r"(branches\..*)\.asg\.conv_d\.", r"\1.conv.value."),
    (r"(branches\..*)\.asg\.bn\.", r"\1.norm."),
    (r"(branches\..*)\.residual_s\.0\.", r"\1.skip."),
    (r"(branches\..*)\.residual_s\.1\.", r"\1.skip_norm."),
)
PUBLISHED_BESIDE = r"BNNecks\.fc_bin"


class PartGraphConv(nn.Module):
    """Each joint sums over joints of its own part, with a graph for each number of links: (B, T, J, C).

    A graph is the skeleton's, plus a learned one, plus one of this sequence: how alike two joints are, summed over all
    frames.
    """

    mask: Tensor  # (J, J), 1 for two joints of one part
    graph: Tensor  # (GRAPHS, J, J)

    def __init__(self, joints: Sequence[int], parts: Parts, channels: int, width: int):
        super().__init__()
        places = {joint: place for place, joint in enumerate(joints)}
        mask = torch.zeros(len(joints), len(joints))
        for part in parts:
            inside = torch.tensor([places[joint] for joint in part])
            mask[inside[:, None], inside] = 1
        self.register_buffer("mask", mask, persistent=False)
        self.register_buffer("graph", hop_graph(GRAPHS - 1, joints), persistent=False)
        self.learned = nn.Parameter(torch.full((GRAPHS, len(joints), len(joints)), 1e-6))
        self.query, self.key = (nn.ModuleList(Pointwise(channels, width // 4) for _ in range(GRAPHS)) for _ in range(2))
        self.value = nn.ModuleList(Pointwise(channels, width) for _ in range(GRAPHS))

    def forward(self, x: Tensor) -> Tensor:
        graphs = self.graph + self.learned  # (GRAPHS, J, J)
        out = torch.zeros((), dtype=x.dtype, device=x.device)
        for graph, query, key, value in zip(graphs, self.query, self.key, self.value, strict=True):
            of_joints = (layer(x).transpose(1, 2).flatten(2) for layer in (query, key))  # (B, J, T * width / 4) each
            queries, keys = of_joints
            alike = (queries @ keys.transpose(1, 2) / queries.shape[-1]).softmax(dim=1)  # (B, J, J)
            gather = ((alike + graph) * self.mask).transpose(1, 2).unsqueeze(1)  # (B, 1, J, J)
            out = out + value(gather @ x)  # (B, T, J, width)
        return out


class Layer(nn.Module):
    """A graph convolution beside a skip: (B, T, J, channels) -> (B, T, J, width)."""

    def __init__(self, joints: Sequence[int], parts: Parts, channels: int, width: int):
        super().__init__()
        self.conv = PartGraphConv(joints, parts, channels, width)
        self.norm = nn.BatchNorm2d(width)
        wider = width != channels
        self.skip = Pointwise(channels, width) if wider else None
        self.skip_norm = nn.BatchNorm2d(width) if wider else None

    def forward(self, x: Tensor) -> Tensor:
        out = F.mish(channels_last(self.norm, self.conv(x)))
        if self.skip is None or self.skip_norm is None:
            return out + x
        return out + channels_last(self.skip_norm, self.skip(x))


class Branch(nn.Module):
    """One kind of features: (B, T, 17, 6) -> (B, parts, width).

    Shared layers that keep to the head, each arm and each leg; for each division of the body into parts a layer that
    keeps to these; the maximum over frames, and of each part the mean plus the maximum over its joints.
    """

    def __init__(self, channels: Sequence[int], divisions: Sequence[Parts], shared: Sequence[int], width: int):
        super().__init__()
        self.channels, (joints,) = list(channels), divisions[-1]
        self.joints = list(joints)
        self.norm = nn.BatchNorm1d(len(joints) * len(channels))
        widths, limbs = (len(channels), *shared), [part for part in LIMBS if set(part) <= set(joints)]
        self.shared = nn.ModuleList(Layer(joints, limbs, before, after) for before, after in pairwise(widths))
        self.last = nn.ModuleList(Layer(joints, parts, widths[-1], width) for parts in divisions)
        self.parts = [[[self.joints.index(joint) for joint in part] for part in parts] for parts in divisions]

    def forward(self, x: Tensor) -> Tensor:
        x = picked(picked(x, self.channels, dim=3), self.joints, dim=2)  # (B, T, J, C)
        x = channels_last(self.norm, x.flatten(2)).unflatten(2, (len(self.joints), len(self.channels)))
        for layer in self.shared:
            x = layer(x)  # (B, T, J, shared[i])
        found = []
        for layer, parts in zip(self.last, self.parts, strict=True):
            largest = layer(x).amax(dim=1)  # (B, J, width)
            of_parts = [picked(largest, part, dim=1) for part in parts]  # (B, joints of the part, width) each
            found += [of_part.mean(dim=1) + of_part.amax(dim=1) for of_part in of_parts]
        return torch.stack(found, dim=1)  # (B, parts, width)


class GPGait(nn.Module):
    """(B, T, 17, 6) features -> (B, 19, embedding_dim), each part of unit length, for any T.

    In training (B, 38, embedding_dim): the 19 parts before the batch normalisation at the end, then those behind it.

    Args:
        in_channels: 6: x and y, the bone's x and y, the angle, and an unused one.
        embedding_dim: length of the embedding of each part.
        shared: channels of the layers that all parts of a branch share.
        width: channels of the last layers.
    """

    def __init__(
        self,
        in_channels: int = 6,
        embedding_dim: int = 256,
        *,
        shared: Sequence[int] = (64, 64, 128),
        width: int = 256,
    ):
        super().__init__()
        if in_channels != 6:
            raise ValueError(f"it takes the 6 features of input.transform human_oriented, not {in_channels} channels")
        self.branches = nn.ModuleDict(
            {name: Branch(CHANNELS[name], DIVISIONS[name], shared, width) for name in CHANNELS}
        )
        self.parts = sum(len(parts) for divisions in DIVISIONS.values() for parts in divisions)
        self.head = PartLinear(self.parts, width, embedding_dim)
        self.neck = PartNeck(self.parts, embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        parts = torch.cat([branch(x) for branch in self.branches.values()], dim=1)  # (B, 19, width)
        parts = self.head(parts)  # (B, 19, embedding_dim)
        behind = self.neck(parts)
        return torch.cat([parts, behind], dim=1) if self.training else behind
