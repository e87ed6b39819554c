"""Gait energy image: the mean silhouette, compared as it is; a system without learning.

Source: Han and Bhanu, "Individual Recognition Using Gait Energy Image", IEEE Transactions on Pattern Analysis and
Machine Intelligence 28 (2), 2006, equation 1; the nearest neighbour by Euclidean distance, without their discriminant
analysis. It has no weights: what a trained network adds is seen beside it.
"""

from torch import Tensor, nn

TITLE = "GEI"
MODALITY = "silhouettes"
MAP = None


class GEI(nn.Module):
    """(B, T, 64, 44) silhouettes, from 0 to 1 -> (B, 2816), the mean over frames, row by row."""

    def forward(self, silhouettes: Tensor) -> Tensor:
        return silhouettes.mean(dim=1).flatten(1)
