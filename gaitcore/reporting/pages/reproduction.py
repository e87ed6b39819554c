"""The reproduction report: published against measured, protocol differences, excluded sequences, run times."""

import re

from gaitcore.reporting.pages.checklist import checklist_section
from gaitcore.reporting.pages.comparison import COMPARISON_TITLE, VERDICT_NOTE, comparison_grid, conclusion
from gaitcore.reporting.pages.differences import setting_differences, text_differences
from gaitcore.reporting.pages.evidence import Evidence
from gaitcore.reporting.pages.run_times import training_parts
from gaitcore.reporting.pages.sections import Bullets, Grid, Page, Part, Section
from gaitcore.reporting.tables import notes

_NOTHING = "–"


def reproduction_page(evidence: Evidence) -> Page:
    """The report of an experiment."""
    context = evidence.context
    return Page(
        title=f"Reproduction report: {context.experiment} on {context.dataset}",
        lead=(conclusion(evidence.summary, context), notes.protocol_sentence(evidence.summary, context)),
        sections=(
            _comparison_section(evidence),
            _differences_section(evidence),
            _left_out_section(evidence),
            Section("Seeds and compute", training_parts(context, evidence.runs)),
            _provenance_section(evidence),
            checklist_section(evidence),
        ),
    )


def _comparison_section(evidence: Evidence) -> Section:
    summary, context = evidence.summary, evidence.context
    verdicts = [
        *notes.published_notes(evidence.context.system_titles.values(), evidence.context.published_set),
        VERDICT_NOTE,
    ]
    sentences = (
        notes.run_sentence(summary, context),
        notes.reported_sentence(context),
        *(verdicts if context.show_published else ["No published rows are shown, so there is no verdict."]),
        *notes.marked_run_notes(summary, context),
        *notes.origin_notes(context),
        notes.chance_note(summary, context),
        notes.interval_sentence(summary),
    )
    title = COMPARISON_TITLE if context.show_published else "Measured: rank-1 accuracy (%)"
    return Section(title, (comparison_grid(summary, context), Bullets(sentences)))


def _differences_section(evidence: Evidence) -> Section:
    changed = setting_differences(evidence.config, evidence.paper)
    text = text_differences(evidence.config)
    settings_parts: tuple[Part, ...] = ("Every setting is that of config.yaml.",)
    if changed:
        settings_parts = (
            "Settings that differ from those of config.yaml, which are the paper's:",
            Grid(("Setting", "config.yaml", "Here"), tuple(changed)),
        )
    return Section(
        "Protocol differences in force",
        (
            *settings_parts,
            "Where the paper's text leaves a setting open or the published code differs from it (docs/protocol.md):",
            Grid(("Setting", "The paper's text", "Here"), tuple(text)),
            "Always in force: no epoch is chosen on test subjects; all seeds count; frames are sorted by number; empty "
            "cells are left out of the means and reported.",
        ),
    )


def _left_out_section(evidence: Evidence) -> Section:
    excluded = tuple((why, str(count)) for why, count in evidence.context.excluded.items())
    parts: list[Part] = [notes.excluded_note(evidence.context)]
    if excluded:
        parts.append(Grid(("Sequences excluded: part, reason", "Number"), excluded))
        parts.append("split.csv lists each of them with its number of frames and its reason.")
    reasons = evidence.poses_report["reason"].map(_without_numbers).value_counts()
    if len(reasons):
        lines = tuple((str(reason), f"{count:,}") for reason, count in sorted(reasons.items()))
        parts.append(Grid(("Dropped while the poses were read: reason", "Entries"), lines))
        parts.append(f"{evidence.report_name()} lists each of them with file and line.")
    else:
        parts.append("Nothing was dropped while the poses were read.")
    return Section("Sequences excluded, and why", tuple(parts))


def _without_numbers(reason: str) -> str:
    """The kind of a reason: numbers, which differ between entries, are replaced by N."""
    return re.sub(r"-?\d+(?:\.\d+)?", "N", reason)


def _provenance_section(evidence: Evidence) -> Section:
    packages = ", ".join(f"{name} {version}" for name, version in evidence.runs[0].machine.packages.items() if version)
    return Section(
        "Data, code and machine",
        (
            Grid(
                ("Fact", "Value"),
                (
                    ("source of the frames, SHA-256", evidence.common(lambda run: run.source_digest) or _NOTHING),
                    *((f"{name}, SHA-256", digest) for name, digest in evidence.inputs()),
                    ("git revision", evidence.common(lambda run: run.revision.commit)),
                    ("without uncommitted changes", evidence.common(lambda run: run.revision.clean)),
                    ("processor", evidence.common(lambda run: run.machine.processor)),
                    ("platform", evidence.common(lambda run: run.machine.platform)),
                    ("Python", evidence.common(lambda run: run.machine.python)),
                    ("packages of the first run", packages),
                ),
            ),
            "The files behind one number are listed by: gaitcore trace TABLE ROW COLUMN.",
        ),
    )
