"""On which places of the frames the similarity of a probe to its match in the gallery depends.

The places are joints at frames, or rows and columns of a silhouette. There are two methods, both from captum and both
for the last map of a network:

- Grad-CAM (Selvaraju et al., ICCV 2017), as in GaitMixer, section 4.4 and Fig. 4: each channel is weighted by its mean
  gradient. This is exact where the next step is a mean over the map, as in GaitMixer and the graph networks. GaitFormer
  has separate weights for each joint's tokens, and networks of silhouettes for each strip of the body; there a place
  can have weight although the output does not depend on it.
- HiResCAM (Draelos and Carin, arXiv:2011.08891): gradient times map at each position. A place that the output does
  not depend on has no weight in any network.

In both, the map at a place may contain information of other places, by attention or convolution, and the map at a
frame information of all frames within the kernel.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol, cast

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import LayerAttribution, LayerGradCam, LayerGradientXActivation
from torch import Tensor, nn

HALF = 0.5
_METHODS = {"grad_cam": LayerGradCam, "hires_cam": LayerGradientXActivation}


class MappedNetwork(Protocol):
    """A network with a last map; see :func:`gaitcore.networks.map_sentence`."""

    def last_map(self, frames: Tensor) -> tuple[Tensor, ...]:
        """The last map (B, T', ..., channels), and further inputs of ``read``."""
        ...

    def read(self, *last_map: Tensor) -> Tensor:
        """The output of ``last_map`` -> (B, embedding_dim) or (B, parts, embedding_dim)."""
        ...


class Similarity(nn.Module):
    """Similarity of the embeddings of probes to other embeddings: frames (B, T, ...) and (B, ..., D) -> (B,).

    ``compared`` is a function of two embeddings. Of embeddings with parts its mean over parts is taken. The last map
    passes through ``at``, (B, channels, T', ...); the backward pass ends there.
    """

    def __init__(self, network: nn.Module, compared: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.network, self.compared = network, compared
        self.at = nn.Identity()

    def forward(self, frames: Tensor, embeddings: Tensor) -> Tensor:
        network = cast(MappedNetwork, self.network)
        with torch.no_grad():
            last, *others = network.last_map(frames)
        last = self.at(last.movedim(-1, 1).requires_grad_())
        read = network.read(last.movedim(1, -1), *others)
        similarities = self.compared(read.reshape(embeddings.shape), embeddings)
        return similarities.reshape(len(similarities), -1).mean(dim=1)


def similarity(a: Tensor, b: Tensor, distance: str) -> Tensor:
    """The cosine of embeddings (..., D), or minus their Euclidean distance."""
    if distance == "cosine":
        return F.cosine_similarity(a, b, dim=-1)
    return -torch.linalg.vector_norm(a - b, dim=-1)


def agreement(a: Tensor, b: Tensor, distance: str) -> Tensor:
    """What of the similarity of embeddings (..., D) depends on both: the cosine, or inner product / distance.

    The gradient of minus a Euclidean distance by ``a`` is (b - a) / distance. The term of ``a`` alone makes an
    embedding shorter, whatever it is compared with; without it the gradient is b / distance. For a single part this is
    the order in which :func:`gaitcore.evaluation.distances.similarities` ranks the gallery of a probe.
    """
    if distance == "cosine":
        return similarity(a, b, distance)
    apart = torch.linalg.vector_norm(a - b, dim=-1).detach()
    return (a * b).sum(dim=-1) / apart.clamp(min=torch.finfo(apart.dtype).eps)


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
    compared = partial(similarity, distance=distance)
    weights = _weights(method, network, poses, embeddings, compared)  # (B, 1, T', J)
    return _summing_to_one(LayerAttribution.interpolate(weights, poses.shape[1:3], "bilinear")[:, 0])


def silhouette_attribution(
    method: str, network: nn.Module, silhouettes: Tensor, embeddings: Tensor, distance: str
) -> Tensor:
    """On which rows and columns of the silhouettes of each probe its :func:`agreement` with an embedding depends.

    Args:
        method: "grad_cam" or "hires_cam".
        network: in evaluation mode, with ``last_map`` and ``read``.
        silhouettes: (B, T, H, W), the input of the network.
        embeddings: (B, D), or (B, parts, D) for the mean over parts, with which the probes are compared.
        distance: "cosine" or "euclidean".

    Returns:
        (B, H, W) weights, summed over frames, that sum to 1 for each probe or are all 0 where no attribution is
        positive. The last map is interpolated to H rows and to columns in the same proportion; what is then outside
        the W columns, since the network padded its input, is cut off.
    """
    compared = partial(agreement, distance=distance)
    weights = _weights(method, network, silhouettes, embeddings, compared).sum(dim=2)  # (B, 1, H', W')
    height, width = silhouettes.shape[-2:]
    columns = round(weights.shape[-1] * height / weights.shape[-2])
    aside = (columns - width) // 2
    weights = LayerAttribution.interpolate(weights, (height, columns), "bilinear")[:, 0]
    return _summing_to_one(weights[..., aside : aside + width])


def _weights(
    method: str,
    network: nn.Module,
    frames: Tensor,
    embeddings: Tensor,
    compared: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """(B, 1, T', ...), the positive attribution at each place of the last map."""
    model = Similarity(network, compared)  # one for each call, since captum's hooks must not be shared between threads
    maps = _METHODS[method](model, model.at).attribute(frames, additional_forward_args=(embeddings,))
    return F.relu(maps.detach().sum(dim=1, keepdim=True))


def _summing_to_one(weights: Tensor) -> Tensor:
    return weights / weights.sum(dim=(1, 2), keepdim=True).clamp(min=torch.finfo(weights.dtype).tiny)


def frames_for_half(weights: np.ndarray) -> np.ndarray:
    """(B,) the smallest number of frames with half of the weights (B, T, J): 30 of 60 under equal weights.

    NaN where all weights are 0.
    """
    heaviest_first = -np.sort(-weights.sum(axis=2), axis=1)  # (B, T)
    reached = heaviest_first.cumsum(axis=1) >= HALF * (1 - 1e-6)  # tolerance for rounding
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.nan)
