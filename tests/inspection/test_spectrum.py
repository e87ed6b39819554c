"""The spectrum of maps whose frequencies are known."""

import numpy as np
import pytest
import torch

from gaitcore.artefacts.spectrum import Spectrum
from gaitcore.inspection.fourier import spectrum_sums
from gaitcore.inspection.spectrum import busiest, frequencies, shares_from


def wave(frames, joints, over_time, along_joints):
    """(T, J), a cosine with these numbers of cycles along both axes."""
    phase = over_time * np.arange(frames)[:, None] / frames + along_joints * np.arange(joints) / joints
    return torch.from_numpy(np.cos(2 * np.pi * phase))


def spectrum(maps):
    return Spectrum(*(total.numpy() / len(maps) for total in spectrum_sums(maps)), sequences=len(maps))


@pytest.mark.parametrize(("frames", "joints"), [(60, 17), (15, 17), (8, 6)])
def test_the_magnitude_is_that_of_the_whole_transform_with_zero_frequency_in_the_centre(frames, joints):
    maps = torch.rand(3, frames, joints, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = np.abs(np.fft.fftshift(np.fft.fft2(maps.numpy(), axes=(1, 2)), axes=(1, 2))).mean(axis=0)
    magnitude = spectrum(maps).magnitude
    assert magnitude.shape == (2, frames, joints)
    np.testing.assert_allclose(magnitude, expected.transpose(2, 0, 1), atol=1e-12)


def test_a_waves_energy_stands_at_its_two_frequencies_and_the_mean_does_not_count():
    maps = (7 + wave(60, 17, 3, -2))[None, :, :, None]
    energy = spectrum(maps).energy
    at = {(int(frequencies(60)[t]), int(frequencies(17)[j])) for t, j in np.argwhere(energy > 1e-9)}
    assert at == {(3, -2), (-3, 2)}
    assert energy.sum() == pytest.approx(1)
    assert shares_from(energy, axis=0)[[0, 3, 4]].tolist() == pytest.approx([1, 1, 0])
    assert shares_from(energy, axis=1)[[0, 2, 3]].tolist() == pytest.approx([1, 1, 0])
    assert (len(shares_from(energy, axis=0)), len(shares_from(energy, axis=1))) == (31, 9)


def test_each_sequence_counts_the_same_however_large_its_map():
    maps = torch.stack([wave(60, 17, 2, 0), 1000 * wave(60, 17, 10, 0)])[..., None]
    assert shares_from(spectrum(maps).energy, axis=0)[[2, 3, 10, 11]].tolist() == pytest.approx([1, 0.5, 0.5, 0])


def test_a_map_that_is_the_same_everywhere_has_no_energy():
    assert (spectrum(torch.ones(2, 60, 17, 3)).energy == 0).all()


def test_the_busiest_channels_are_those_that_vary_most_whatever_their_mean():
    channels = [0 * wave(60, 17, 1, 1) + 9, 2 * wave(60, 17, 1, 0), wave(60, 17, 5, 5), 3 * wave(60, 17, 0, 1)]
    assert busiest(spectrum(torch.stack(channels, dim=-1)[None]).magnitude, 3) == [3, 1, 2]
