"""The facts that a table prints beside its numbers: the data set, the protocol and the runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from gaitcore import extensions
from gaitcore.artefacts.run_record import RunRecord
from gaitcore.keys import canonical, sequence_names
from gaitcore.modalities import table_name
from gaitcore.networks import modality
from gaitcore.protocols.derivation import gaps, protocol_of, usable_walks
from gaitcore.protocols.roles import BOTH, EXCLUDED, TESTED, TRAIN, UNKNOWN_PROBE, split_in_use
from gaitcore.protocols.sides import GALLERY, PROBE, compared, compared_names, titled_names
from gaitcore.reporting.tables.published import CASIA_B, estimator_of, shows_published
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.experiment import Config, System
from gaitcore.settings.protocol import LISTED, OTHERS, Protocol
from gaitcore.systems import system_settings


@dataclass(frozen=True)
class SourceFacts:
    """How much of the source reached the table of frames.

    Attributes:
        table, report: the files' names, e.g. poses.parquet and poses_report.csv.
        sequences: in the table.
        lost: sequences that the report names and the table lacks.
        unnamed: entries of the report that name no sequence.
    """

    table: str = "poses.parquet"
    report: str = "poses_report.csv"
    sequences: int = 0
    lost: int = 0
    unnamed: int = 0


@dataclass(frozen=True, eq=False)
class TableContext:
    """Everything the tables and ``summary.md`` print that is not in ``summary.csv``.

    ``condition_titles`` also defines the order of conditions. ``excluded`` counts the sequences left out, by part and
    reason ("test, fewer than 61 frames": 3). ``chance`` is the rank-1 accuracy of guessing, a fraction. ``unmatched``
    counts those of the ``probes`` whose subject is not in the gallery. ``epoch`` completes the sentence "The reported
    weights are those of ...". ``runs`` has one row per trained network: system, seed, collapsed and untrained (bool),
    spread (of its embeddings, 0 when all are one point). ``gaps`` are sentences on what the protocol names and the data
    lack.
    """

    experiment: str
    dataset: str
    train_subjects: int
    test_subjects: int
    gallery: str  # "NM#1-4"
    probe_labels: Mapping[str, str]  # {"nm": "NM#5-6"}
    condition_titles: Mapping[str, str]  # {"nm": "NM"}
    system_titles: Mapping[str, str]  # {"gaitmixer": "GaitMixer"}
    embeddings: Mapping[str, str]  # system -> its embedding in words: "the one window in the sequence's centre"
    epoch: str  # "the last epoch"
    chance: float
    excluded: Mapping[str, int]
    runs: pd.DataFrame
    probes: int = 0
    unmatched: int = 0
    show_published: bool = False
    comparison: str = "identical view excluded"  # which probes are compared with which gallery sequences
    misses: bool = True  # whether the unmatched probes count as misses
    modalities: Mapping[str, str] = field(default_factory=dict)  # system -> keypoints or silhouettes
    confidence: float = 0.95
    source: SourceFacts = SourceFacts()
    gaps: tuple[str, ...] = ()
    without_training: tuple[str, ...] = ()  # titles of systems
    estimator: str = ""  # of the measured systems' poses, as published rows name theirs: HRNet
    elsewhere: Mapping[str, RunRecord] = field(default_factory=dict)  # system with weights from elsewhere -> its run
    denominators: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # modality -> probes, gallery sequences
    products: Mapping[str, str] = field(default_factory=dict)  # system -> precision in training, where not float32
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # condition or comparison -> the same
    comparisons: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # -> probes and gallery in words
    lengths: str = ""  # the least length of a sequence, and what is done with those shorter than a window
    unknown_probes: int = 0  # they are in the submission alone
    published_set: str = CASIA_B  # the data set of the published rows
    overall: str | None = None  # the comparison whose accuracy stands for the mean over all of them

    def system_title(self, system: str) -> str:
        """The system's printed title; its name where it has no title."""
        return self.system_titles.get(system, system)

    def imported(self, system: str) -> bool:
        """Whether a system's weights were trained elsewhere and not here."""
        return system in self.elsewhere and self.elsewhere[system].imported

    def collapsed_seeds(self, system: str) -> list[int]:
        """Seeds of this system whose embeddings became one point."""
        return self._seeds(system, "collapsed")

    def untrained_seeds(self, system: str) -> list[int]:
        """Seeds of this system whose training had nothing to learn."""
        return self._seeds(system, "untrained")

    def _seeds(self, system: str, fact: str) -> list[int]:
        runs = self.runs[(self.runs["system"] == system) & self.runs[fact].astype(bool)]
        return sorted(int(seed) for seed in runs["seed"])


