"""A trace as text: the number, and below it the files it was computed from, in order, with their digests."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gaitcore.artefacts.run_record import RunRecord, run_of
from gaitcore.audit.trace import RECEIPT, Trace, TracedFile, TracedRun
from gaitcore.percent import in_percent
from gaitcore.reporting.tables.estimates import interval, metric_title, with_spread
from gaitcore.words import counted

_DIGITS = 12  # of a short digest


def trace_text(trace: Trace, full: bool = False) -> str:
    """A trace as lines of text.

    Args:
        trace: what was found.
        full: print all digits of each digest, as ``sha256sum`` does, and not the first twelve.
    """
    digits = None if full else _DIGITS
    parts = [("table and statistics", list(trace.made))]
    parts += [(_title(run, trace), _inside(run)) for run in trace.runs]
    parts += [("data", _together([*trace.data, *(file for run in trace.runs for file in run.data)]))]
    return "\n".join(
        [*_number_lines(trace), *_file_lines(parts, digits), "", *_fact_lines(trace.runs, digits), "", *_closing(trace)]
    )


def _metric(trace: Trace) -> str:
    title = metric_title(trace.cell.get("metric", "rank1"))
    return title[0].lower() + title[1:]


def _number_lines(trace: Trace) -> Iterator[str]:
    cell, ends = trace.cell, interval(trace.estimate)
    place = ", ".join(cell[key] for key in ("block", "view", "condition") if cell.get(key))
    number = f"{_metric(trace)} {with_spread(trace.estimate)} %{f', interval {ends}' if ends else ''}"
    yield f"{cell['method']}, {place}: {number}"
    alone = "with weights from a file" if trace.runs[0].seed is None else f"seed {trace.runs[0].seed} alone"
    yield f"{f'the mean of {len(trace.runs)} seeds' if len(trace.runs) > 1 else alone}, in {trace.table}"


def _file_lines(parts: Sequence[tuple[str, list[TracedFile]]], digits: int | None) -> Iterator[str]:
    """The files of each part below its title: path, digest, and where the digest is recorded."""
    width = max(len(str(file.path)) for _, files in parts for file in files) + 2
    for number, (title, files) in enumerate(parts):
        yield ""
        yield title if number else f"{title:<{width}}  {'SHA-256':<{len(files[0].sha256[:digits])}}  recorded in"
        yield from (f"  {file.path!s:<{width - 2}}  {file.sha256[:digits]}  {_recorders(file)}" for file in files)


def _title(run: TracedRun, trace: Trace) -> str:
    return f"{_name(run)}: {_metric(trace)} {in_percent(run.accuracy):.2f} %, {run.folder}/"


def _name(run: TracedRun) -> str:
    return "weights from a file" if run.seed is None else f"seed {run.seed}"


def _inside(run: TracedRun) -> list[TracedFile]:
    """The files of a run, by their names in its folder; others by their paths."""
    return [
        replace(file, path=file.path.relative_to(run.folder)) if file.path.is_relative_to(run.folder) else file
        for file in run.files
    ]


def _together(files: Iterable[TracedFile]) -> list[TracedFile]:
    """Each file once, with what all of its entries say of it; a record that disagrees in one of them disagrees."""
    found: dict[Path, TracedFile] = {}
    for file in files:
        if file.path in found:
            before = found[file.path].recorded
            wrong = {name: digest for name, digest in before.items() if digest != file.sha256}
            file = replace(file, recorded={**before, **file.recorded, **wrong})
        found[file.path] = file
    return list(found.values())


def _recorders(file: TracedFile) -> str:
    """Where the digest of a file is recorded, and where another one is."""
    agreeing = [name for name, digest in file.recorded.items() if digest == file.sha256]
    others = [name for name in file.recorded if name not in agreeing]
    texts = [_counted_receipts(agreeing)] if agreeing else []
    return "; ".join(texts + ([f"NOT as in {_counted_receipts(others)}"] if others else []))


def _counted_receipts(names: Sequence[str]) -> str:
    files = [name for name in names if not name.startswith(RECEIPT)]
    receipts = len(names) - len(files)
    return ", ".join([*files, *([counted(receipts, "receipt")] if receipts else [])])


def _fact_lines(runs: Sequence[TracedRun], digits: int | None) -> Iterator[str]:
    """The facts of all runs, each once; where runs differ, a line for each."""
    yield "computed with"
    facts = {_name(run): _facts(run, digits) for run in runs}
    names = list(dict.fromkeys(name for of_run in facts.values() for name in of_run))
    width = max(map(len, names))
    for name in names:
        values = {run: of_run.get(name, "none") for run, of_run in facts.items()}
        same = len(set(values.values())) == 1
        texts = list(values.values())[:1] if same else [f"{run}: {value}" for run, value in values.items()]
        for number, text in enumerate(texts):
            yield f"  {name if number == 0 else '':<{width}}  {text}"


def _facts(run: TracedRun, digits: int | None) -> dict[str, str]:
    record, machine, revision = run.record, run.record.machine, run.record.revision
    clean = {True: "", False: ", with uncommitted changes", None: ""}[revision.clean]
    packages = machine.packages

    def short(digest: str | None, absent: str = "not recorded") -> str:
        return digest[:digits] if digest else absent

    return {
        **_origin_facts(record, digits),
        "split": _split(record.settings.get("protocol")),
        "settings": "in run.json: " + ", ".join(record.settings),
        f"{'import' if record.imported else 'training'}'s code": short(record.code_digest),
        "evaluation's code": short(run.evaluation_code),
        **{f"extension {name}": short(digest) for name, digest in record.extensions.items()},
        "git revision": f"{short(revision.commit, 'not in git')}{clean}",
        "source of the frames": short(record.source_digest),
        "versions": f"Python {machine.python}, torch {packages.get('torch')}, numpy {packages.get('numpy')}",
        "machine": f"{record.device}; {machine.processor}, {machine.cores} cores, {machine.platform}",
    }


def _origin_facts(record: RunRecord, digits: int | None) -> dict[str, str]:
    """Where weights from elsewhere come from; of a run, its data, code and revision."""
    if record.origin is None:
        return {}
    origin, before = record.origin, run_of(record.origin)
    role = "weights from" if record.imported else "first weights from"
    facts = {role: f"{origin.path}, SHA-256 {origin.sha256[:digits]}"}
    if origin.trained_on:
        facts["trained on"] = ", ".join(f"{key} {value}" for key, value in origin.trained_on.items())
    if before:
        digests = (before.code_digest, before.revision.commit, before.source_digest)
        code, revision, source = (digest and digest[:digits] for digest in digests)
        facts["by the run"] = f"{before.system}, seed {before.seed}, code {code}, revision {revision}, source {source}"
    return facts


def _split(protocol: Any) -> str:
    return str(protocol.get("split", "not recorded")) if isinstance(protocol, dict) else "not recorded"


def _closing(trace: Trace) -> list[str]:
    if trace.holds:
        return ["Every digest is as recorded, and the runs give the number in the table."]
    return [f"NOT traced: {problem}." for problem in trace.problems]
