"""GaitSet: a walk is a set of silhouettes, in any order.

Source: Chao, He, Zhang, Feng, "GaitSet: Regarding Gait as a Set for Cross-View Gait Recognition", AAAI 2019, sections
3.2 to 3.5 and Fig. 2, and the published code. 2,594,592 parameters, 62 parts of 256 numbers.

Where the published code differs from the paper's text, the code is the default:

- set pooling: the paper compares maximum, mean, median and attention over frames; the code has the maximum.
- horizontal pyramid: the matrices of all 62 parts are one tensor, whose initial weights are Xavier's of the tensor:
  their bound is 0.0111, not the 0.125 of a single matrix.

For OUMVLP the authors take ``widths=(64, 128, 256)``.
"""

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn

from gaitcore.networks.parts import PartLinear, PerFrame, convolution, strips
from gaitcore.settings.values import Channels

TITLE = "GaitSet"
MODALITY = "silhouettes"
LENGTHS = {"widths": 3}  # its blocks
MAP = "what the pyramid reads: the maxima over frames, beside the maps of the whole set"


SCALES = (1, 2, 4, 8, 16)  # strips of the pyramid

# Key names, as patterns, and what they are called here: of the authors' code, then of OpenGait's.
PUBLISHED_KEYS = (
    (r"set_layer(\d)\.forward_block\.conv\.", lambda match: _layer("frames", int(match[1]))),
    (r"gl_layer(\d)\.conv\.", lambda match: _layer("sets", int(match[1]))),
    (r"fc_bin\.0$", r"head.weight"),
    (r"set_block(\d)\.forward_block\.(\d)\.conv\.", lambda match: f"frames.{int(match[1]) - 1}.{match[2]}."),
    (r"gl_block(\d)\.(\d)\.conv\.", lambda match: f"sets.{int(match[1]) - 2}.{match[2]}."),
    (r"Head\.fc_bin$", r"head.weight"),
)


def _layer(branch: str, number: int) -> str:
    """The convolution that the authors count from 1; each block has two, at 0 and 2, with activations between."""
    block, second = divmod(number - 1, 2)
    return f"{branch}.{block}.{2 * second}."


def _opengait_parts() -> tuple[int, ...]:
    """For each of our parts its number in OpenGait, which has the pyramid of a map from 16 strips to 1, then the next.

    Here and in the authors' code the maps alternate, and the pyramid goes from 1 strip to 16.
    """
    starts = dict(zip(reversed(SCALES), accumulate(reversed(SCALES), initial=0), strict=False))
    return tuple(
        map_ * sum(SCALES) + starts[scale] + strip for scale in SCALES for map_ in (0, 1) for strip in range(scale)
    )


PUBLISHED_ORDER = {"Head.fc_bin": _opengait_parts()}


class GaitSet(nn.Module):
    """(B, T, 64, 44) silhouettes, from 0 to 1 -> (B, 62, embedding_dim), of any length, for any T.

    Args:
        embedding_dim: length of the embedding of each part.
        widths: channels of the three blocks.
    """

    def __init__(self, embedding_dim: int = 256, *, widths: Sequence[Channels] = (32, 64, 128)):
        super().__init__()
        if len(widths) != 3:
            raise ValueError(f"widths are {len(widths)} numbers, expected one for each of its 3 blocks")
        first, second, third = widths
        self.frames = nn.ModuleList(
            [
                PerFrame([*_convolutions(1, first, kernel=5), nn.MaxPool2d(2)]),
                PerFrame([*_convolutions(first, second), nn.MaxPool2d(2)]),
                PerFrame(_convolutions(second, third)),
            ]
        )
        self.sets = nn.ModuleList(
            [
                nn.Sequential(*_convolutions(first, second), nn.MaxPool2d(2)),
                nn.Sequential(*_convolutions(second, third)),
            ]
        )
        self.head = PartLinear(2 * sum(SCALES), third, embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        return self._embedding(*self._maps(x))

    def last_map(self, x: Tensor) -> tuple[Tensor]:
        """(B, T, 64, 44) -> (B, 1, 16, 11, 2 * widths[-1]): the channels of the frames, then those of the set."""
        return (torch.cat(self._maps(x), dim=1).movedim(1, -1).unsqueeze(1),)

    def read(self, x: Tensor) -> Tensor:
        """The last map (B, 1, 16, 11, 2 * widths[-1]) -> (B, 62, embedding_dim)."""
        of_frames, of_set = x.squeeze(1).movedim(-1, 1).chunk(2, dim=1)
        return self._embedding(of_frames, of_set)

    def _maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first = self.frames[0](x.unsqueeze(2))  # (B, T, 32, 32, 22)
        second = self.frames[1](first)  # (B, T, 64, 16, 11)
        of_frames = self.frames[2](second).amax(dim=1)  # (B, 128, 16, 11), the maximum over the set
        of_set = self.sets[0](first.amax(dim=1)) + second.amax(dim=1)  # (B, 64, 16, 11)
        return of_frames, self.sets[1](of_set) + of_frames  # (B, 128, 16, 11) each

    def _embedding(self, of_frames: Tensor, of_set: Tensor) -> Tensor:
        pyramid = [strips(map_, number) for number in SCALES for map_ in (of_frames, of_set)]
        return self.head(torch.cat(pyramid, dim=-1).transpose(1, 2))  # (B, 62, 128) -> (B, 62, embedding_dim)


def _convolutions(channels: int, width: int, kernel: int = 3) -> list[nn.Module]:
    """Two convolutions with their activations."""
    return [
        *(convolution(channels, width, kernel), nn.LeakyReLU(0.01)),
        *(convolution(width, width, 3), nn.LeakyReLU(0.01)),
    ]
