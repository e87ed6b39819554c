"""On which frames and joints the similarity of a probe to its match in the gallery depends.

There are two methods, both from captum and both for the last map over frames and joints:

- Grad-CAM (Selvaraju et al., ICCV 2017), as in GaitMixer, section 4.4 and Fig. 4: each channel is weighted by its mean
  gradient. This is exact where the next step is a mean over the map, as in GaitMixer and the graph networks. GaitFormer
  has separate weights for each joint's tokens; there a joint can have weight although the output does not depend on it.
- HiResCAM (Draelos and Carin, arXiv:2011.08891): gradient times map at each position. A joint that the output does
  not depend on has no weight in any network.

In both, the map at a joint may contain information of other joints, by attention or graph convolution, and the map at a
frame information of all frames within the kernel.
"""

from typing import Protocol, cast

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import LayerAttribution, LayerGradCam, LayerGradientXActivation
from torch import Tensor, nn

HALF = 0.5
_METHODS = {"grad_cam": LayerGradCam, "hires_cam": LayerGradientXActivation}


class MappedNetwork(Protocol):
    """A network with a last map over frames and joints; see :func:`gaitcore.networks.has_map`."""

    def last_map(self, poses: Tensor) -> tuple[Tensor, ...]:
        """The last map (B, T', J, channels), and further inputs of ``read``."""
        ...

    def read(self, *last_map: Tensor) -> Tensor:
        """The output of ``last_map`` -> (B, embedding_dim)."""
        ...


class Similarity(nn.Module):
    """Similarity of the embeddings of probes to other embeddings: poses (B, T, J, C) and (B, D) -> (B,).

    The last map passes through ``at``, (B, channels, T', J); the backward pass ends there.
    """

    def __init__(self, network: nn.Module, distance: str) -> None:
        super().__init__()
        self.network, self.distance = network, distance
        self.at = nn.Identity()

    def forward(self, poses: Tensor, embeddings: Tensor) -> Tensor:
        network = cast(MappedNetwork, self.network)
        with torch.no_grad():
            last, *others = network.last_map(poses)
        last = self.at(last.permute(0, 3, 1, 2).requires_grad_())
        return similarity(network.read(last.permute(0, 2, 3, 1), *others), embeddings, self.distance)


def similarity(a: Tensor, b: Tensor, distance: str) -> Tensor:
    """The cosine of embeddings (..., D), or minus their Euclidean distance."""
    if distance == "cosine":
        return F.cosine_similarity(a, b, dim=-1)
    return -torch.linalg.vector_norm(a - b, dim=-1)


def attribution(method: str, network: nn.Module, poses: Tensor, embeddings: Tensor, distance: str) -> Tensor:
    """On which frames and joints of each probe its similarity to an embedding depends.

    Args:
        method: "grad_cam" or "hires_cam".
        network: in evaluation mode, with ``last_map`` and ``read`` (:func:`gaitcore.networks.has_map`).
        poses: (B, T, J, C), the input of the network.
        embeddings: (B, D), with which the probes are compared.
        distance: "cosine" or "euclidean".

    Returns:
        (B, T, J) weights that sum to 1 for each probe, or are all 0 where no attribution is positive. A map
        with fewer frames than the window is interpolated to its length.
    """
    model = Similarity(network, distance)  # one for each call, since captum's hooks must not be shared between threads
    maps = _METHODS[method](model, model.at).attribute(poses, additional_forward_args=(embeddings,))
    weights = F.relu(maps.detach().sum(dim=1, keepdim=True))  # (B, 1, T', J)
    weights = LayerAttribution.interpolate(weights, poses.shape[1:3], "bilinear")[:, 0]
    return weights / weights.sum(dim=(1, 2), keepdim=True).clamp(min=torch.finfo(weights.dtype).tiny)


def frames_for_half(weights: np.ndarray) -> np.ndarray:
    """(B,) the smallest number of frames with half of the weights (B, T, J): 30 of 60 under equal weights.

    NaN where all weights are 0.
    """
    heaviest_first = -np.sort(-weights.sum(axis=2), axis=1)  # (B, T)
    reached = heaviest_first.cumsum(axis=1) >= HALF * (1 - 1e-6)  # tolerance for rounding
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.nan)
