"""How long the sequences of each condition are, which are excluded, and what was dropped before there were any."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gaitcore.artefacts.split import read_split
from gaitcore.keys import natural, parse_sequence_name
from gaitcore.modalities.report import LEFT_OUT, read_report
from gaitcore.protocols.roles import EXCLUDED
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.style import COLUMN, condition_title, counted
from gaitcore.reporting.tables.context import excluded_by_reason
from gaitcore.settings.experiment import Config

# The sections of the configuration that this figure depends on.
SECTIONS = "data protocol tables"


BINS = 60  # at most, about
TOLD = 4  # reasons in the caption; the others are counted together
DROPPED, UNNAMED = "dropped", ""  # role of what is no sequence; condition where no sequence is named
COLUMNS = ["condition", "frames", "role", "reason", "sequences", "source_entries"]
_IN_USE = {"facecolor": "#999999", "edgecolor": "#999999", "label": "in use"}
_EXCLUDED = {"facecolor": "white", "edgecolor": "black", "hatch": "//////", "label": "excluded"}


def draw(config: Config, *, split: Path, poses_report: Path) -> Drawing:
    """From split.csv and poses_report.csv.

    The numbers: one row per condition, length (frames) and role with the number of such sequences; then one row per
    condition and kind of reason with the role "dropped", no length, and source_entries, how many the report has of it.
    The condition is empty where an entry names no sequence.
    """
    sequences, dropped = read_split(split), dropped_entries(read_report(poses_report))
    numbers = _numbers(config, sequences, dropped)
    return Drawing(_figure(config, numbers), numbers, _caption(config, sequences, dropped))


def dropped_entries(report: pd.DataFrame) -> pd.DataFrame:
    """How many entries of a report there are of each condition and kind of reason, the most frequent first.

    Columns: condition (empty where no sequence is named), reason (its kind), source_entries.
    """
    keys = report["sequence"].map(parse_sequence_name)
    entries = pd.DataFrame(
        {"condition": [key.condition if key else UNNAMED for key in keys], "reason": report["reason"].map(kind_of)}
    )
    counts = entries.groupby(["condition", "reason"]).size().rename("source_entries").reset_index()
    return counts.sort_values("source_entries", ascending=False, kind="stable", ignore_index=True)


def kind_of(reason: str) -> str:
    """What such reasons have in common: "… values" of "50 values, expected 52 (image name and ...)"."""
    general = re.sub(r"column '?\w+'?", "a column", reason.removeprefix(LEFT_OUT))
    general = re.sub(r"'[^']*'|\b\d[\d.]*\b", "…", general)
    return re.split(r"[,:;(]", general)[0].strip()


def _numbers(config: Config, split: pd.DataFrame, dropped: pd.DataFrame) -> pd.DataFrame:
    """The probes' conditions in the protocol's order, then the data's others, then what names no sequence."""
    lengths = split.groupby(["condition", "frames", "role"]).size().rename("sequences").reset_index()
    rows = pd.concat([lengths, dropped.assign(role=DROPPED)], ignore_index=True)[COLUMNS]
    others = sorted({*rows["condition"]} - {*config.protocol.probes, UNNAMED}, key=natural)
    order = [*config.protocol.probes, *others, UNNAMED]
    rows = rows.sort_values("condition", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)
    return rows.astype({"frames": "Int64", "sequences": "Int64", "source_entries": "Int64"})


