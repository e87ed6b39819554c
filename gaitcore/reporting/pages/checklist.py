"""The machine learning reproducibility checklist, filled in from the files of an experiment.

J. Pineau et al., "Improving Reproducibility in Machine Learning Research", JMLR 22(164), 2021; version 2.0 of the list.
"""

from gaitcore import extensions
from gaitcore.reporting.pages.evidence import Evidence, duration
from gaitcore.reporting.pages.sections import Grid, Section
from gaitcore.reporting.tables import notes
from gaitcore.settings.input import UNITS
from gaitcore.systems import system_settings
from gaitcore.workflow_command import workflow_command

_HEADER = ("Item", "Answer")


def checklist_section(evidence: Evidence) -> Section:
    """Every item of the list with its answer; items that the files cannot answer are marked as open."""
    return Section(
        "Machine learning reproducibility checklist",
        (
            "Version 2.0 of the list of Pineau et al. (JMLR 22, 2021). The answers are taken from the configuration, "
            "run.json, split.csv and summary.csv of this experiment.",
            "For all models and algorithms:",
            Grid(_HEADER, _systems(evidence)),
            "For any theoretical claim: none is made.",
            "For all data sets:",
            Grid(_HEADER, _data(evidence)),
            "For all shared code:",
            Grid(_HEADER, _code(evidence)),
            "For all reported experimental results:",
            Grid(_HEADER, _results(evidence)),
        ),
    )


def _systems(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    networks = dict.fromkeys(
        system_settings(evidence.config, system).network.name for system in evidence.config.compare
    )
    files = ", ".join(extensions.place("networks", name) for name in networks)
    return (
        ("Description of the setting, algorithm and model", f"Yes: {files}; docs/protocol.md."),
        (
            "Explanation of the assumptions",
            "Yes: docs/protocol.md; the statistics' in gaitcore/evaluation/statistics.py.",
        ),
        (
            "Analysis of complexity: time, space, sample size",
            f"Weights: {evidence.parameters()}. Time and memory of each run: see Compute.",
        ),
    )


def _data(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    context, data = evidence.context, evidence.config.data
    sequences = evidence.common(lambda run: run.training_sequences)
    return (
        (
            "Relevant statistics, such as number of examples",
            f"{context.dataset}: {context.train_subjects} training and {context.test_subjects} test subjects, "
            f"{sequences} training sequences, {context.probes} probes.",
        ),
        (
            "Details of train, validation and test splits",
            f"Split {evidence.config.protocol.split}. {notes.protocol_sentence(evidence.summary, context)} "
            "Each sequence: split.csv.",
        ),
        (
            "Data that were excluded, and pre-processing",
            f"{notes.excluded_note(context)} Entries of the source that were dropped: {len(evidence.poses_report)}, "
            f"listed in {evidence.report_name()}. {_input_channels(evidence)}",
        ),
        ("Link to a downloadable version", data.help or "Open: the setting data.help is empty."),
        (
            "For new data, how they were collected",
            "Synthetic: made by gaitcore/modalities/keypoints/walkers/walkers.py."
            if data.walkers is not None
            else "No new data: see the data set's authors.",
        ),
    )


def _input_channels(evidence: Evidence) -> str:
    """What each network receives of a pose."""
    titles_by_channels: dict[str, list[str]] = {}
    for name in evidence.config.compare:
        system = system_settings(evidence.config, name)
        channels = f"{', '.join(system.input.channels)} ({UNITS[system.input.unit]})"
        if system.input.transform != "channels":
            channels = extensions.declared("inputs", system.input.transform)["TITLE"]
        titles_by_channels.setdefault(channels, []).append(system.title)
    texts = (f"{channels}: {', '.join(titles)}" for channels, titles in titles_by_channels.items())
    return f"The networks receive {'; '.join(texts)}."


def _code(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    return (
        ("Specification of dependencies", "Yes: requirements.lock; the versions in use are recorded in run.json."),
        ("Training code", f"Yes: gaitcore/training/, workflow_scripts/train.py.{_outside(evidence)}"),
        ("Evaluation code", "Yes: gaitcore/evaluation/, workflow_scripts/evaluate.py."),
        ("Trained models", "Yes: weights.safetensors of each run; SHA-256 in run.json and manifest.json."),
        (
            "README with a table of results and the precise command",
            f"Yes: {workflow_command('tables', evidence.config.experiment)}",
        ),
    )


def _outside(evidence: Evidence) -> str:
    """A sentence on the files of the training code from outside the repository."""
    files = {name: digest for run in evidence.runs for name, digest in run.extensions.items()}
    texts = (f"{name} (SHA-256 {digest})" for name, digest in sorted(files.items()))
    return f" From outside the repository: {', '.join(texts)}." if files else ""


def _results(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    runs, trained = len(evidence.runs), [run for run in evidence.runs if not run.imported]
    processor, cores, platform = (
        evidence.common(fact)
        for fact in (lambda run: run.machine.processor, lambda run: run.machine.cores, lambda run: run.machine.platform)
    )
    seconds = sum(run.wall_seconds for run in trained) / max(len(trained), 1)
    return (
        (
            "Hyper-parameters: range considered, selection, and those used",
            "No search was made. The values are the published ones, with the changes listed under Protocol "
            "differences; run.json holds all of them under settings.",
        ),
        (
            "Exact number of training and evaluation runs",
            f"{_numbers(len(trained), runs)}: {_seeds(evidence)}; none was left out.",
        ),
        (
            "Definition of the measure",
            f"Rank-1 accuracy, {evidence.context.comparison}, the unweighted mean over probe views: docs/protocol.md.",
        ),
        (
            "Results with central tendency and variation",
            f"Yes. {notes.run_sentence(evidence.summary, evidence.context)}",
        ),
        (
            "Average runtime of each result, or energy",
            f"{duration(seconds)} a training run on average; energy was not measured." if trained else "No training.",
        ),
        (
            "Description of the computing infrastructure",
            f"{evidence.common(lambda run: run.device)}; {processor}, {cores} cores, {platform}.",
        ),
    )


def _seeds(evidence: Evidence) -> str:
    seeds = {system: [run.seed for run in evidence.system_runs(system)] for system in evidence.config.compare}
    return "; ".join(
        f"{evidence.context.system_title(name)} with seed{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"
        if numbers != [None]
        else f"{evidence.context.system_title(name)} with weights from a file"
        for name, numbers in seeds.items()
    )


def _numbers(trained: int, evaluated: int) -> str:
    return f"{trained} of each" if trained == evaluated else f"{trained} of training and {evaluated} of evaluation"
