"""Two results folders beside each other: settings, code and data that differ, and the accuracies on common probes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from gaitcore.artefacts.metrics import Metrics, read_metrics
from gaitcore.artefacts.run_record import RunRecord, read_run
from gaitcore.artefacts.subjects import read_subjects
from gaitcore.artefacts.summary import DIFFERENCE, MEAN, TESTED_METRIC
from gaitcore.commands.paths import finished_experiment
from gaitcore.commands.texts import text_table
from gaitcore.errors import ConfigError, DataError
from gaitcore.evaluation.statistics import NO_SEED, summarise
from gaitcore.percent import in_percent
from gaitcore.protocols.sides import in_tables_order
from gaitcore.reporting.pages.differences import flat_settings, setting_text
from gaitcore.settings.protocol import Protocol
from gaitcore.suggest import nearest

_CELL = ["condition", "view", "subject"]
_SHOWN = 12  # characters of a digest
_NONE = "-"


class Run(NamedTuple):
    """The records of one run."""

    record: RunRecord
    metrics: Metrics
    subjects: Path


@dataclass(frozen=True)
class Runs:
    """The runs of a results folder: system -> seed -> run; the seed of weights from a file is NO_SEED."""

    folder: Path
    systems: dict[str, dict[int, Run]]

    @property
    def protocol(self) -> Protocol:
        """The section of the configuration, of the first run."""
        runs = next(iter(self.systems.values()))
        return Protocol.model_validate(next(iter(runs.values())).record.settings["protocol"])


def read_runs(place: str) -> Runs:
    """The evaluated runs of an experiment, or of a results folder.

    Raises:
        DataError: there is no such folder or experiment, it has no evaluated run, or a record is damaged.
    """
    folder = finished_experiment(place)
    systems: dict[str, dict[int, Run]] = {}
    for path in sorted(folder.glob("*/*/metrics.json")):
        run = Run(read_run(path.with_name("run.json")), read_metrics(path), path.with_name("subjects.csv"))
        seed = NO_SEED if run.record.seed is None else run.record.seed
        systems.setdefault(run.record.system, {})[seed] = run
    if not systems:
        raise DataError(
            f"{folder}: no evaluated run in it, expected SYSTEM/seed-0/metrics.json; run the workflow first."
        )
    return Runs(folder, {name: dict(sorted(runs.items())) for name, runs in systems.items()})


def system_pairs(a: Runs, b: Runs, named: list[str] | None) -> list[tuple[str, str]]:
    """The systems to compare: those that are named, or else those that both folders have.

    Raises:
        ConfigError: a folder has no system of that name, or the two have none in common.
    """
    if named:
        for name, runs in zip(named, (a, b), strict=True):
            if name not in runs.systems:
                raise ConfigError(f'{runs.folder} has no system "{name}"{nearest(name, runs.systems)}')
        return [(named[0], named[1])]
    pairs = [(name, name) for name in a.systems if name in b.systems]
    if not pairs:
        raise ConfigError(
            f"{a.folder} has {', '.join(a.systems)} and {b.folder} has {', '.join(b.systems)}, which is no system in "
            "common; name one of each with --systems."
        )
    return pairs


# --- what differs ---


def difference_lines(a: Runs, b: Runs, pairs: list[tuple[str, str]]) -> list[str]:
    """Settings, data, code and machine in which the runs differ, as a table."""
    facts = [(pair, _facts(a.systems[pair[0]]), _facts(b.systems[pair[1]])) for pair in pairs]
    changed: dict[str, tuple[str, str]] = {}
    for (name, _), here, there in facts:
        for key in dict.fromkeys([*here, *there]):
            values = here.get(key, _NONE), there.get(key, _NONE)
            if values[0] == values[1]:
                continue
            alike = all((one.get(key, _NONE), other.get(key, _NONE)) == values for _, one, other in facts)
            changed[key if alike else f"{name}: {key}"] = values
    only = [
        f"Only in {letter}: {', '.join(names)}."
        for letter, runs, place in (("A", a, 0), ("B", b, 1))
        if (names := [name for name in runs.systems if name not in {pair[place] for pair in pairs}])
    ]
    if not changed:
        return ["", "Settings, data, code and machine are the same.", *only]
    return ["", text_table([[key, *values] for key, values in changed.items()], ["differs", "A", "B"]), *only]


def _facts(runs: Mapping[int, Run]) -> dict[str, str]:
    """What the runs of a system depend on, by name; of the first seed where seeds have records of their own."""
    record, metrics, _ = next(iter(runs.values()))
    settings = {**record.settings, "evaluation": metrics.evaluation}
    facts = {name: setting_text(value) for name, value in flat_settings(settings) if name != "experiment"}
    facts["seeds"] = setting_text(["imported" if seed == NO_SEED else seed for seed in runs])
    facts |= {f"data: {name}": _digest(digest) for name, digest in record.inputs.items()}
    facts |= {"code of training": _digest(record.code_digest), "code of evaluation": _digest(metrics.code_digest)}
    facts |= {f"extension {name}": _digest(digest) for name, digest in record.extensions.items()}
    facts["revision"] = _digest(record.revision.commit) + ("" if record.revision.clean else ", with changes")
    facts |= {"device": record.device, "processor": record.machine.processor, "Python": record.machine.python}
    return facts | {name: version or _NONE for name, version in record.machine.packages.items()}


def _digest(text: str | None) -> str:
    return text[:_SHOWN] if text else _NONE


# --- numbers ---


def number_lines(a: Runs, b: Runs, system_a: str, system_b: str) -> list[str]:
    """The accuracies of a pair of systems on the probes that both have, with the paired test over their subjects."""
    runs_a, runs_b = a.systems[system_a], b.systems[system_b]
    tables = {"B": _subjects(runs_b), "A": _subjects(runs_a)}
    kept, left_out = _common(tables)
    title = system_a if system_a == system_b else f"{system_a} (A), {system_b} (B)"
    if kept["A"].empty:
        return ["", f"{title}: no probe in common, so that no number can be compared."]
    summary = summarise(pd.concat([kept["B"].assign(system="B"), kept["A"].assign(system="A")], ignore_index=True))
    subjects = kept["A"]["subject"].nunique()
    lines = ["", f"{title}: {len(runs_a)} and {len(runs_b)} seeds, {subjects} common subjects; percent"]
    lines += [
        text_table(list(_rows(summary, a.protocol)), ["condition", "metric", "A", "B", "B - A", "95 % interval", "p"])
    ]
    if left_out:
        lines.append(f"Left out: {left_out} rows of subjects.csv whose probes the other experiment does not have.")
    if not (summary["metric"] == DIFFERENCE).any():
        lines.append("No test: the two have no seed in common.")
    return lines


def _subjects(runs: Mapping[int, Run]) -> pd.DataFrame:
    tables = [read_subjects(run.subjects).assign(seed=seed) for seed, run in runs.items()]
    return pd.concat(tables, ignore_index=True)


def _common(tables: Mapping[str, pd.DataFrame]) -> tuple[dict[str, pd.DataFrame], int]:
    """The rows of condition, view and subject with equally many probes in all runs of both; and how many have not."""
    cells = [set(rows[[*_CELL, "probes"]].itertuples(index=False, name=None)) for rows in _each_run(tables.values())]
    common = set.intersection(*cells)
    kept = {}
    for name, table in tables.items():
        inside = [row in common for row in table[[*_CELL, "probes"]].itertuples(index=False, name=None)]
        kept[name] = table[inside].reset_index(drop=True)
    return kept, sum(len(table) for table in tables.values()) - sum(len(table) for table in kept.values())


def _each_run(tables: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
    return [rows for table in tables for _, rows in table.groupby("seed")]


def _rows(summary: pd.DataFrame, protocol: Protocol) -> Iterable[list[Any]]:
    """Condition, metric, both means, their difference, and for rank-1 its interval and p-value."""
    rows = summary[summary["view"] == MEAN].to_dict("records")
    means = {(row["system"], row["condition"], row["metric"]): row for row in rows}
    for condition in in_tables_order(dict.fromkeys(row["condition"] for row in rows), protocol):
        for metric in (metric for name, one, metric in means if (name, one) == ("A", condition)):
            one, other = (means[name, condition, metric]["mean"] for name in ("A", "B"))
            row = [condition, metric, *(f"{in_percent(value):.1f}" for value in (one, other))]
            row.append(f"{in_percent(other - one):+.1f}")
            pair = ("B - A", condition, DIFFERENCE)
            if metric == TESTED_METRIC and pair in means:
                tested = means[pair]
                low, high, p = (tested[name] for name in ("ci_low", "ci_high", "p_value"))
                row[-1] = f"{in_percent(tested['mean']):+.1f}"  # over the seeds that both have
                row += [f"[{in_percent(low):+.1f}, {in_percent(high):+.1f}]", "< 0.001" if p < 0.001 else f"{p:.3f}"]
            else:
                row += ["", ""]
            yield row
