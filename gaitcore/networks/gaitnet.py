"""GaitNet, the recognition half: a convolutional network on the sum of six silhouettes.

Source: Song, Huang, Huang, Jia, Wang, "GaitNet: An end-to-end network for gait based human identification", Pattern
Recognition 2019, and its published code (Caffe). The whole network has a half before this one, which segments RGB
frames; here the silhouettes come from elsewhere. 1,427,616 parameters, one part of 256 numbers, none of them negative.

The published code determines what the paper leaves open:

- maximum pools (3 x 3, stride 2) round the size of their map up, as Caffe does.
- batch normalisation has no weight and bias, eps 1e-5, and keeps 0.999 of its running averages in each step.
- initial weights are uniform within sqrt(3 / fan-in), which is Xavier's rule in Caffe; those of the last layer are
  normal with a deviation of 0.005, and its biases are 0.1.
- both losses of the published code read the embedding after dropout. Here the network ends with the dropout.

Where this network differs from the published code:

- the authors' crops are stretched to a square of 64 x 64. Silhouettes of 64 x 44 are not stretched; the columns that
  were cut off are filled with zeros.
- Caffe divides running averages by the sum of their weights. Here they start from mean 0 and variance 1, and it takes
  about 5,000 steps until the start no longer matters; ``momentum=0.1`` suits a shorter training run.
"""

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.settings.values import Fraction, Probability

TITLE = "GaitNet"
MODALITY = "silhouettes"
MAP = "what the last dilated convolutions give, of the sum of the silhouettes"


SIDE = 64  # pixels, of the square silhouette
SUMMED = 6  # silhouettes
DILATIONS = (1, 2, 3)
LAST_MAP = 7  # pixels a side

# The authors' key names, as patterns, and what they are called here.
PUBLISHED_KEYS = (
    (r"conv9_0\.", r"conv."),
    (r"bn0\.", r"norm."),
    (r"conv1([012])_scale(\d)\.", lambda match: f"blocks.{match[1]}.convs.{int(match[2]) - 1}."),
    (r"bn([123])_scale(\d)\.", lambda match: f"blocks.{int(match[1]) - 1}.norms.{int(match[2]) - 1}."),
    (r"fc_fea\.", r"head."),
    (r"(.*norms?\.(?:\d\.)?)mean$", r"\1running_mean"),
    (r"(.*norms?\.(?:\d\.)?)variance$", r"\1running_var"),
)
PUBLISHED_WITHOUT = r".*num_batches_tracked"  # a counter of PyTorch's, no weight


class Dilated(nn.Module):
    """Convolutions of three dilations side by side, each normalised: (B, C, H, W) -> (B, 3 * width, H, W)."""

    def __init__(self, channels: int, width: int, momentum: float):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(channels, width, 3, padding=d, dilation=d) for d in DILATIONS)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width, momentum=momentum, affine=False) for _ in DILATIONS)

    def forward(self, x: Tensor) -> Tensor:
        branches = zip(self.convs, self.norms, strict=True)
        return F.relu(torch.cat([norm(conv(x)) for conv, norm in branches], dim=1))


class GaitNet(nn.Module):
    """(B, T, 64, 44) or (B, T, 64, 64) silhouettes, from 0 to 1 -> (B, 1, embedding_dim), not negative.

    Of any number of silhouettes the mean is taken, six times: the sum of six.

    Args:
        embedding_dim: length of the embedding.
        momentum: weight of a step's mean and variance in the running ones.
        dropout: fraction of the embedding set to zero in training.
    """

    def __init__(self, embedding_dim: int = 256, *, momentum: Probability = 0.001, dropout: Fraction = 0.5):
        super().__init__()
        self.conv = nn.Conv2d(1, 64, 5)
        self.norm = nn.BatchNorm2d(64, momentum=momentum, affine=False)
        self.blocks = nn.ModuleList(Dilated(channels, 32, momentum) for channels in (64, 96, 96))
        self.head = nn.Linear(96 * LAST_MAP**2, embedding_dim)
        self.dropout = nn.Dropout(dropout)
        self.apply(_initialise)

    def forward(self, x: Tensor) -> Tensor:
        return self._embedding(self._maps(x))

    def last_map(self, x: Tensor) -> tuple[Tensor]:
        """(B, T, 64, 44) -> (B, 1, 7, 7, 96): the map of the padded square, before the linear layer."""
        return (self._maps(x).movedim(1, -1).unsqueeze(1),)

    def read(self, x: Tensor) -> Tensor:
        """The last map (B, 1, 7, 7, 96) -> (B, 1, embedding_dim)."""
        return self._embedding(x.squeeze(1).movedim(-1, 1))

    def _maps(self, x: Tensor) -> Tensor:
        x = SUMMED * x.mean(dim=1, keepdim=True)  # (B, 1, 64, 44)
        aside = (SIDE - x.shape[-1]) // 2
        x = F.pad(x, (aside, aside))  # (B, 1, 64, 64)
        x = _pool(F.relu(self.norm(self.conv(x))))  # (B, 64, 30, 30)
        x = _pool(self.blocks[0](x))  # (B, 96, 15, 15)
        x = _pool(self.blocks[1](x))  # (B, 96, 7, 7)
        return cast(Tensor, self.blocks[2](x))  # (B, 96, 7, 7)

    def _embedding(self, x: Tensor) -> Tensor:
        x = x.flatten(1)  # (B, 96 * 7 * 7)
        x = self.dropout(F.relu(self.head(x)))  # (B, embedding_dim)
        return x.unsqueeze(1)  # (B, 1, embedding_dim)


def _pool(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=2, ceil_mode=True)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        bound = math.sqrt(3 / module.weight[0].numel())
        nn.init.uniform_(module.weight, -bound, bound)
        nn.init.constant_(cast(Tensor, module.bias), 0)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.005)
        nn.init.constant_(module.bias, 0.1)
