"""The frequencies in the last map of a network.

Source: GaitMixer, section 4.3 and Fig. 3: "the frequency magnitude of the output feature maps"; the two-dimensional
Fourier transform over frames and joints of each channel. No window function is applied, since the paper
mentions none. The joints are in COCO's order, to which frequencies along the joints refer.
"""

import numpy as np


def frequencies(length: int) -> np.ndarray:
    """(length,) the frequencies of a spectrum along an axis of this length, in cycles, with zero in the centre."""
    return np.arange(length) - length // 2


def shares_from(energy: np.ndarray, axis: int) -> np.ndarray:
    """(length // 2 + 1,) the share of the energy (T, J) at 0, 1, 2, ... or more cycles along an axis."""
    cycles = np.abs(frequencies(energy.shape[axis]))
    energy_by_cycles = np.bincount(cycles, weights=energy.sum(axis=1 - axis))
    return energy_by_cycles[::-1].cumsum()[::-1]


def busiest(magnitude: np.ndarray, number: int) -> list[int]:
    """The channels of (C, T, J) with the most energy outside zero frequency, in descending order."""
    energy = np.square(magnitude)
    frames, joints = energy.shape[1:]
    energy[:, frames // 2, joints // 2] = 0
    return np.argsort(-energy.sum(axis=(1, 2)), kind="stable")[:number].tolist()
