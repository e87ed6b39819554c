"""The reproduction report: published against measured, what differs, what was left out, what it took.

A verdict says where the published number lies: within the measured interval, above it or below it. The published
numbers are the best of several runs and have no interval of their own, so a verdict is no test of their truth.
"""

import math
import re

from gaitcore.evaluation.statistics import MEAN
from gaitcore.reporting import notes
from gaitcore.reporting.checklist import checklist_section
from gaitcore.reporting.differences import setting_differences, text_differences
from gaitcore.reporting.estimates import (
    Estimate,
    estimates,
    interval,
    measured_models,
    points,
    printed,
    titles_with_mean,
    with_spread,
)
from gaitcore.reporting.evidence import Evidence, duration, gigabytes
from gaitcore.reporting.published import published_table2
from gaitcore.reporting.sections import Bullets, Grid, Page, Part, Section

WITHIN, ABOVE, BELOW = "within", "above", "below"
_VERDICTS = (WITHIN, ABOVE, BELOW)
_NO_VERDICT = "no interval"
_NOTHING = "–"


def reproduction_page(evidence: Evidence) -> Page:
    """The report of an experiment."""
    context = evidence.context
    return Page(
        title=f"Reproduction report: {context.experiment} on {context.dataset}",
        lead=(_conclusion(evidence), notes.protocol_sentence(evidence.summary, context)),
        sections=(
            _comparison_section(evidence),
            _differences_section(evidence),
            _left_out_section(evidence),
            _compute_section(evidence),
            _provenance_section(evidence),
            checklist_section(evidence),
        ),
    )


def verdict(published: float, measured: Estimate) -> str:
    """Where a published accuracy (a fraction) lies: "within", "above" or "below" the measured interval.

    Compared as printed, with one decimal of a percent. "no interval" where there is none (one subject).
    """
    if math.isnan(measured.ci_low):
        return _NO_VERDICT
    if printed(published) > printed(measured.ci_high):
        return ABOVE
    return BELOW if printed(published) < printed(measured.ci_low) else WITHIN


def _published(evidence: Evidence) -> dict[tuple[str, str], float]:
    """(system's title, condition) -> the published fraction; nothing where the tables show none."""
    if not evidence.context.show_published:
        return {}
    rows = published_table2()
    return dict(zip(zip(rows["method"], rows["condition"], strict=True), rows["percent"] / 100, strict=True))


def _comparisons(evidence: Evidence) -> list[tuple[str, str, float | None, Estimate]]:
    """(system's title, condition's title, published fraction, measured) of every system and condition."""
    published, rank1 = _published(evidence), estimates(evidence.summary, "rank1")
    return [
        (title, of_condition, published.get((title, condition)), rank1[model, condition, MEAN])
        for model in measured_models(evidence.summary)
        for title in [evidence.context.model_title(model)]
        for condition, of_condition in titles_with_mean(evidence.summary, evidence.context).items()
    ]


def _conclusion(evidence: Evidence) -> str:
    verdicts = [verdict(number, found) for _, _, number, found in _comparisons(evidence) if number is not None]
    if not verdicts:
        return (
            "This experiment shows no published rows, since nothing was published for its data and protocol. There is "
            "nothing to reproduce; what follows says what was measured and how."
        )
    counts = {name: verdicts.count(name) for name in (*_VERDICTS, _NO_VERDICT)}
    parts = [f"{counts[WITHIN]} within the measured interval", f"{counts[ABOVE]} above it", f"{counts[BELOW]} below it"]
    parts += [f"{counts[_NO_VERDICT]} without an interval to compare with"] * bool(counts[_NO_VERDICT])
    return f"Of {len(verdicts)} published numbers {', '.join(parts[:-1])} and {parts[-1]}."


def _comparison_section(evidence: Evidence) -> Section:
    lines = []
    for title, condition, published, found in _comparisons(evidence):
        against = (_NOTHING, _NOTHING, _NOTHING)
        if published is not None:
            difference = points(found._replace(mean=found.mean - published))
            against = (f"{printed(published):.1f}", difference, verdict(published, found))
        number, difference, judged = against
        lines.append(
            (
                title,
                condition,
                number,
                with_spread(found),
                difference,
                interval(found) or _NOTHING,
                judged,
                str(found.n_seeds),
            )
        )
    header = ("Model", "Condition", "Published", "Measured", "Difference", "Interval", "Verdict", "Seeds")
    shows_published = [
        *notes.published_notes(),
        "The verdict says where the published number lies: within the measured interval, above or below it. The "
        "difference is measured minus published, in points. The authors describe their numbers as the best of eight "
        "runs, so a mean is expected below them.",
    ]
    explained = (
        notes.run_sentence(evidence.summary, evidence.context),
        notes.reported_sentence(evidence.context),
        *(
            shows_published
            if evidence.context.show_published
            else ["No published rows are shown, so there is no verdict."]
        ),
        *notes.collapse_notes(evidence.summary, evidence.context),
        notes.chance_note(evidence.summary, evidence.context),
        notes.interval_sentence(evidence.summary),
    )
    return Section("Published against measured: rank-1 accuracy (%)", (Grid(header, tuple(lines)), Bullets(explained)))


