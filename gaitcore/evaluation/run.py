"""The evaluation of one run: reads its weights, writes embeddings and accuracies."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gaitcore.artefacts.embeddings import write_embeddings
from gaitcore.artefacts.metrics import LeftOut, OpenSetMetrics
from gaitcore.evaluation.comparisons import measure
from gaitcore.evaluation.embedding import embed
from gaitcore.evaluation.open_set import FARS, Pairs, Roc
from gaitcore.evaluation.recording import write_measured
from gaitcore.evaluation.trained import open_trained
from gaitcore.execution import compute
from gaitcore.percent import in_percent
from gaitcore.protocols.sides import in_tables_order
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluationOutputs:
    """Where an evaluation writes: embeddings.parquet, metrics.json, subjects.csv."""

    embeddings: Path
    metrics: Path
    subjects: Path


def evaluate_run(
    system: str,
    network: SystemNetwork,
    input: Input,
    evaluation: Evaluation,
    *,
    tables: Mapping[str, Path],
    split: Path,
    protocol: Protocol,
    weights: Path,
    outputs: EvaluationOutputs,
    threads: int,
    code: str | None = None,
    extensions: Mapping[str, str] | None = None,
) -> None:
    """Embed every gallery and probe sequence with a trained system and measure its accuracy.

    Args:
        system: its name in the configuration.
        network: the arguments the network was built with.
        input: the input channels and their unit.
        evaluation: windows and ranks.
        tables: modality -> its frames, e.g. poses.parquet; see
            :func:`gaitcore.artefacts.sequences.open_sequences`.
        split: split.csv.
        protocol: that section of the configuration; the roles are derived again by it.
        weights: weights.safetensors of the run.
        outputs: the three files to write.
        threads: CPU threads.
        code: digest of the code in use, recorded in metrics.json.
        extensions: the files of that code from outside the library and the digest of each, recorded likewise.
    """
    device = compute.prepare(threads)
    trained = open_trained(network, input, device, tables=tables, split=split, protocol=protocol, weights=weights)
    keys = trained.keys
    embeddings = embed(trained.network, trained.store, trained.frames, evaluation)
    measured = measure(embeddings, keys, evaluation, protocol)
    rank1 = measured.means["rank1"]
    for name in in_tables_order(rank1, protocol):
        log.info("%s: rank-1 %.1f %%", name, in_percent(rank1[name]))
    for remark in (*_left_out(measured.left_out, protocol), *measured.remarks):
        log.warning("%s", remark)
    rocs = Pairs.of(embeddings, keys, evaluation, protocol).rocs()
    for condition in in_tables_order(rocs, protocol):
        if untold := [f"{in_percent(far):g} %" for far in FARS if not rocs[condition].told(far)]:
            pairs = f"{rocs[condition].impostors:,} impostor pairs"
            log.warning("%s: %s are too few to tell TAR at FAR %s", condition, pairs, " and ".join(untold))
    write_embeddings(embeddings, keys, outputs.embeddings)
    write_measured(
        measured,
        system,
        evaluation,
        read=(*tables.values(), split, weights),
        subjects=outputs.subjects,
        metrics=outputs.metrics,
        embeddings=outputs.embeddings,
        open_set={condition: _open_set(roc) for condition, roc in rocs.items()},
        code=code,
        extensions=extensions,
    )


def _open_set(roc: Roc) -> OpenSetMetrics:
    tars = {str(far): roc.tar(far) if roc.told(far) else None for far in FARS}
    return OpenSetMetrics(genuine=roc.pairs, impostors=roc.impostors, eer=roc.eer, tar=tars)


def _left_out(cells: Iterable[LeftOut], protocol: Protocol) -> Iterator[str]:
    """The cells without a probe or gallery sequence, in the order of the tables."""
    of_condition: dict[str, list[LeftOut]] = {}
    for cell in cells:
        of_condition.setdefault(cell.condition, []).append(cell)
    for condition in in_tables_order(of_condition, protocol):
        for cell in of_condition[condition]:
            views = f"gallery view {cell.gallery_view}, probe view {cell.probe_view}"
            yield f"left out: {condition}, {views}: {cell.reason}"
