"""Which frequencies the last map of a network holds.

Source: GaitMixer, section 4.3 and Fig. 3: "the frequency magnitude of the output feature maps"; the two-dimensional
Fourier transform over frames and joints of each channel. No window function is applied, as nothing is said of one. The
joints are in COCO's order, so a frequency along them is one along that list.
"""

import numpy as np


def frequencies(length: int) -> np.ndarray:
    """(length,) cycles along an axis of so many values, zero in the centre: as a spectrum has them."""
    return np.arange(length) - length // 2


def shares_from(energy: np.ndarray, axis: int) -> np.ndarray:
    """(length // 2 + 1,) the share of the energy (T, J) at 0, 1, 2, ... cycles or more along an axis."""
    along = np.abs(frequencies(energy.shape[axis]))
    of_frequency = np.bincount(along, weights=energy.sum(axis=1 - axis))
    return of_frequency[::-1].cumsum()[::-1]


def busiest(magnitude: np.ndarray, number: int) -> list[int]:
    """The channels of (C, T, J) with the most energy beside zero frequency, the busiest first."""
    energy = np.square(magnitude)
    frames, joints = energy.shape[1:]
    energy[:, frames // 2, joints // 2] = 0
    return np.argsort(-energy.sum(axis=(1, 2)), kind="stable")[:number].tolist()