def _figure(config: Config, numbers: pd.DataFrame) -> Figure:
    """One panel above the other for each condition."""
    by_condition = dict(list(numbers[numbers["condition"] != UNNAMED].groupby("condition", sort=False)))
    figure = Figure(figsize=(COLUMN, 0.75 + 0.7 * len(by_condition)))
    panels = figure.subplots(len(by_condition), sharex=True, squeeze=False)[:, 0]
    required = config.protocol.min_frames
    edges = _edges(numbers["frames"].dropna().astype(int), required)
    for axes, (condition, rows) in zip(panels, by_condition.items(), strict=True):
        _histogram(axes, rows[rows["role"] != DROPPED], edges)
        axes.axvline(required, color="black", linewidth=0.8, linestyle="--", label=f"{required} frames required")
        axes.set_title(f"{condition_title(config, condition)}: {_counts(rows)}", loc="left", fontsize=6, pad=3)
    panels[-1].set_xlabel("Frames per sequence")
    figure.supylabel("Sequences", fontsize=8)
    line, in_use, excluded = panels[0].get_legend_handles_labels()[0]
    figure.legend(handles=[in_use, excluded, line], loc="outside upper center", ncols=3)
    return figure


def _edges(frames: pd.Series, required: int) -> np.ndarray:
    """Of bins of whole frames, one of which begins at the frames required."""
    width = 1 + (frames.max() - frames.min()) // BINS
    return required + width * np.arange((frames.min() - required) // width, (frames.max() - required) // width + 2)


def _histogram(axes: Axes, rows: pd.DataFrame, edges: np.ndarray) -> None:
    """Those excluded stand on those in use."""
    excluded = rows["role"] == EXCLUDED
    below = np.zeros(len(edges) - 1)
    for chosen, style in ((~excluded, _IN_USE), (excluded, _EXCLUDED)):
        frames, weights = (rows.loc[chosen, name].astype(int) for name in ("frames", "sequences"))
        counts, _ = np.histogram(frames, edges, weights=weights)
        axes.bar(edges[:-1], counts, np.diff(edges), below, align="edge", linewidth=0.4 * (counts > 0), **style)
        below += counts
    # Few are excluded and many in use: on a square-root axis both are seen.
    axes.set_yscale("function", functions=(lambda number: np.sqrt(np.maximum(number, 0)), np.square))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    axes.set_ylim(0, 1.1 * max(below.max(), 1))


def _counts(rows: pd.DataFrame) -> str:
    """120 sequences, 2 excluded, 431 entries dropped."""
    excluded = rows.loc[rows["role"] == EXCLUDED, "sequences"].sum()
    entries = rows["source_entries"].sum()
    dropped = f"{entries:,} {'entry' if entries == 1 else 'entries'} dropped"
    return f"{counted(int(rows['sequences'].sum()), 'sequence')}, {excluded:,} excluded, {dropped}"


def _caption(config: Config, split: pd.DataFrame, dropped: pd.DataFrame) -> str:
    used = int((split["role"] != EXCLUDED).sum())
    excluded = _reasons(excluded_by_reason(split, config))
    return (
        f"Frames per sequence on {config.data.dataset}, by condition: {counted(len(split), 'sequence')}, {used:,} in "
        f"use; square-root axes. The line marks the {config.protocol.min_frames} frames required. "
        + (f"Excluded: {excluded}. " if excluded else "No sequence is excluded. ")
        + _dropped(dropped)
    )


def _dropped(dropped: pd.DataFrame) -> str:
    """What did not become part of a sequence: rows, frames, other people, whole files."""
    if dropped.empty:
        return "Nothing of the source was dropped before."
    reasons = _reasons(dropped.groupby("reason")["source_entries"].sum().to_dict())
    unnamed = dropped.loc[dropped["condition"] == UNNAMED, "source_entries"].sum()
    without = f" In no panel, since no sequence is named: {unnamed:,}." if unnamed else ""
    return f"Entries of the source dropped before: {reasons}.{without}"


def _reasons(counts: Mapping[str, int]) -> str:
    """13 (too short); 2 (repeated frame): the most frequent, and how many for other reasons."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    told = [f"{count:,} ({reason})" for reason, count in ordered[:TOLD]]
    if others := [count for _, count in ordered[TOLD:]]:
        told.append(f"{sum(others):,} ({counted(len(others), 'other reason')})")
    return "; ".join(told)
