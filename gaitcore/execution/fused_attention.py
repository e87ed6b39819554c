"""Attention over frames as one kernel, for GPUs: the scores of a window never reach the GPU's memory.

As it is written, attention over the 61 tokens of a window with narrow heads makes a score for each pair of tokens,
GaitFormer's of a published batch 600 MB in each block, which the softmax and both products read and write, forwards and
backwards. torch's scaled_dot_product_attention keeps them in registers, and computes them again for the backward pass.
Of its kernels the memory-efficient one takes heads of 4 channels in float32, and gives the same bytes again where
torch's deterministic algorithms are on; :func:`gaitcore.execution.compute.prepare` leaves no other.

Queries, keys and values are one product, of which only views are taken. A head that is narrower than the kernel's rows
is widened by zeros, in the weights: the products then make the padding, and nothing is copied. On a CPU this is slower.
"""

import copy
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.networks.layers import Attention

FEWEST_TOKENS = 32  # of fewer, such as the joints of a frame, the kernel would compute more padding than scores
ROW = 16  # bytes, of which a head's channels must be a multiple


def fused(network: nn.Module) -> nn.Module | None:
    """The network with its :class:`gaitcore.networks.layers.Attention` fused; None for one that has none.

    It has the network's own weights and buffers, and gives what the network gives, up to rounding. Its mode is that
    which the network has now.
    """
    if not any(isinstance(module, Attention) for module in network.modules()):
        return None
    shared = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    same = copy.deepcopy(network, shared)
    for module in [*same.modules()]:
        for name, child in [*module.named_children()]:
            if isinstance(child, Attention):
                setattr(module, name, FusedAttention(child))
    return same


class FusedAttention(nn.Module):
    """What ``attention`` gives, (N, tokens, width) -> (N, wanted, width), up to rounding; see :func:`fused`.

    Args:
        attention: whose weights are used; it attends itself where there are few tokens.
        row: bytes of which the channels of a head must be a multiple.
    """

    def __init__(self, attention: Attention, row: int = ROW):
        super().__init__()
        self.attention, self.row = attention, row

    def forward(self, x: Tensor, wanted: int | None = None) -> Tensor:
        attention = self.attention
        n, tokens, width = x.shape
        if tokens < FEWEST_TOKENS:
            return cast(Tensor, attention(x, wanted))
        heads, head = attention.heads, width // attention.heads
        padding = -head % (self.row // _type_of_products(x).itemsize)
        weight: Tensor = attention.qkv.weight
        bias: Tensor = attention.qkv.bias
        proj: Tensor = attention.proj.weight
        if padding:
            weight = F.pad(weight.unflatten(0, (3 * heads, head)), (0, 0, 0, padding)).flatten(0, 1)
            bias = F.pad(bias.unflatten(0, (3 * heads, head)), (0, padding)).flatten()
            proj = F.pad(proj.unflatten(1, (heads, head)), (0, padding)).flatten(1)
        qkv = F.linear(x, weight, bias).view(n, tokens, 3, heads, head + padding)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # (N, heads, tokens, head + padding) each, as views
        mixed = F.scaled_dot_product_attention(query[:, :, :wanted], key, value, scale=head**-0.5)
        return F.linear(mixed.transpose(1, 2).flatten(2), proj, attention.proj.bias)


def _type_of_products(x: Tensor) -> torch.dtype:
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
