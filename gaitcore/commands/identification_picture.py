"""The picture of ``gaitcore identify``: probe and candidates, and their distances on the run's own pairs."""

from pathlib import Path

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gaitcore.commands.identification import Calibration, Embedded, Ranked, sentences
from gaitcore.evaluation.finished import TrainedRun
from gaitcore.files import check_writable, replacing
from gaitcore.reporting.figures.skeleton_drawing import BORDER, confidence_scale, draw_skeleton
from gaitcore.reporting.figures.style import PAGE, SMALL, STYLE

_MOST_PROBES = 6
_BESIDE = 4  # candidates whose frames are drawn
_BINS = 60
_ROOM = 0.6  # of a skeleton's longer side, from its centre to the edge of its panel
_SEEN = 0.999  # of the genuine pairs are within the axis
_APART = 0.02  # of the axis: marks that are nearer have one number
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
        DataError: the folder is not writable.
    """
    check_writable(path.absolute().parent, "the picture is written there")
    with matplotlib.style.context(STYLE):
        figure = Figure(figsize=(PAGE, 3.8 * min(len(results), _MOST_PROBES)))
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
    draw_skeleton(axes, frame[:, :3], 0.9, confidence_scale(frame[None, :, :3]))
    low, high = frame[:, :2].min(axis=0), frame[:, :2].max(axis=0)
    (x, y), room = (low + high) / 2, max(1.0, _ROOM * float((high - low).max()))
    axes.set(xlim=(x - room, x + room), ylim=(y + room, y - room), xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set(visible=True, color=BORDER, linewidth=0.5)


def _draw_distances(axes: Axes, run: TrainedRun, calibration: Calibration, result: Ranked, shown: int) -> None:
    marks = [one.distance for one in result.candidates[:shown]]
    seen = [*np.quantile(calibration.genuine, [_SEEN]), *marks] if len(calibration.genuine) else marks
    end = 1.05 * max(*seen, float(np.median(calibration.impostors)) if len(calibration.impostors) else 0.0)
    bins = np.linspace(0, end, _BINS).tolist()
    for distances, colour, kind in (
        (calibration.impostors, _IMPOSTOR, "impostor"),
        (calibration.genuine, _GENUINE, "genuine"),
    ):
        farther = float((distances > end).mean()) if len(distances) else 0.0
        beyond = f", {farther:.0%} of them farther" if farther >= 0.005 else ""
        label = f"{len(distances):,} {kind} pairs of the run{beyond}"
        weights = np.full(len(distances), 1 / max(1, len(distances)))
        axes.hist(distances, bins, weights=weights, color=colour, alpha=0.5, label=label)
    for place, distance in enumerate(marks, 1):
        axes.axvline(distance, color="black", linewidth=1.2 if place == 1 else 0.5)
    above = axes.get_xaxis_transform()
    for text, distance in _numbers(marks, _APART * end):
        axes.text(distance, 1, text, transform=above, fontsize=SMALL, ha="center", va="bottom")
    axes.set_xlim(0, end)
    nearest = result.candidates[0]
    near = sentences(calibration, nearest.distance)[0]
    axes.set_title(f"Nearest: {nearest.subject}; as near are {near} impostor pairs", fontsize=SMALL, loc="left", pad=12)
    axes.set_xlabel(f"{run.evaluation.distance.capitalize()} distance ({run.record.system})")
    axes.set_yticks([])
    axes.legend()


def _numbers(marks: list[float], apart: float) -> list[tuple[str, float]]:
    """The numbers of ascending marks and where they stand; marks that are nearer than ``apart`` have one, like 1-3."""
    groups: list[list[int]] = []
    for place, distance in enumerate(marks):
        if groups and distance - marks[groups[-1][0]] < apart:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [
        (
            f"{one[0] + 1}" if len(one) == 1 else f"{one[0] + 1}\N{EN DASH}{one[-1] + 1}",
            (marks[one[0]] + marks[one[-1]]) / 2,
        )
        for one in groups
    ]