def table_context(
    config: Config,
    splits: Sequence[pd.DataFrame],
    runs: Sequence[RunRecord],
    poses_report: pd.DataFrame,
) -> TableContext:
    """The facts that an experiment's tables print beside their numbers.

    Args:
        config: the experiment's configuration.
        splits: split.csv, and the splits of the further modalities, in the order of data.modality; where these are left
            out, their excluded sequences and the sizes of their galleries are not reported.
        runs: the content of each run.json.
        poses_report: poses_report.csv, or that of the first modality.
    """
    split, by_modality = splits[0], dict(zip(config.data.modality, splits, strict=False))
    usable = usable_walks(split)
    protocol, systems = config.protocol, {name: system_settings(config, name) for name in config.compare}
    trained = {name: system for name, system in systems.items() if system.weights is None}
    subjects = split.groupby("role")["subject"].nunique()
    comparisons = compared(split, protocol)
    matched = {name: _matched(rows) for name, rows in comparisons.items()}
    kind = extensions.declared("protocols", protocol.kind)
    misses = kind["METRICS"] == "cross_view"
    return TableContext(
        experiment=config.experiment,
        dataset=config.data.dataset,
        train_subjects=int(subjects.get(TRAIN, 0)) if trained else 0,
        test_subjects=int(split.loc[split["role"].isin(TESTED), "subject"].nunique()),
        gallery=", ".join(_walks(config, protocol.gallery, usable).values()),
        probe_labels={
            **_walks(config, protocol.probes, usable),
            **{name: condition_title(config, name) for name in protocol.comparisons},
        },
        condition_titles={name: condition_title(config, name) for name in compared_names(protocol)},
        system_titles={name: system.title for name, system in systems.items()},
        embeddings={name: _embedding(system.evaluation) for name, system in systems.items()},
        epoch=_common(_epoch(config, system.training.select) for system in trained.values() if system.training.epochs),
        without_training=tuple(system.title for system in trained.values() if not system.training.epochs),
        elsewhere={run.system: run for run in reversed(runs) if run.origin},
        # A guess can be right only for a probe whose subject is in the gallery.
        chance=chance_level(split, protocol),
        excluded={
            f"{reason}, {name}" if name != config.data.modality[0] else reason: count
            for name, of_modality in by_modality.items()
            for reason, count in excluded_by_reason(of_modality, config, name).items()
        },
        estimator=estimator_of(config.data.pose_source),
        denominators={name: _denominators(of_modality) for name, of_modality in by_modality.items()},
        counts=_counts(comparisons),
        comparisons={
            name: (_selection(one.probes), _selection(one.gallery)) for name, one in protocol.comparisons.items()
        },
        lengths=_lengths(config, trained),
        unknown_probes=int((split["role"] == UNKNOWN_PROBE).sum()),
        published_set=config.tables.published_set,
        runs=pd.DataFrame([run.model_dump(include=set(_RUN)) for run in runs]),
        probes=sum(map(len, matched.values())),
        unmatched=sum(int((~of).sum()) for of in matched.values()),
        show_published=shows_published(config),
        modalities={name: modality(system.network.name) for name, system in systems.items()},
        confidence=config.statistics.confidence,
        overall=config.statistics.overall,
        comparison=comparison_in_words(kind, protocol),
        misses=misses,
        source=_source(config, split, poses_report),
        gaps=gaps(split, protocol),
        products={run.system: of for run in runs if (of := run.determinism.get("products", FLOAT32)) != FLOAT32},
    )