def _differences_section(evidence: Evidence) -> Section:
    changed = setting_differences(evidence.config, evidence.paper)
    text = text_differences(evidence.config)
    of_settings: tuple[Part, ...] = ("Every setting is that of config.yaml.",)
    if changed:
        of_settings = (
            "Settings that are not those of config.yaml, the paper's:",
            Grid(("Setting", "config.yaml", "Here"), tuple(changed)),
        )
    return Section(
        "Protocol differences in force",
        (
            *of_settings,
            "Where the paper's text leaves a setting open or the published code does otherwise (docs/protocol.md):",
            Grid(("Setting", "The paper's text", "Here"), tuple(text)),
            "In force always: no epoch is chosen on test subjects; all seeds count; frames are sorted by number; empty "
            "cells are left out of the means and reported.",
        ),
    )


def _left_out_section(evidence: Evidence) -> Section:
    excluded = tuple((why, str(count)) for why, count in evidence.context.excluded.items())
    parts: list[Part] = [notes.excluded_note(evidence.context)]
    if excluded:
        parts.append(Grid(("Sequences excluded: part, reason", "Number"), excluded))
        parts.append("Each of them, with its number of frames and its reason: split.csv.")
    reasons = evidence.poses_report["reason"].map(_without_numbers).value_counts()
    if len(reasons):
        lines = tuple((reason, f"{count:,}") for reason, count in sorted(reasons.items()))
        parts.append(Grid(("Dropped while the poses were read: reason", "Entries"), lines))
        parts.append("Each of them, with file and line: poses_report.csv.")
    else:
        parts.append("Nothing was dropped while the poses were read.")
    return Section("Sequences excluded, and why", tuple(parts))


def _without_numbers(reason: str) -> str:
    """The kind of reason: numbers, which differ from entry to entry, as N."""
    return re.sub(r"-?\d+(?:\.\d+)?", "N", reason)


def _compute_section(evidence: Evidence) -> Section:
    lines = [
        (
            evidence.context.model_title(run["model"]),
            str(run["seed"]),
            str(run["epoch"]),
            f"{run['final_loss']:.4f}",
            "yes" if run["collapsed"] else "no",
            duration(run["wall_seconds"]),
            gigabytes(run["peak_memory_bytes"]),
            run["device"],
            ", ".join(map(str, run["resumed_after_steps"])) or _NOTHING,
        )
        for run in evidence.runs
    ]
    header = (
        "Model",
        "Seed",
        "Epoch",
        "Final loss",
        "Collapsed",
        "Training",
        "Peak memory",
        "Device",
        "Resumed after step",
    )
    return Section("Seeds and compute", (f"Training took {_total(evidence)}.", Grid(header, tuple(lines))))


def _total(evidence: Evidence) -> str:
    seconds: dict[str, float] = {}
    for run in evidence.runs:
        seconds[run["device"]] = seconds.get(run["device"], 0) + run["wall_seconds"]
    runs = f"{len(evidence.runs)} run{'s' * (len(evidence.runs) > 1)}"
    return f"{' and '.join(f'{duration(total)} on {device}' for device, total in seconds.items())} in all, {runs}"


def _provenance_section(evidence: Evidence) -> Section:
    packages = ", ".join(
        f"{name} {version}" for name, version in evidence.runs[0]["machine"]["packages"].items() if version
    )
    return Section(
        "Data, code and machine",
        (
            Grid(
                ("What", "Which"),
                (
                    ("source of the poses, SHA-256", evidence.common("pose_source_digest") or _NOTHING),
                    ("poses.parquet, SHA-256", evidence.common("inputs", "poses.parquet")),
                    ("split.csv, SHA-256", evidence.common("inputs", "split.csv")),
                    ("git revision", evidence.common("revision", "commit")),
                    ("without uncommitted changes", evidence.common("revision", "clean")),
                    ("processor", evidence.common("machine", "processor")),
                    ("platform", evidence.common("machine", "platform")),
                    ("Python", evidence.common("machine", "python")),
                    ("packages of the first run", packages),
                ),
            ),
            "The way from one number to the files behind it: python -m gaitcore trace TABLE ROW COLUMN.",
        ),
    )
