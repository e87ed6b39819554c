"""GaitFormer: spatial self-attention, then temporal self-attention on each joint.

Source: Pinyoanuntapong, Ali, Wang, Lee, Chen, "GaitMixer: Skeleton-based Gait Representation Learning via
Wide-spectrum Multi-axial Mixer", ICASSP 2023, section 4.3: the homogeneous counterpart of GaitMixer. 141,952
parameters. The paper gives no detail; this follows the published code: the temporal blocks are shared among the
joints, each joint has its own class token's output, and the 17 outputs are concatenated.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.networks.layers import NORM_EPS, SpatialMixer, TransformerBlock
from gaitcore.settings.values import Blocks, Channels

TITLE = "GaitFormer"
MODALITY = "keypoints"
MULTIPLES = {"width": "heads"}
MAP = (
    "the frames' tokens as they enter the last temporal block, where the class tokens, which alone are read at its "
    "end, gather from them for the last time"
)


# The authors' key names, as patterns, and what they are called here.
PUBLISHED_KEYS = (
    (r"spatial_joint_to_embedding\.", r"spatial.embed."),
    (r"spatial_pos_embed", r"spatial.joint_embedding"),
    (r"(spatial|temporal)_blocks\.(\d+)\.mlp\.", r"\1_blocks.\2."),
    (r"spatial_blocks\.", r"spatial.blocks."),
    (r"spatial_norm\.", r"spatial.norm."),
    (r"temporal_pos_embed", r"frame_embedding"),
    (r"temporal_cls_token", r"class_token"),
    (r"temporal_blocks\.", r"temporal."),
    (r"head\.0\.", r"head_norm."),
    (r"head\.1\.", r"head."),
)


class GaitFormer(nn.Module):
    """(B, T, J, C) poses, x and y divided by the frame's width -> (B, embedding_dim), unit length.

    Args:
        frames: window length T; the learned frame positions tie the network to it.
        joints: J, 17 for COCO.
        in_channels: C, 2 for x and y.
        embedding_dim: length of the embedding.
        width: channels of both mixers.
        spatial_depth: blocks over joints.
        spatial: how they mix, "attention" (the paper) or "convolution".
        temporal_depth: transformer blocks over frames.
        heads: attention heads of both.
    """

    def __init__(
        self,
        frames: int = 60,
        joints: int = 17,
        in_channels: int = 2,
        embedding_dim: int = 128,
        *,
        width: Channels = 32,
        spatial_depth: Blocks = 4,
        spatial: Literal["attention", "convolution"] = "attention",
        temporal_depth: Blocks = 4,
        heads: Channels = 8,
    ):
        super().__init__()
        self.joints = joints
        self.spatial = SpatialMixer(joints, in_channels, width, spatial_depth, heads, spatial)
        self.class_token = nn.Parameter(torch.randn(1, 1, width))
        self.frame_embedding = nn.Parameter(torch.zeros(1, frames + 1, width))
        self.temporal = nn.ModuleList(TransformerBlock(width, heads) for _ in range(temporal_depth))
        self.temporal_norm = nn.LayerNorm(width, eps=NORM_EPS)
        self.head_norm = nn.LayerNorm(joints * width)
        self.head = nn.Linear(joints * width, embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.tokens(self.spatial(x))  # (B * J, 1 + T, width)
        return self.embed(tokens)  # (B, embedding_dim)

    def tokens(self, x: Tensor) -> Tensor:
        """(B, T, J, width) -> (B * J, 1 + T, width), the tokens that enter the last block, the class token first."""
        x = x.transpose(1, 2).flatten(0, 1)  # (B * J, T, width)
        class_tokens = self.class_token.expand(x.shape[0], -1, -1)  # (B * J, 1, width)
        x = torch.cat([class_tokens, x], dim=1) + self.frame_embedding  # (B * J, 1 + T, width)
        for block in self.temporal[:-1]:
            x = block(x)
        return x

    def embed(self, tokens: Tensor) -> Tensor:
        """(B * J, 1 + T, width), the tokens that enter the last block -> (B, embedding_dim), unit length."""
        x = self.temporal[-1](tokens, wanted=1)  # (B * J, 1, width): nothing else is read
        x = self.temporal_norm(x[:, 0])  # (B * J, width)
        x = x.unflatten(0, (-1, self.joints)).flatten(1)  # (B, J * width)
        return F.normalize(self.head(self.head_norm(x)))

    def last_map(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, J, C) -> (B, T, J, width), the frames' tokens as they enter the last temporal block, where the class
        tokens read them for the last time; and these, (B, 1, J, width). That block's output at the frame tokens is
        unused.
        """
        tokens = self.tokens(self.spatial(x)).unflatten(0, (-1, self.joints)).transpose(1, 2)  # (B, 1 + T, J, width)
        return tokens[:, 1:], tokens[:, :1]

    def read(self, frames: Tensor, class_tokens: Tensor) -> Tensor:
        """The last map and the class tokens -> (B, embedding_dim)."""
        tokens = torch.cat([class_tokens, frames], dim=1)  # (B, 1 + T, J, width)
        return self.embed(tokens.transpose(1, 2).flatten(0, 1))