def _matched(rows: pd.DataFrame) -> pd.Series:
    """Whether the subject of each probe of a comparison is in its gallery."""
    enrolled = rows.loc[rows["role"] == GALLERY, "subject"].unique()
    return rows.loc[rows["role"] == PROBE, "subject"].isin(enrolled)


def chance_level(split: pd.DataFrame, protocol: Protocol) -> float:
    """The rank-1 accuracy of guessing a gallery subject, a fraction; the mean over comparisons."""
    misses = extensions.declared("protocols", protocol.kind)["METRICS"] == "cross_view"
    return float(np.mean([_chance(rows, _matched(rows), misses) for rows in compared(split, protocol).values()]))


def _chance(rows: pd.DataFrame, matched: pd.Series, misses: bool) -> float:
    """The rank-1 accuracy of guessing a gallery subject."""
    enrolled = rows.loc[rows["role"] == GALLERY, "subject"].nunique()
    return (float(matched.mean()) if misses else 1.0) / enrolled


def _counts(comparisons: Mapping[str, pd.DataFrame]) -> dict[str, tuple[int, int]]:
    """Condition or comparison -> its probes and the gallery sequences they are compared with."""
    counts = {}
    for rows in comparisons.values():
        gallery = int((rows["role"] == GALLERY).sum())
        for name, number in rows.loc[rows["role"] == PROBE, "condition"].value_counts(sort=False).items():
            counts[str(name)] = (int(number), gallery)
    return counts


_SELECTIONS = {LISTED: "the listed sequences", OTHERS: "all other test sequences"}


def _selection(patterns: Sequence[str]) -> str:
    """Patterns of conditions in words."""
    return ", ".join(_SELECTIONS.get(pattern, pattern) for pattern in patterns)


_SHORT = {
    "reflected": "reflected at their ends",
    "repeated": "repeated end to end",
    "ordered": "repeated end to end",
    "unordered": "drawn from with replacement",
}


def _lengths(config: Config, systems: Mapping[str, System]) -> str:
    """The least length of a sequence, and what happens to training sequences that are shorter than a window."""
    least = {name: protocol_of(config.protocol, name).min_frames for name in config.data.modality}
    texts = {name: f"of at least {number} frames" if number > 1 else "of any length" for name, number in least.items()}
    several = len(set(texts.values())) > 1
    used = ", ".join(f"{text} ({name})" for name, text in texts.items()) if several else next(iter(texts.values()))
    rules: dict[str, list[str]] = {}
    for system in systems.values():
        if system.training.epochs and least[modality(system.network.name)] <= system.network.frames:
            kind = system.training.sampling.kind
            rule = system.input.short_sequences if kind == "window" else kind
            rules.setdefault(_SHORT.get(rule, rule), []).append(system.title)
    short = "; ".join(rule if len(rules) == 1 else f"{rule} ({', '.join(titles)})" for rule, titles in rules.items())
    shorter = f"; training sequences shorter than a window are {short}" if rules else ""
    return f"Sequences {used} are used{shorter}."


FLOAT32 = "float32"
_RUN = ("system", "seed", "collapsed", "untrained", "spread")


def comparison_in_words(kind: Mapping[str, Any], protocol: Protocol) -> str:
    """Which probes are compared with which gallery sequences, in the words of the kind of protocol."""
    if protocol.exclude_same == "nothing" and kind["METRICS"] == "cross_view":
        return str(kind.get("COMPARISON_WITH_IDENTICAL_VIEW", f"{kind['COMPARISON']}, identical view included"))
    own = ", own subject's identical view excluded" if protocol.exclude_same == "view" else ""
    return f"{kind['COMPARISON']}{own}"


def _source(config: Config, split: pd.DataFrame, poses_report: pd.DataFrame) -> SourceFacts:
    table = table_name(config.data.modality[0])
    named = set(poses_report["sequence"]) - {""}
    return SourceFacts(
        table=table,
        report=f"{PurePath(table).stem}_report.csv",
        sequences=len(split),
        lost=len(named - set(sequence_names(split))),
        unnamed=int((poses_report["sequence"] == "").sum()),
    )


