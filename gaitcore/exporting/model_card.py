"""The model card of an exported network, filled in from the files of its run.

Its sections follow Mitchell et al., "Model Cards for Model Reporting", FAT* 2019, in the form that Hugging Face reads.
What no file of the run says is called unknown.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from gaitcore import extensions
from gaitcore.artefacts.run_record import RunRecord
from gaitcore.artefacts.summary import MEAN
from gaitcore.evaluation.finished import TrainedRun
from gaitcore.exporting.agreement import Agreement
from gaitcore.keys import walk_name
from gaitcore.networks import model_title
from gaitcore.protocols.derivation import protocol_of
from gaitcore.protocols.roles import TESTED, TRAIN
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.tables.context import chance_level, comparison_in_words
from gaitcore.reporting.tables.estimates import (
    estimates,
    interval,
    measured_systems,
    metric_title,
    percent,
    with_spread,
)
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.protocol import Protocol

LIMITS = (
    "It is a tool of research. It was not tested for identifying people in practice, and no figure here covers other "
    "cameras, places, clothes, ages or gaits than those of its test data.",
    "Gait is biometric data. Consent of the people who are filmed, and the law where it is used, are the user's "
    "responsibility.",
    "Somebody of the gallery is always nearest, also where the walker is not in the gallery.",
)


@dataclass(frozen=True, eq=False)
class CardFacts:
    """What the card says, beside the run itself.

    Attributes:
        experiment: its name.
        version: of gaitcore.
        file: the ONNX file's name, and ``sha256`` its digest.
        input_name, input_shape, input_type: of the graph's input, the shape with ``batch`` and ``frames`` as words.
        input_sentences: what the input is, and what of its preparation is not in the graph.
        output_shape: of the graph's output.
        embedding_shape: (D,), or (parts, D), of a sequence's embedding.
        agreement: the comparison with PyTorch.
        summary: summary.csv of the experiment; None where there is none.
        split: split.csv of the run's modality; None where there is none.
        without_learning: the experiment's systems without weights.
        data: what the table of frames says of them; empty where it is absent.
        data_help: what the experiment's configuration says of the data and their licence; empty if nothing.
    """

    experiment: str
    version: str
    file: str
    sha256: str
    input_name: str
    input_shape: tuple[int | str, ...]
    input_type: str
    input_sentences: tuple[str, ...]
    output_shape: tuple[int | str, ...]
    embedding_shape: tuple[int, ...]
    agreement: Agreement
    summary: pd.DataFrame | None
    split: pd.DataFrame | None
    without_learning: tuple[str, ...]
    data: Mapping[str, str]
    data_help: str


def model_card(run: TrainedRun, facts: CardFacts) -> str:
    """The card as Markdown."""
    record = run.record
    title, data = model_title(run.network.name), record.settings.get("data", {})
    seed = "weights from a file" if record.seed is None else f"seed {record.seed}"
    sections = {
        f"{title}, {seed}, of the experiment {facts.experiment}": _what(run, facts, title),
        "Input and output": _input_and_output(run, facts),
        "How to use it": _usage(run, facts),
        "Data": _data(record, facts, data),
        "Protocol": _protocol(run, facts),
        "Results": _results(run, facts),
        "Training": _training(record),
        "Limits": _limits(run, facts, data),
        "Provenance": _provenance(run, facts),
    }
    marks = iter(["#", *["##"] * (len(sections) - 1)])
    body = "\n\n".join("\n".join((f"{next(marks)} {name}\n", *lines)) for name, lines in sections.items())
    return f"{_front_matter(run)}\n{body}\n"


def _front_matter(run: TrainedRun) -> str:
    tags = ["gait-recognition", run.modality, run.network.name, "gaitcore"]
    head = {"library_name": "onnx", "pipeline_tag": "feature-extraction", "license": "unknown", "tags": tags}
    return f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n"


def _what(run: TrainedRun, facts: CardFacts, title: str) -> Iterator[str]:
    record = run.record
    yield from _wrapped(
        f"A network for gait recognition ({title}, system `{record.system}`, {record.parameters:,} weights). It maps a "
        "walk to an embedding; walks of one person lie near one another. It is compared by "
        f"{_distance(run, facts)}. This file was made by `gaitcore export` {facts.version} from the files of the run."
    )
    if marks := list(_marks(record)):
        yield ""
        yield from chain.from_iterable(map(_wrapped, marks))


def _marks(record: RunRecord) -> Iterator[str]:
    """Why the results of a run do not count."""
    if record.collapsed:
        yield "**Collapsed:** at the end of training all embeddings were nearly one point. Do not use these weights."
    if record.untrained:
        yield "**Nothing learnt:** there was nothing to learn in training (one subject alone, or a loss of 0)."


def _distance(run: TrainedRun, facts: CardFacts) -> str:
    name = {"cosine": "1 - the cosine", "euclidean": "Euclidean distance"}[run.evaluation.distance]
    of_parts = len(facts.embedding_shape) > 1 and run.evaluation.parts == "mean"
    return f"{name} of each part, the mean over the {facts.embedding_shape[0]} parts" if of_parts else name


# --- the graph ---


def _input_and_output(run: TrainedRun, facts: CardFacts) -> Iterator[str]:
    rows = [
        ["input", f"`{facts.input_name}`", _shape(facts.input_shape), facts.input_type],
        ["output", "`embedding`", _shape(facts.output_shape), "float32"],
    ]
    yield from _table(["", "name", "shape", "type"], rows)
    yield ""
    yield from _listed([*facts.input_sentences, *_around(run, facts)])


def _around(run: TrainedRun, facts: CardFacts) -> Iterator[str]:
    """What of the evaluation is in the graph, and what is left to the user."""
    evaluation, frames = run.evaluation, run.network.frames
    if run.modality == "keypoints":
        channels = ", ".join(run.record.channels)
        yield f"In the graph: the input transform `{run.input.transform}` of the run ({channels}; {run.input.unit})."
    else:
        yield "In the graph: the middle 44 of 64 columns, divided by 255."
    both = evaluation.windows == "three_windows_and_reverse"
    ways = " and backwards" if both else ""
    combined = "one after the other" if evaluation.combine == "concatenated" else "their mean"
    if evaluation.test_time_augmentation != ("original",):
        copies = ", ".join(evaluation.test_time_augmentation)
        yield f"In the graph: the test-time copies of the input ({copies}; each{ways or ' once'}), {combined}."
    elif both:
        yield "In the graph: the input forwards and backwards in time, the mean of the two."
    if evaluation.windows == "whole_sequence":
        yield "The input is a whole walk, of any number of frames (3 or more)."
    else:
        yield (
            f"The input is windows of {frames} consecutive frames. Left to the user: {_windows(run)}. "
            f"A walk shorter than {frames} frames is {_short(run)}."
        )
    if len(facts.embedding_shape) > 1:
        parts, length = facts.embedding_shape
        form = "end to end" if len(facts.output_shape) == 2 else "one row each"
        yield f"The embedding has {parts} parts of {length} numbers, {form}."
    yield f"Distance of two embeddings: {_distance(run, facts)}."


def _windows(run: TrainedRun) -> str:
    evaluation = run.evaluation
    if evaluation.windows == "centre":
        return "to cut the window from the middle of the walk"
    if evaluation.windows == "even_windows":
        number = evaluation.window_count
        return f"to cut {number} windows at even distances from the first to the last, and the mean of their embeddings"
    step = evaluation.window_step
    return (
        f"to cut three windows, the one in the middle, one {step} frames earlier and one {step} frames later (not "
        "beyond the ends of the walk), and the mean of their embeddings"
    )


def _short(run: TrainedRun) -> str:
    if run.modality == "silhouettes":
        return "repeated end to end"
    return {
        "excluded": "not used: the evaluation excludes it",
        "reflected": "reflected at its ends",
        "repeated": "repeated end to end",
    }[run.input.short_sequences]


def window_code(frames: int, evaluation: Evaluation) -> list[str]:
    """Lines of Python that cut the array ``walk`` (T, ...) into ``windows`` (W, frames, ...)."""
    last = f"len(walk) - {frames}"
    cut = f"windows = np.stack([walk[start : start + {frames}] for start in starts])"
    if evaluation.windows == "centre":
        return [f"starts = [({last}) // 2]", cut]
    if evaluation.windows == "three_windows_and_reverse":
        return [
            f"middle, step = ({last}) // 2, {evaluation.window_step}",
            f"starts = [middle, max(middle - step, 0), min(middle + step, {last})]",
            cut,
        ]
    if evaluation.windows == "even_windows":
        count = evaluation.window_count
        return [f"starts = [i * ({last}) // {max(count - 1, 1)} for i in range({count})]", cut]
    return ["windows = walk[None]"]


def _usage(run: TrainedRun, facts: CardFacts) -> Iterator[str]:
    inner = ", ".join(map(str, facts.input_shape[2:]))
    yield from (
        "```python",
        "import numpy as np",
        "import onnxruntime",
        "",
        f'session = onnxruntime.InferenceSession("{facts.file}", providers=["CPUExecutionProvider"])',
        f'walk = np.load("walk.npy").astype(np.{facts.input_type})  # (frames, {inner})',
        *window_code(run.network.frames, run.evaluation),
        f'embedding = session.run(None, {{"{facts.input_name}": windows}})[0].mean(axis=0)',
        "```",
    )


# --- data, protocol, results ---


def _data(record: RunRecord, facts: CardFacts, data: dict[str, Any]) -> Iterator[str]:
    of_settings = {
        "data set": data.get("dataset"),
        "poses by": data.get("pose_source"),
        "frames per second": data.get("fps"),
    }
    rows = {name: value for name, value in (facts.data or of_settings).items() if value}
    rows["training subjects"] = f"{record.training_subjects:,}"
    rows["training sequences"] = f"{record.training_sequences:,}"
    yield from _table(["", ""], [[name, str(value)] for name, value in rows.items()])
    if record.origin:
        yield ""
        yield from _wrapped(
            f"The weights were trained elsewhere; they are those of {Path(record.origin.path).name} (SHA-256 "
            f"{record.origin.sha256})."
        )
        yield from _listed(record.origin.notes)


def _protocol(run: TrainedRun, facts: CardFacts) -> Iterator[str]:
    protocol = Protocol.model_validate(run.record.settings["protocol"])
    kind = extensions.declared("protocols", protocol.kind)
    sentences = [f"Split {protocol.split}; {comparison_in_words(kind, protocol)}."]
    if protocol.comparisons:
        for name, one in protocol.comparisons.items():
            sentences.append(f"{name}: probes {', '.join(one.probes)}; gallery {', '.join(one.gallery)}.")
    else:
        for side, walks in (("Gallery", protocol.gallery), ("Probes", protocol.probes)):
            names = ", ".join(walk_name(condition, one) for condition, numbers in walks.items() for one in numbers)
            sentences.append(f"{side}: {names}.")
    least = protocol_of(protocol, run.modality).min_frames
    if least > 1:
        sentences.append(f"Sequences of fewer than {least} frames are left out of training and test.")
    if facts.split is not None:
        split, tested = facts.split, facts.split["role"].isin(TESTED)
        sentences.append(
            f"{split.loc[split['role'] == TRAIN, 'subject'].nunique():,} training and "
            f"{split.loc[tested, 'subject'].nunique():,} test subjects, nobody is both; {int(tested.sum()):,} test "
            "sequences."
        )
    yield from _listed(sentences)


def _results(run: TrainedRun, facts: CardFacts) -> Iterator[str]:
    means, record = run.metrics.means, run.record
    protocol = Protocol.model_validate(record.settings["protocol"])
    metrics, conditions = list(means), [name for name in compared_names(protocol) if name in means["rank1"]]
    which = "these weights" if record.seed is None else f"these weights (seed {record.seed})"
    yield f"Accuracies of {which}, percent:\n"
    rows = [[name, *(percent(means[metric][name]) for metric in metrics)] for name in conditions]
    yield from _table(["condition", *map(metric_title, metrics)], rows)
    if eers := [
        f"{name} {percent(figures.eer)} %"
        for name in conditions
        if (figures := run.metrics.open_set.get(name)) and figures.eer is not None
    ]:
        yield ""
        yield from _wrapped(f"Equal error rate: {', '.join(eers)}.")
    if run.metrics.unmatched_probes:
        yield ""
        yield f"{run.metrics.unmatched_probes:,} probes have no gallery sequence of their subject."
    if facts.summary is not None and record.system in measured_systems(facts.summary):
        yield from _over_seeds(record.system, facts.summary, conditions, facts.without_learning)
    else:
        yield "\nNo summary.csv of the experiment is there, so intervals are unknown."
    if facts.split is not None:
        yield f"\nRank-1 by guessing: {percent(chance_level(facts.split, protocol))} %."


def _over_seeds(
    system: str, summary: pd.DataFrame, conditions: Sequence[str], without_learning: Sequence[str]
) -> Iterator[str]:
    rank1 = estimates(summary, "rank1")
    of_own = rank1[system, MEAN, MEAN]
    seeds = {0: "weights from a file", 1: "one seed"}.get(of_own.n_seeds, f"{of_own.n_seeds} seeds")
    covers = "subjects and seeds" if of_own.n_seeds > 1 else "subjects alone"
    yield f"\nRank-1 over {seeds}, percent; mean, standard deviation and bootstrap interval over {covers}:\n"
    rows = []
    for name in (system, *without_learning):
        label = f"{name} (no learning)" if name in without_learning else name
        cells = [rank1.get((name, condition, MEAN)) for condition in (*conditions, MEAN)]
        rows.append([label, *(f"{with_spread(one)} {interval(one)}".strip() if one else "–" for one in cells)])
    yield from _table(["system", *conditions, "mean"], rows)


def _training(record: RunRecord) -> Iterator[str]:
    training = record.settings.get("training")
    if training is None:
        yield "The weights were not trained in this experiment."
    else:
        loss = "" if record.final_loss is None else f" The mean loss of the last epoch was {record.final_loss:.4g}."
        yield from _wrapped(
            f"The weights are those of epoch {record.epoch}.{loss} Trained on {record.device} for "
            f"{record.wall_seconds:,.0f} s. The recipe:"
        )
    recipe = {name: record.settings[name] for name in ("network", "input", "training") if record.settings.get(name)}
    yield from (
        "",
        "```yaml",
        yaml.safe_dump(recipe, sort_keys=False, default_flow_style=None, width=110).rstrip(),
        "```",
    )


# --- limits and provenance ---


def _limits(run: TrainedRun, facts: CardFacts, data: dict[str, Any]) -> Iterator[str]:
    sentences = list(_marks(run.record))
    if run.modality == "keypoints":
        source = facts.data.get("poses by") or data.get("pose_source") or "an unknown estimator"
        sentences.append(f"It was trained on poses by {source}; those of another estimator have other errors.")
    if facts.split is not None:
        views = sorted(set(facts.split["view"].astype(str)))
        sentences.append(f"The views of its data: {', '.join(views[:20])}{', ...' if len(views) > 20 else ''}.")
    sentences += LIMITS
    sentences.append(
        "The files of the run do not hold the licence of the data, which may bind weights trained on them."
    )
    if facts.data_help:
        sentences.append(f"The experiment says of its data: {facts.data_help}")
    yield from _listed(sentences)


def _provenance(run: TrainedRun, facts: CardFacts) -> Iterator[str]:
    record = run.record
    yield from _wrapped(facts.agreement.sentence())
    yield ""
    commit = record.revision.commit or "unknown"
    rows = [
        [facts.file, facts.sha256],
        *([name, digest] for name, digest in sorted({**record.outputs, **run.metrics.inputs}.items())),
        ["code of the training", record.code_digest],
        ["revision", f"{commit}{'' if record.revision.clean is not False else ', with uncommitted changes'}"],
        ["machine", f"{record.machine.processor}, {record.machine.platform}"],
        *([f"extension {name}", digest] for name, digest in sorted(record.extensions.items())),
    ]
    yield from _table(["", "SHA-256, or text"], [[name, f"`{value}`"] for name, value in rows])


# --- Markdown ---


def _shape(shape: Iterable[int | str]) -> str:
    return f"({', '.join(map(str, shape))})"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False)


def _listed(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from textwrap.wrap(f"- {sentence}", 120, subsequent_indent="  ", break_long_words=False)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (header, ["---"] * len(header), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
