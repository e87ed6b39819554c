"""PoseGait: features made by hand from prior knowledge of the body, and a small convolutional network on them.

Source: Liao, Yu, An, Huang, "A Model-based Gait Recognition Method with Body Pose and Human Prior Knowledge", Pattern
Recognition 98, 2020. Its public code is incomplete: it reads 2-D poses only, leaves three of the four features out,
has a classifier for 5 subjects and the centre loss commented out. What is whose here:

- from the paper: the four groups of features of a frame (normalised joints, angles of the limbs, their lengths, motion
  from frame to frame), stacked over time into one map; 3-D joints; softmax and centre loss together; the nearest
  neighbour of the layer before the classifier, 512 numbers.
- from the code: joints relative to the neck, over the distance from neck to hips; the layers of the network, with batch
  normalisation, the residual sums without activation, and a dropout of 0.5. The code uses one convolution twice in the
  first residual block; here there are two, as in the paper.
- our choice: COCO-17 has no neck and no middle of the hips: the middle of the shoulders and of the hips. The limbs are
  twelve, and their angles are taken by arctan2. Poses without a z are 2-D and have one angle per limb. The window is as
  long as the other systems'; a random window is all there is of augmentation.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.execution.chunked import Maps, Stage, parameters_of, run_stages
from gaitcore.modalities.keypoints.skeleton import INDEX

TITLE = "PoseGait"
MODALITY = "keypoints"
MAP = None  # its maps are over frames and features


LIMBS = tuple(
    (INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"])
    for side in ("left", "right")
    for a, b in (
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
        ("hip", "knee"),
        ("knee", "ankle"),
        ("shoulder", "hip"),
        ("ear", "shoulder"),
    )
)
SHOULDERS = (INDEX["left_shoulder"], INDEX["right_shoulder"])
HIPS = (INDEX["left_hip"], INDEX["right_hip"])


class PoseGait(nn.Module):
    """(B, T, J, C) poses, pixels -> (B, embedding_dim), of any length.

    Args:
        frames: window length T; the last layer ties the network to it.
        joints: J, 17 for COCO.
        in_channels: C, 2 for x and y, 3 for x, y and z.
        embedding_dim: length of the embedding.
        dropout: fraction of the last map set to zero in training.
    """

    def __init__(
        self,
        frames: int = 60,
        joints: int = 17,
        in_channels: int = 2,
        embedding_dim: int = 512,
        *,
        dropout: float = 0.5,
    ):
        super().__init__()
        if in_channels not in (2, 3):
            raise ValueError(f"it takes x and y, or x, y and z, not {in_channels} channels")
        self.dropout = dropout
        widths = (1, 32, 64, 64, 64, 128, 128, 128)
        padding = (0, 0, 1, 1, 0, 1, 1)
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=pad, bias=False)
            for before, after, pad in zip(widths, widths[1:], padding, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        rows = features(torch.zeros(1, 1, joints, in_channels)).shape[2]
        height, width = (((size - 4) // 2 - 2) // 2 for size in (rows, frames))
        if height < 1 or width < 1:
            raise ValueError(f"a window of {frames} frames is too short, expected at least 12")
        self.head = nn.Linear(128 * height * width, embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(run_stages(self.stages(), x, self.training))

    def stages(self) -> Iterator[Stage]:
        """From the poses to the last map, flat, after dropout."""
        yield self._stage(0, lambda maps: features(*maps)[..., None])  # (B, T, rows, 1)
        yield self._stage(1, lambda maps: F.relu(maps[0]))
        for first in (2, 5):  # a residual block: its input goes along until it is added
            yield self._stage(first, lambda maps: pooled(F.relu(maps[0])), along=lambda x, _: x)
            yield self._stage(first + 1, lambda maps: F.relu(maps[0]), along=lambda _, maps: maps[1])
            if first == 2:
                yield self._stage(4, lambda maps: F.relu(maps[0]) + maps[1])
        yield Stage(lambda maps, generator: (self._drop((F.relu(maps[0]) + maps[1]).flatten(1), generator),), keep=True)

    def _stage(
        self,
        number: int,
        prepare: Callable[[Maps], Tensor],
        along: Callable[[Tensor, Maps], Tensor] | None = None,
    ) -> Stage:
        """A convolution of what is prepared, and what goes along with it."""
        conv, norm = self.convs[number], self.norms[number]

        def run(maps: Maps, _) -> Maps:
            x = prepare(maps)
            out = conv(x.movedim(-1, 1)).movedim(1, -1)
            return (out, along(x, maps)) if along else (out,)

        return Stage(run, parameters_of(conv), norms=(norm, None) if along else (norm,), keep=True)

    def _drop(self, x: Tensor, generator: torch.Generator | None) -> Tensor:
        if generator is None or not self.training:
            return F.dropout(x, self.dropout, self.training)
        kept = torch.rand(x.shape, generator=generator) >= self.dropout
        return x * kept / (1 - self.dropout)


def features(poses: Tensor) -> Tensor:
    """(B, T, J, C) pixels -> (B, T, rows): normalised joints, angles and lengths of the limbs, motion (section 3.2)."""
    neck, hips = (poses[:, :, joints].mean(dim=2) for joints in (SHOULDERS, HIPS))  # (B, T, C)
    height = torch.linalg.vector_norm(neck - hips, dim=-1).clamp(min=1.0)  # pixels
    pose = (poses - neck[:, :, None]) / height[..., None, None]
    limbs = pose[:, :, [b for _, b in LIMBS]] - pose[:, :, [a for a, _ in LIMBS]]  # (B, T, limbs, C)
    lengths = torch.linalg.vector_norm(limbs, dim=-1)
    angles = [torch.atan2(limbs[..., 0], limbs[..., 1])]  # from the vertical, in the plane of the image
    if poses.shape[-1] == 3:
        angles.append(torch.atan2(limbs[..., 2], torch.linalg.vector_norm(limbs[..., :2], dim=-1)))  # out of it
    motion = F.pad(pose[:, 1:] - pose[:, :-1], (0, 0, 0, 0, 0, 1))  # to the next frame; none from the last
    return torch.cat([pose.flatten(2), *angles, lengths, motion.flatten(2)], dim=-1)


def pooled(x: Tensor) -> Tensor:
    """The largest of each 2 x 2 values of a map (B, T, rows, C)."""
    return F.max_pool2d(x.movedim(-1, 1), 2).movedim(1, -1)
