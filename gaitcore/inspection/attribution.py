"""What the similarity of a probe and its match in the gallery rests on, over frames and joints.

Two ways, both by captum, both of the last map over frames and joints:

- Grad-CAM (Selvaraju et al., ICCV 2017), as in GaitMixer, section 4.4 and Fig. 4: each channel is weighted by its mean
  gradient. That is exact where the map is averaged next, as in GaitMixer and the graph networks. GaitFormer reads each
  joint's tokens with weights of their own, and there a joint can light up that nothing depends on.
- HiResCAM (Draelos and Carin, arXiv:2011.08891): gradient times map, position by position. A joint that is not read has
  no weight in any network.

In both, what stands at a joint may have come from its neighbours, by way of attention or graph convolution, and what
stands at a frame from the frames that a kernel reaches.
"""

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import LayerAttribution, LayerGradCam, LayerGradientXActivation
from torch import Tensor, nn

HALF = 0.5
_METHODS = {"grad_cam": LayerGradCam, "hires_cam": LayerGradientXActivation}


class Similarity(nn.Module):
    """How similar a network finds probes to given embeddings: (B, T, J, C) poses and (B, D) -> (B,).

    Its last map passes through ``at``, (B, channels, T', J), where gradients begin.
    """

    def __init__(self, network: nn.Module, distance: str):
        super().__init__()
        self.network, self.distance = network, distance
        self.at = nn.Identity()

    def forward(self, poses: Tensor, embeddings: Tensor) -> Tensor:
        with torch.no_grad():
            last, *beside = self.network.last_map(poses)
        last = self.at(last.permute(0, 3, 1, 2).requires_grad_())
        return similarity(self.network.read(last.permute(0, 2, 3, 1), *beside), embeddings, self.distance)


def similarity(a: Tensor, b: Tensor, distance: str) -> Tensor:
    """Of embeddings (..., D): their cosine, or minus their Euclidean distance."""
    if distance == "cosine":
        return F.cosine_similarity(a, b, dim=-1)
    return -torch.linalg.vector_norm(a - b, dim=-1)


def attribution(method: str, network: nn.Module, poses: Tensor, embeddings: Tensor, distance: str) -> Tensor:
    """Where in each probe its similarity to an embedding comes from.

    Args:
        method: "grad_cam" or "hires_cam".
        network: in evaluation mode, with ``last_map`` and ``read`` (:func:`gaitcore.networks.has_map`).
        poses: (B, T, J, C), as the network is given them.
        embeddings: (B, D), what each is compared with.
        distance: "cosine" or "euclidean".

    Returns:
        (B, T, J) weights that sum to 1 for each probe, or are all 0 where no attribution is positive. A map
        of fewer frames than the window is stretched to it.
    """
    compared = Similarity(network, distance)  # one for each call: captum's hooks in it are not shared between threads
    maps = _METHODS[method](compared, compared.at).attribute(poses, additional_forward_args=(embeddings,))
    weights = F.relu(maps.detach().sum(dim=1, keepdim=True))  # (B, 1, T', J)
    weights = LayerAttribution.interpolate(weights, poses.shape[1:3], "bilinear")[:, 0]
    return weights / weights.sum(dim=(1, 2), keepdim=True).clamp(min=torch.finfo(weights.dtype).tiny)


def frames_for_half(weights: np.ndarray) -> np.ndarray:
    """(B,) the fewest frames that carry half of the weights (B, T, J): 30 of 60 if all weigh the same.

    NaN where there is no weight at all.
    """
    heaviest_first = -np.sort(-weights.sum(axis=2), axis=1)  # (B, T)
    carried = heaviest_first.cumsum(axis=1) >= HALF * (1 - 1e-6)  # rounding must not cost a frame
    return np.where(carried.any(axis=1), carried.argmax(axis=1) + 1.0, np.nan)
