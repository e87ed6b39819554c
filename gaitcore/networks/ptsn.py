"""PTSN, reconstructed: the motion of a walk by an LSTM, its form by a convolutional network, side by side.

Source: Liao, Cao, Garcia, Yu, Huang, "Pose-Based Temporal-Spatial Network (PTSN) for Gait Recognition with Carrying and
Clothing Variations", CCBR 2017. Neither its code nor a text with the sizes of its layers is public. This is a network
of our own that follows what is said of it, and no published number belongs to it.

- said in its abstract and in later papers: 2-D poses, an LSTM for dynamics and a CNN for static form in parallel,
  trained with a softmax and a contrastive loss (gaitcore/training/losses/softmax_contrastive.py).
- our choice, all else: joints relative to the middle of the shoulders, over its distance from the middle of the hips,
  as in PoseGait by the same authors; an LSTM of two layers of 256, whose outputs are averaged over frames; three
  convolutions along the joints of each frame, in COCO's order, three joints wide, with batch normalisation and ReLU, of
  which the mean over frames and joints is taken, so that this half knows no order of frames; both halves, one after the
  other, through dropout and a linear layer to the embedding, which is of any length and compared by Euclidean distance.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.networks.posegait import relative_to_neck

TITLE = "PTSN, reconstructed"
CLASS = "PTSN"
MODALITY = "keypoints"
MAP = None  # its halves have maps of their own


class PTSN(nn.Module):
    """(B, T, J, C) poses, pixels -> (B, embedding_dim), of any length, for any T.

    Args:
        joints: J, 17 for COCO.
        in_channels: C, 2 for x and y, 3 for x, y and z.
        embedding_dim: length of the embedding.
        hidden: numbers that each layer of the LSTM remembers.
        layers: layers of the LSTM.
        widths: channels of the convolutions.
        dropout: fraction of the two halves' features set to zero in training.
    """

    def __init__(
        self,
        joints: int = 17,
        in_channels: int = 2,
        embedding_dim: int = 128,
        *,
        hidden: int = 256,
        layers: int = 2,
        widths: Sequence[int] = (32, 64, 128),
        dropout: float = 0.5,
    ):
        super().__init__()
        if in_channels not in (2, 3):
            raise ValueError(f"it takes x and y, or x, y and z, not {in_channels} channels")
        self.lstm = nn.LSTM(joints * in_channels, hidden, layers, batch_first=True)
        channels = (in_channels, *widths)
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, (1, 3), padding=(0, 1), bias=False) for before, after in pairwise(channels)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden + channels[-1], embedding_dim)

    def forward(self, poses: Tensor) -> Tensor:
        poses = relative_to_neck(poses)  # (B, T, J, C)
        motion = self.lstm(poses.flatten(2))[0].mean(dim=1)  # (B, hidden)
        form = poses.movedim(-1, 1)  # (B, C, T, J)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            form = F.relu(norm(conv(form)))  # (B, widths[i], T, J)
        features = torch.cat([motion, form.mean(dim=(2, 3))], dim=1)  # (B, hidden + widths[-1])
        return self.head(self.dropout(features))  # (B, embedding_dim)
