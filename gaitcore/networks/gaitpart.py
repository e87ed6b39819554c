"""GaitPart: each part of the body with weights for its own short motions.

Source: Fan, Peng, Cao, Liu, Hou, Chi, Huang, Li, He, "GaitPart: Temporal Part-based Model for Gait Recognition", CVPR
2020, section 3: focal convolution (3.2) and micro-motion capture (3.3). The authors published two of its layers; the
rest is as OpenGait has it, whose first author is GaitPart's. 1,204,000 parameters, 16 parts of 128 numbers.

Where the published code differs from the paper's text, or the text leaves it open, the code is the default:

- average pools over frames count the zeros before the first and after the last frame; maximum pools do not.
- the matrices of all parts are one tensor, whose initial weights are Xavier's of the tensor: their bound is 0.0180,
  not the 0.153 of a single matrix.

For OUMVLP the authors have a fourth block, of 256 channels; ``widths`` and ``strips`` have a number for each block.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.networks.parts import PartLinear, PerFrame, convolution, strips
from gaitcore.settings.values import Channels

TITLE = "GaitPart"
MODALITY = "silhouettes"
MAP = "what the last focal convolution gives"


# The key names of OpenGait, as patterns, and what they are called here.
PUBLISHED_KEYS = (
    (
        r"Backbone\.forward_block\.feature\.(\d+)\.conv\.",
        lambda match: f"frames.{int(match[1]) // 5}.{int(match[1]) % 5}.conv.",
    ),
    (r"TFA\.pooling_func\.conv1d3x1\.(\d+)\.0\.conv\.weight", r"motions.0.squeeze.weights.\1"),
    (r"TFA\.pooling_func\.conv1d3x1\.(\d+)\.2\.conv\.weight", r"motions.0.excite.weights.\1"),
    (r"TFA\.pooling_func\.conv1d3x3\.(\d+)\.0\.conv\.weight", r"motions.1.squeeze.weights.\1"),
    (r"TFA\.pooling_func\.conv1d3x3\.(\d+)\.2\.conv\.weight", r"motions.1.excite.weights.\1"),
    (r"Head\.fc_bin$", r"head.weight"),
)


class FocalConv(nn.Module):
    """A convolution that sees one horizontal strip at a time, each with zeros around it: (N, C, H, W)."""

    def __init__(self, channels: int, width: int, kernel: int, strips: int):
        super().__init__()
        self.strips = strips
        self.conv = convolution(channels, width, kernel)

    def forward(self, x: Tensor) -> Tensor:
        x = x.unflatten(2, (self.strips, -1)).transpose(1, 2)  # (N, strips, C, H / strips, W)
        x = self.conv(x.flatten(0, 1)).unflatten(0, (-1, self.strips))  # (N, strips, width, H / strips, W)
        return x.transpose(1, 2).flatten(2, 3)  # (N, width, H, W)


class PartConv(nn.Module):
    """A convolution over frames with weights of its own for each part: (B, parts * C, T) -> (B, parts * width, T)."""

    def __init__(self, parts: int, channels: int, width: int, kernel: int):
        super().__init__()
        self.parts, self.padding = parts, kernel // 2
        weights = (torch.empty(width, channels, kernel) for _ in range(parts))
        self.weights = nn.ParameterList(nn.init.xavier_uniform_(weight) for weight in weights)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv1d(x, torch.cat([*self.weights]), padding=self.padding, groups=self.parts)


class MicroMotion(nn.Module):
    """Pools over a few frames, weighted by what each part does in them: (B, parts * C, T) -> (B, parts * C, T)."""

    def __init__(self, parts: int, channels: int, squeeze: int, kernel: int, pool: int):
        super().__init__()
        self.pool = pool
        self.squeeze = PartConv(parts, channels, channels // squeeze, 3)
        self.excite = PartConv(parts, channels // squeeze, channels, kernel)

    def forward(self, x: Tensor) -> Tensor:
        attention = torch.sigmoid(self.excite(F.leaky_relu(self.squeeze(x), 0.01)))
        mean = F.avg_pool1d(x, self.pool, 1, self.pool // 2)
        # F.max_pool1d, which calls this in training, ties an exported graph to one number of frames.
        largest = F.max_pool2d(x.unsqueeze(2), (1, self.pool), 1, (0, self.pool // 2)).squeeze(2)
        return attention * (mean + largest)


class GaitPart(nn.Module):
    """(B, T, 64, 44) silhouettes in order, from 0 to 1 -> (B, parts, embedding_dim), of any length, for any T.

    Args:
        embedding_dim: length of the embedding of each part.
        widths: channels of the blocks of two convolutions; the first two blocks halve height and width.
        strips: horizontal strips that the convolutions of each block see one at a time.
        parts: horizontal strips of the last map, each with a motion and an embedding of its own.
        squeeze: by what the channels are divided inside the micro-motion module.
    """

    def __init__(
        self,
        embedding_dim: int = 128,
        *,
        widths: Sequence[Channels] = (32, 64, 128),
        strips: Sequence[Channels] = (1, 4, 8),
        parts: Channels = 16,
        squeeze: Channels = 4,
    ):
        super().__init__()
        if len(widths) != len(strips):
            raise ValueError(f"widths are {len(widths)} numbers and strips {len(strips)}, expected as many")
        self.parts = parts
        self.frames = nn.ModuleList(
            PerFrame([*_convolutions(before, after, 3 if block else 5, strips[block]), *_pool(block)])
            for block, (before, after) in enumerate(zip((1, *widths), widths, strict=False))
        )
        self.motions = nn.ModuleList(
            [
                MicroMotion(parts, widths[-1], squeeze, kernel=1, pool=3),
                MicroMotion(parts, widths[-1], squeeze, kernel=3, pool=5),
            ]
        )
        self.head = PartLinear(parts, widths[-1], embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        return self._embedding(self._maps(x))

    def last_map(self, x: Tensor) -> tuple[Tensor]:
        """(B, T, 64, 44) -> (B, T, 16, 11, widths[-1]): the maps of the frames, before the parts are pooled."""
        return (self._maps(x).movedim(2, -1),)

    def read(self, x: Tensor) -> Tensor:
        """The last map (B, T, 16, 11, widths[-1]) -> (B, parts, embedding_dim)."""
        return self._embedding(x.movedim(-1, 2))

    def _maps(self, x: Tensor) -> Tensor:
        x = x.unsqueeze(2)  # (B, T, 1, 64, 44)
        for block in self.frames:
            x = block(x)  # (B, T, 32, 32, 22), (B, T, 64, 16, 11), in the end (B, T, 128, 16, 11)
        return x

    def _embedding(self, x: Tensor) -> Tensor:
        x = strips(x, self.parts)  # (B, T, 128, parts)
        x = x.permute(0, 3, 2, 1).flatten(1, 2)  # (B, parts * 128, T)
        x = sum(motion(x) for motion in self.motions).amax(dim=-1)  # (B, parts * 128)
        return self.head(x.unflatten(1, (self.parts, -1)))  # (B, parts, embedding_dim)


def _convolutions(channels: int, width: int, kernel: int, strips: int) -> list[nn.Module]:
    """Two focal convolutions with their activations."""
    return [
        *(FocalConv(channels, width, kernel, strips), nn.LeakyReLU(0.01)),
        *(FocalConv(width, width, 3, strips), nn.LeakyReLU(0.01)),
    ]


def _pool(block: int) -> list[nn.Module]:
    """What ends a block of this number, from 0."""
    return [nn.MaxPool2d(2)] if block < 2 else []
