"""The picture of ``gaitcore identify``: probe and candidates, and their distances on the run's own pairs."""

from pathlib import Path

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gaitcore.commands.identification import Calibration, Embedded, Ranked, sentences
from gaitcore.errors import ConfigError
from gaitcore.evaluation.finished import TrainedRun
from gaitcore.files import check_writable, replacing
from gaitcore.modalities.keypoints.table import PoseInfo
from gaitcore.reporting.figures.skeleton_drawing import confidence_scale, draw_frame, draw_skeleton
from gaitcore.reporting.figures.style import PAGE, SMALL, STYLE

_MOST_PROBES = 6
_BESIDE = 4  # candidates whose frames are drawn
_BINS = 60
_GENUINE, _IMPOSTOR = "#009E73", "#999999"


def write_picture(
    path: Path,
    run: TrainedRun,
    gallery: Embedded,
    probes: Embedded,
    calibration: Calibration,
    results: list[Ranked],
    shown: int,
) -> None:
    """Write a PNG with two rows for each of the first probes.

    Above, the middle frame of the probe and those of its nearest people; below, the distances of the run's genuine and
    impostor pairs as histograms with a line for each person of the list.

    Raises:
        ConfigError: the name does not end in .png.
        DataError: the folder is not writable.
    """
    if path.suffix.lower() != ".png":
        raise ConfigError(f"{path}: not the name of a PNG, expected one like identified.png (--picture).")
    check_writable(path.absolute().parent, "the picture is written there")
    with matplotlib.style.context(STYLE):
        figure = Figure(figsize=(PAGE, 3.6 * min(len(results), _MOST_PROBES)))
        rows = figure.subfigures(min(len(results), _MOST_PROBES), 1, squeeze=False)[:, 0]
        for number, (part, result) in enumerate(zip(rows, results, strict=False)):
            frames, histogram = part.subfigures(2, 1, height_ratios=(1, 1.1))
            panels = frames.subplots(1, 1 + _BESIDE)
            _draw_frame(panels[0], run, probes, number, f"probe\n{result.probe}")
            for place, axes in enumerate(panels[1:]):
                if place < len(result.candidates):
                    one = result.candidates[place]
                    title = f"{place + 1}. {one.subject}: {one.distance:.3g}\n{one.sequence}"
                    _draw_frame(axes, run, gallery, one.row, title)
                else:
                    axes.set_axis_off()
            _draw_distances(histogram.subplots(), run, calibration, result, shown)
        with replacing(path) as unfinished:
            figure.savefig(unfinished, format="png", dpi=200, metadata={"Software": None})


def _draw_frame(axes: Axes, run: TrainedRun, embedded: Embedded, row: int, title: str) -> None:
    axes.set_title(title, fontsize=SMALL)
    frame = embedded.pictures[row]
    if run.modality == "silhouettes":
        axes.imshow(frame, cmap="gray", vmin=0, vmax=255)
        axes.set_axis_off()
        return
    draw_frame(axes, PoseInfo("", *embedded.size, 1.0))
    draw_skeleton(axes, frame[:, :3], 0.6, confidence_scale(frame[None, :, :3]))
    axes.set_aspect("equal")


def _draw_distances(axes: Axes, run: TrainedRun, calibration: Calibration, result: Ranked, shown: int) -> None:
    every = np.concatenate([*calibration, [one.distance for one in result.candidates]])
    bins = np.linspace(every.min(), every.max(), _BINS).tolist()
    for distances, colour, kind in (
        (calibration.impostors, _IMPOSTOR, "impostor"),
        (calibration.genuine, _GENUINE, "genuine"),
    ):
        label = f"{len(distances):,} {kind} pairs of the run"
        axes.hist(distances, bins, density=True, color=colour, alpha=0.5, label=label)
    for place, one in enumerate(result.candidates[:shown], 1):
        axes.axvline(one.distance, color="black", linewidth=1.2 if place == 1 else 0.5)
        axes.text(
            one.distance, 1, str(place), transform=axes.get_xaxis_transform(), fontsize=SMALL, ha="center", va="bottom"
        )
    nearest = result.candidates[0]
    near = sentences(calibration, nearest.distance)[0]
    axes.set_title(f"Nearest: {nearest.subject}; as near are {near} impostor pairs", fontsize=SMALL, loc="left", pad=12)
    axes.set_xlabel(f"{run.evaluation.distance.capitalize()} distance ({run.record.system})")
    axes.set_yticks([])
    axes.legend()
