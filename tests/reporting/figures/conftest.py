"""A small configuration, and what inspections of its runs leave."""

from importlib import import_module

import numpy as np
import pytest
from places import REPOSITORY

from gaitcore.artefacts.spectrum import Spectrum, write_spectrum
from gaitcore.inspection.spectrum import frequencies
from gaitcore.reporting.figures.write_figure import write_figure
from gaitcore.settings.files import load_config
from gaitcore.settings.sections import chosen_settings, sections_of

SUFFIXES = (".pdf", ".png", ".csv", ".txt")


@pytest.fixture
def drawn_twice(tmp_path):
    """Draw a figure two times, from the settings that it declares alone; of each the bytes of its four files."""

    def draw(kind, config, **arguments):
        names = import_module(f"gaitcore.reporting.figures.{kind}").SECTIONS
        config = sections_of(chosen_settings(config, names))
        for name in ("first", "again"):
            write_figure(kind, config, tmp_path / f"{name}.pdf", **arguments)
        return ([(tmp_path / f"{name}{suffix}").read_bytes() for suffix in SUFFIXES] for name in ("first", "again"))

    return draw


@pytest.fixture
def walkers():
    """Two systems with a map and one without, two seeds."""
    overrides = {"experiment": "demo", "compare": ["gaitmixer", "posegait", "gaitformer"], "network": {"frames": 8}}
    overrides["protocol"] = {"min_frames": 61}
    return load_config(REPOSITORY / "config.yaml", overrides)


def table_of_energy(frames, shares):
    """(T, 17) with shares of the energy at (cycles per window, cycles along the joints)."""
    table = np.zeros((frames, 17))
    for (over_time, along_joints), share in shares.items():
        for sign in (-1, 1):
            row = frequencies(frames).tolist().index(sign * over_time)
            table[row, 8 + sign * along_joints] += share / 2
    return table


@pytest.fixture
def energy():
    """Makes a table of energy with known shares."""
    return table_of_energy


@pytest.fixture
def spectra(tmp_path):
    """spectrum.safetensors of gaitmixer's two seeds and gaitformer's; of 5 channels the later ones are the busier."""
    files = []
    for run, high in enumerate((0.2, 0.4, 0.1, 0.1)):
        magnitude = np.ones((5, 8, 17)) * np.arange(1, 6)[:, None, None]
        magnitude[:, 4, 8] = 100  # zero frequency
        energy = table_of_energy(8, {(3, 1): high, (1, 5): 1 - high})
        files.append(tmp_path / f"spectrum-{run}.safetensors")
        write_spectrum(Spectrum(magnitude, energy, 1234), files[-1])
    return files
