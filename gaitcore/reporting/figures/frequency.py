"""The paper's Fig. 3: the spectrum of four channels of a network's last map."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from gaitcore.artefacts.spectrum import read_spectrum
from gaitcore.inspection.spectrum import busiest, frequencies
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.mapped import first_runs, first_seed, maps_sentence
from gaitcore.reporting.figures.style import COLUMN, SMALL, folded, plain_number
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_title
from gaitcore.words import counted

# The settings that this figure depends on.
SECTIONS = "compare systems data.dataset seeds"


CHANNELS = 4  # as in the paper
LOWEST = -3.0  # of log10; lower values have the darkest colour

Panel = tuple[str, int | None, int, np.ndarray]  # system, seed, channel, magnitude (T, J)


def draw(config: Config, *, spectra: Sequence[Path]) -> Drawing:
    """Draw the spectra of the first seed from spectrum.safetensors of every run.

    The numbers: system, seed, channel, cycles_per_window, cycles_along_joints, magnitude (mean over test sequences).
    """
    panels: list[Panel] = []
    sequences = 0
    for system, seed, path in first_runs(config, spectra):
        spectrum = read_spectrum(path)
        sequences = spectrum.sequences
        chosen = busiest(spectrum.magnitude, CHANNELS)
        panels += [(system, seed, channel, spectrum.magnitude[channel]) for channel in chosen]
    numbers = pd.concat([_long(*one) for one in panels], ignore_index=True)
    return Drawing(_figure(config, panels), numbers, _caption(config, panels, sequences))


def _long(system: str, seed: int | None, channel: int, magnitude: np.ndarray) -> pd.DataFrame:
    over_time, along_joints = (frequencies(length) for length in magnitude.shape)
    return pd.DataFrame(
        {
            "system": system,
            "seed": seed,
            "channel": channel,
            "cycles_per_window": np.repeat(over_time, len(along_joints)),
            "cycles_along_joints": np.tile(along_joints, len(over_time)),
            "magnitude": [float(f"{value:.6g}") for value in magnitude.ravel()],
        }
    )


def _figure(config: Config, panels: list[Panel]) -> Figure:
    systems = list(dict.fromkeys(system for system, *_ in panels))
    figure = Figure(figsize=(COLUMN, 0.55 + 1.05 * len(systems)))
    rows = figure.subplots(len(systems), CHANNELS, squeeze=False, sharey=True)
    for system, axes_of_row in zip(systems, rows, strict=True):
        maps = [(channel, magnitude) for name, _, channel, magnitude in panels if name == system]
        for axes in axes_of_row:
            axes.set_axis_off()
        for axes, (channel, magnitude) in zip(axes_of_row, maps, strict=False):  # a small network has fewer channels
            image = _panel(axes, magnitude)
            axes.set_title(f"channel {channel}", fontsize=SMALL)
        axes_of_row[0].set_ylabel(folded(system_title(config, system)))
    figure.supxlabel("Cycles per window")
    figure.supylabel("Cycles along the joints")
    bar = figure.colorbar(image, ax=rows, label="Magnitude / largest of the panel", aspect=30, pad=0.02)
    bar.set_ticks(range(round(LOWEST), 1), labels=[plain_number(10.0**level) for level in range(round(LOWEST), 1)])
    return figure


def _panel(axes: Axes, magnitude: np.ndarray) -> AxesImage:
    axes.set_axis_on()
    for spine in axes.spines.values():
        spine.set_visible(False)
    frames, joints = magnitude.shape
    level = np.log10(np.maximum(magnitude / magnitude.max(), 10.0**LOWEST))
    axes.set_xticks([-(frames // 3), 0, frames // 3])
    edges = [-(frames // 2) - 0.5, (frames + 1) // 2 - 0.5, -(joints // 2) - 0.5, (joints + 1) // 2 - 0.5]
    options: dict[str, Any] = {"extent": edges, "origin": "lower", "aspect": "auto", "interpolation": "nearest"}
    return axes.imshow(level.T, cmap="viridis", vmin=LOWEST, vmax=0, **options)


def _caption(config: Config, panels: list[Panel], sequences: int) -> str:
    return (
        f"Two-dimensional Fourier magnitude of the last feature map on {config.data.dataset}, mean over "
        f"{counted(sequences, 'test sequence')}, {first_seed(config)}; zero frequency is in the centre. The "
        f"panels show the {CHANNELS} channels of each network with the most energy outside zero frequency, the first "
        f"has most of it. Each panel is scaled to its largest magnitude, and magnitudes below "
        f"{plain_number(10.0**LOWEST)} of it have the darkest colour. {maps_sentence(config)}"
    )