def _walks(config: Config, walks: Mapping[str, Sequence[str]], usable: set[tuple[str, str]]) -> dict[str, str]:
    """The walks of each condition that the data have, in words; a condition without any is left out."""
    present = {name: [one for one in numbers if (name, one) in usable] for name, numbers in walks.items()}
    return {condition: _walks_of(config, condition, numbers) for condition, numbers in present.items() if numbers}


def _walks_of(config: Config, condition: str, sequences: Sequence[str]) -> str:
    """NM#5-6, NM#2, NM#1,3 or NM#seq0,1."""
    numbers = [int(sequence) for sequence in sequences if sequence.isdigit()]
    consecutive = len(numbers) == len(sequences) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1))
    text = f"{numbers[0]}-{numbers[-1]}" if consecutive else ",".join(sequences)
    return f"{condition_title(config, condition)}#{text}"


def _common(values: Iterable[str]) -> str:
    """The text, or all distinct texts where systems differ."""
    return " or ".join(dict.fromkeys(values))


_WINDOWS = {
    "centre": "the one window in the sequence's centre",
    "three_windows_and_reverse": "the mean of three windows, each also reversed in time",
    "even_windows": "the mean of {count} windows at even distances",
    "whole_sequence": "that of all its frames in one pass",
}
_VIEWS = {"original": "as it is", "reversed": "reversed in time", "swapped": "with left and right exchanged"}


def _embedding(evaluation: Evaluation) -> str:
    """How a sequence becomes an embedding, in words."""
    windows = _WINDOWS[evaluation.windows].format(count=evaluation.window_count)
    if evaluation.test_time_augmentation == ("original",):
        return windows
    *others, last = (_VIEWS[view] for view in evaluation.test_time_augmentation)
    together = "their mean" if evaluation.combine == "mean" else "one behind the other"
    views = f"{', '.join(others)} and {last}" if others else last
    return f"{windows}, {views}, {together}" if others else f"{windows}, {views}"


def _epoch(config: Config, select: str) -> str:
    if select == "last":
        return "the last epoch"
    return f"the epoch that was best on {len(split_in_use(config.protocol).validation)} validation subjects"


def _denominators(split: pd.DataFrame) -> tuple[int, int]:
    probes, gallery = (int(split["role"].isin((role, BOTH)).sum()) for role in (PROBE, GALLERY))
    return probes, gallery


def excluded_by_reason(split: pd.DataFrame, config: Config, modality: str | None = None) -> dict[str, int]:
    """The number of sequences of a modality left out by reason, which does not contain the lengths of single sequences.

    ``split`` is that of the modality; None is the first one.
    """
    least = protocol_of(config.protocol, modality or config.data.modality[0]).min_frames
    left_out = split[split["role"] == EXCLUDED]
    part = left_out["subject"].map(canonical).isin(split_in_use(config.protocol).train).map({True: "training"})
    short = left_out["frames"] < least
    reason = left_out["reason"].where(~short, f"fewer than {least} frames")
    counts = (part.fillna("test") + ", " + reason).value_counts(sort=False)
    return {str(text): int(count) for text, count in counts.sort_index().items()}


def condition_title(config: Config, condition: str) -> str:
    """The title of a condition in the tables and figures of an experiment; see :func:`condition_titles`."""
    conditions = dict.fromkeys([*titled_names(config.protocol), condition])
    return condition_titles(config.tables.conditions, conditions)[condition]


def condition_titles(configured: Mapping[str, str], conditions: Iterable[str]) -> dict[str, str]:
    """Condition -> title: the configured title, else NM for ``nm``, else the name itself.

    Conditions that would share a title (nm and NM) keep their names as titles.
    """
    names = list(dict.fromkeys(conditions))
    titles = {name: configured.get(name, name.upper() if name.islower() else name) for name in names}
    written = list(titles.values())
    return {name: title if written.count(title) == 1 else name for name, title in titles.items()}
