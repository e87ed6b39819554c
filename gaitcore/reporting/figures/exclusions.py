"""The lengths of the sequences of each condition, which of them are excluded, and what the source lost on reading."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gaitcore.artefacts.split import read_split
from gaitcore.keys import natural, parse_sequence_name
from gaitcore.modalities.report import LEFT_OUT, read_report
from gaitcore.protocols.derivation import protocol_of
from gaitcore.protocols.roles import EXCLUDED
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.style import COLUMN, SMALL, condition_title, legend_above
from gaitcore.reporting.tables.context import excluded_by_reason
from gaitcore.settings.experiment import Config
from gaitcore.words import counted

# The settings that this figure depends on.
SECTIONS = "data.dataset data.modality protocol tables.conditions"


BINS = 60  # approximate maximum
LISTED = 4  # reasons in the caption; the caption has one count for all others
DROPPED, UNNAMED = "dropped", ""  # the role of a dropped entry; the condition of an entry without a sequence name
COLUMNS = ["condition", "frames", "role", "reason", "sequences", "source_entries"]
_IN_USE: dict[str, Any] = {"facecolor": "#999999", "edgecolor": "#999999", "label": "in use"}
_EXCLUDED: dict[str, Any] = {"facecolor": "white", "edgecolor": "black", "hatch": "//////", "label": "excluded"}


def draw(config: Config, *, split: Path, poses_report: Path) -> Drawing:
    """Draw the figure from split.csv and poses_report.csv.

    The numbers: one row per condition, length (frames) and role with the number of such sequences; then one row per
    condition and kind of reason with the role "dropped", no length, and source_entries, their number in the report.
    The condition is empty where an entry names no sequence.
    """
    sequences, dropped = read_split(split), dropped_entries(read_report(poses_report))
    numbers = _numbers(config, sequences, dropped)
    return Drawing(_figure(config, numbers), numbers, _caption(config, sequences, dropped))


def dropped_entries(report: pd.DataFrame) -> pd.DataFrame:
    """The number of entries of a report by condition and kind of reason, the most frequent first.

    Columns: condition (empty where no sequence is named), reason (its kind), source_entries.
    """
    keys = report["sequence"].map(parse_sequence_name)
    entries = pd.DataFrame(
        {"condition": [key.condition if key else UNNAMED for key in keys], "reason": report["reason"].map(reason_kind)}
    )
    counts = entries.groupby(["condition", "reason"]).size().rename("source_entries").reset_index()
    return counts.sort_values("source_entries", ascending=False, kind="stable", ignore_index=True)


def reason_kind(reason: str) -> str:
    """The part that reasons of one kind share: "… values" for "50 values, expected 52 (image name and ...)"."""
    general = re.sub(r"column '?\w+'?", "a column", reason.removeprefix(LEFT_OUT))
    general = re.sub(r"'[^']*'|\b\d[\d.]*\b", "…", general)
    return re.split(r"[,:;(]", general)[0].strip()


def _numbers(config: Config, split: pd.DataFrame, dropped: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order: conditions of the probes, other conditions of the data, entries without a sequence name."""
    lengths = split.groupby(["condition", "frames", "role"]).size().rename("sequences").reset_index()
    rows = pd.concat([lengths, dropped.assign(role=DROPPED)], ignore_index=True)[COLUMNS]
    others = sorted({*rows["condition"]} - {*compared_names(config.protocol), UNNAMED}, key=natural)
    order = [*compared_names(config.protocol), *others, UNNAMED]
    rows = rows.sort_values("condition", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)
    return rows.astype({"frames": "Int64", "sequences": "Int64", "source_entries": "Int64"})


def _figure(config: Config, numbers: pd.DataFrame) -> Figure:
    """One panel above the other for each condition."""
    named = numbers[numbers["condition"] != UNNAMED]
    by_condition = {str(name): rows for name, rows in named.groupby("condition", sort=False)}
    figure = Figure(figsize=(COLUMN, 0.75 + 0.7 * len(by_condition)))
    panels = figure.subplots(len(by_condition), sharex=True, squeeze=False)[:, 0]
    required = protocol_of(config.protocol, config.data.modality[0]).min_frames
    edges = _edges(numbers["frames"].dropna().astype(int), required)
    for axes, (condition, rows) in zip(panels, by_condition.items(), strict=True):
        _histogram(axes, rows[rows["role"] != DROPPED], edges)
        axes.axvline(required, color="black", linewidth=0.8, linestyle="--", label=f"{required} frames required")
        axes.set_title(f"{condition_title(config, condition)}: {_counts(rows)}", loc="left", fontsize=SMALL, pad=3)
    panels[-1].set_xlabel("Frames per sequence")
    figure.supylabel("Sequences")
    line, in_use, excluded = panels[0].get_legend_handles_labels()[0]
    legend_above(figure, [in_use, excluded, line])
    return figure


def _edges(frames: pd.Series, required: int) -> np.ndarray:
    """The edges of bins of whole frames, one of which begins at the required number of frames."""
    width = 1 + (frames.max() - frames.min()) // BINS
    return required + width * np.arange((frames.min() - required) // width, (frames.max() - required) // width + 2)


def _histogram(axes: Axes, rows: pd.DataFrame, edges: np.ndarray) -> None:
    """Draw bars of the sequences in use, and on top of them the excluded ones."""
    excluded = rows["role"] == EXCLUDED
    below = np.zeros(len(edges) - 1)
    for chosen, style in ((~excluded, _IN_USE), (excluded, _EXCLUDED)):
        frames, weights = (rows.loc[chosen, name].astype(int) for name in ("frames", "sequences"))
        counts, _ = np.histogram(frames, edges, weights=weights)
        axes.bar(edges[:-1], counts, np.diff(edges), below, align="edge", linewidth=0.4 * (counts > 0), **style)
        below += counts
    # A square-root axis shows both the few excluded sequences and the many in use.
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
    required = protocol_of(config.protocol, config.data.modality[0]).min_frames
    excluded = _reasons(excluded_by_reason(split, config))
    return (
        f"Frames per sequence on {config.data.dataset}, by condition: {counted(len(split), 'sequence')}, {used:,} in "
        f"use; square-root axes. The line marks the {required} frames required. "
        + (f"Excluded: {excluded}. " if excluded else "No sequence is excluded. ")
        + _dropped(dropped)
    )


def _dropped(dropped: pd.DataFrame) -> str:
    """A sentence on entries that are in no sequence: rows, frames, other people, whole files."""
    if dropped.empty:
        return "No entry of the source was dropped."
    counts = dropped.groupby("reason")["source_entries"].sum()
    reasons = _reasons({str(reason): int(count) for reason, count in counts.items()})
    unnamed = dropped.loc[dropped["condition"] == UNNAMED, "source_entries"].sum()
    without = f" Entries without a sequence name, which are in no panel: {unnamed:,}." if unnamed else ""
    return f"Dropped entries of the source: {reasons}.{without}"


def _reasons(counts: Mapping[str, int]) -> str:
    """The most frequent reasons and one count for all others: 13 (too short); 2 (repeated frame)."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    texts = [f"{count:,} ({reason})" for reason, count in ordered[:LISTED]]
    if others := [count for _, count in ordered[LISTED:]]:
        texts.append(f"{sum(others):,} ({counted(len(others), 'other reason')})")
    return "; ".join(texts)
