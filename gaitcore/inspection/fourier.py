"""The two-dimensional Fourier transform of a network's last map, over frames and joints."""

import torch
from torch import Tensor

ROUNDING = 1e-10  # a map with a smaller share of varying energy counts as constant


def spectrum_sums(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Magnitude (C, T, J) and energy (T, J) summed over the sequences of a map (B, T, J, C), in double precision."""
    half = torch.fft.rfft2(maps, dim=(2, 1)).abs()  # (B, T // 2 + 1, J, C): the other half follows by symmetry
    energy = _whole(half.square().sum(dim=-1).double(), maps.shape[1])  # (B, T, J)
    frames, joints = energy.shape[1:]
    total = energy.sum(dim=(1, 2), keepdim=True)
    energy[:, frames // 2, joints // 2] = 0
    varying = energy.sum(dim=(1, 2), keepdim=True)
    shares = torch.where(varying > ROUNDING * total, energy / varying, 0)
    magnitude = half.sum(dim=0).double().permute(2, 0, 1)  # (C, T // 2 + 1, J)
    return _whole(magnitude, maps.shape[1]), shares.sum(dim=0)


def _whole(half: Tensor, frames: int) -> Tensor:
    """(N, T // 2 + 1, J), non-negative frequencies -> (N, T, J) with zero frequency in the centre of both axes."""
    negative = half[:, 1 : (frames + 1) // 2].flip(1)  # temporal frequencies; those along joints change sign, too
    negative = torch.cat([negative[..., :1], negative[..., 1:].flip(-1)], dim=-1)
    return torch.fft.fftshift(torch.cat([half, negative], dim=1), dim=(1, 2))
