"""ROC of each probe condition: the share of genuine pairs that are accepted against that of impostor pairs."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from gaitcore.artefacts.embeddings import read_tested
from gaitcore.evaluation.open_set import ERRORS, Pairs, Resampled, Roc, resampled, subject_weights
from gaitcore.percent import in_percent
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.style import PAGE, condition_title, legend_above, line_style
from gaitcore.reporting.tables.estimates import percent_text
from gaitcore.settings.experiment import Config
from gaitcore.systems import runs_of, system_section, system_title
from gaitcore.words import counted, listed

# The settings that this figure depends on.
SECTIONS = "compare systems evaluation data.dataset protocol seeds statistics tables.conditions"

_POINTS = 60  # of a curve
_PANELS = 4  # in a row, at most


def draw(config: Config, *, embeddings: Sequence[Path], splits: Sequence[Path]) -> Drawing:
    """Draw the figure from embeddings.parquet of every run, in the configuration's order of systems and seeds.

    ``splits`` has the split.csv of each of these runs. The numbers: system, condition (or comparison), far_percent,
    tar_percent (mean over seeds), ci_low_percent and ci_high_percent (over subjects), and the EER and the number of
    seeds, 0 for weights from a file, on each row of a curve.
    """
    runs: dict[str, list[Pairs]] = {}
    for (system, _), path, split in zip(runs_of(config), embeddings, splits, strict=True):
        evaluation = system_section(config, system, "evaluation")
        pairs = Pairs.of(*read_tested(path, split), evaluation, config.protocol)
        runs.setdefault(system, []).append(pairs)
    numbers = pd.concat([_curves(config, system, several) for system, several in runs.items()], ignore_index=True)
    return Drawing(_figure(config, numbers), numbers, _caption(config, numbers))


def _curves(config: Config, system: str, runs: Sequence[Pairs]) -> pd.DataFrame:
    rocs = [pairs.rocs() for pairs in runs]
    subjects = len(runs[0].subjects)
    weights = subject_weights(subjects, config.statistics.resamples, config.statistics.seed)
    drawn = [resampled(pairs, own, weights) for pairs, own in zip(runs, rocs, strict=True)]
    frames = [
        _curve(config, [own[condition] for own in rocs], [curves[condition] for curves in drawn], subjects).assign(
            condition=condition
        )
        for condition in compared_names(config.protocol)
        if all(condition in own and own[condition].eer is not None for own in rocs)
    ]
    seeds = sum(seed is not None for name, seed in runs_of(config) if name == system)
    curves = pd.concat(frames, ignore_index=True).assign(system=system, n_seeds=seeds) if frames else pd.DataFrame()
    columns = ["system", "condition", "far_percent", "tar_percent", "ci_low_percent", "ci_high_percent"]
    return curves.reindex(columns=[*columns, "eer_percent", "n_seeds"])


def _curve(config: Config, rocs: Sequence[Roc], drawn: Sequence[Resampled], subjects: int) -> pd.DataFrame:
    """The mean curve over seeds from the lowest FAR that its impostor pairs tell."""
    impostors = min(roc.impostors for roc in rocs)
    far = np.geomspace(min(1.0, ERRORS / impostors), 1, _POINTS)
    tar = np.mean([[roc.tar(float(value)) for value in far] for roc in rocs], axis=0)
    draws = np.mean([[one.tars(float(value)) for value in far] for one in drawn], axis=0)  # (points, B)
    level = config.statistics.confidence
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=1) if subjects > 1 else [np.nan] * 2
    percent = {"far": far, "tar": tar, "ci_low": low, "ci_high": high}
    eer = float(np.mean([roc.eer for roc in rocs]))
    frame = pd.DataFrame({f"{name}_percent": in_percent(np.asarray(values)) for name, values in percent.items()})
    return frame.assign(eer_percent=in_percent(eer)).round(4)


def _figure(config: Config, numbers: pd.DataFrame) -> Figure:
    conditions = list(dict.fromkeys(numbers["condition"]))
    rows = max(1, math.ceil(len(conditions) / _PANELS))
    figure = Figure(figsize=(PAGE, 0.5 + 2.0 * rows))
    grid = figure.subplots(rows, max(1, math.ceil(len(conditions) / rows)), sharey=True, squeeze=False)
    panels = grid.ravel()
    for unused in panels[max(1, len(conditions)) :]:
        unused.remove()
    for axes, condition in zip(panels, conditions, strict=False):
        for system in config.compare:
            curve = numbers[(numbers["system"] == system) & (numbers["condition"] == condition)]
            style = line_style(config, system)
            axes.plot(curve["far_percent"], curve["tar_percent"], **style)
            axes.fill_between(
                *(curve[f"{name}_percent"] for name in ("far", "ci_low", "ci_high")),
                color=style["color"],
                alpha=0.2,
                linewidth=0,
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_title(condition_title(config, condition))
    figure.supxlabel("False acceptances (%)")
    figure.supylabel("True acceptances (%)")
    panels[0].set_ylim(0, 100)
    handles, labels = panels[0].get_legend_handles_labels()
    legend_above(figure, handles, labels)
    return figure


def _caption(config: Config, numbers: pd.DataFrame) -> str:
    errors = []
    for system in config.compare:
        rows = numbers[numbers["system"] == system].drop_duplicates("condition")
        each = [
            f"{condition_title(config, condition)} {percent_text(eer)}%"
            for condition, eer in zip(rows["condition"], rows["eer_percent"], strict=True)
        ]
        errors.append(f"{system_title(config, system)} {listed(each)}")
    level = in_percent(config.statistics.confidence)
    return (
        f"ROC on {config.data.dataset}: genuine against impostor pairs of probe and gallery sequence, "
        f"{_runs_in_words(config, numbers)}; bands are {level:g}% bootstrap intervals over subjects. A curve begins "
        f"where {ERRORS} impostor pairs are accepted. Equal error rates: {'; '.join(errors)}."
    )


def _runs_in_words(config: Config, numbers: pd.DataFrame) -> str:
    """The seeds that a curve is the mean over, and the systems that have none: "mean over 2 seeds"."""
    seeds = dict(zip(numbers["system"], numbers["n_seeds"], strict=True))
    from_files = [system_title(config, system) for system, count in seeds.items() if not count]
    if len(from_files) == len(seeds):
        return "of weights from files"
    alone = f", of {listed(from_files)} for the weights from a file" if from_files else ""
    return f"mean over {counted(len(config.seeds), 'seed')}{alone}"
