"""A run exported: reads its files and the test sequences, writes the ONNX file and the model card."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from gaitcore import modalities
from gaitcore.artefacts.run_record import read_run
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.summary import read_summary
from gaitcore.audit.manifest import read_manifest
from gaitcore.digests import file_digest
from gaitcore.errors import REMEDY, ConfigError, DataError
from gaitcore.evaluation.finished import TrainedRun
from gaitcore.evaluation.trained import trained_network
from gaitcore.execution import compute
from gaitcore.exporting.agreement import Agreement, agreement
from gaitcore.exporting.model_card import CardFacts, model_card
from gaitcore.exporting.network import ExportedNetwork
from gaitcore.exporting.onnx_file import check_installed, write_onnx
from gaitcore.files import replacing, write_text
from gaitcore.modalities import RawFrames
from gaitcore.networks import model_title
from gaitcore.protocols.roles import TESTED

SEQUENCES = 8  # that the exported file is compared on
_MADE_UP_LENGTHS = (0, 3, 5, 8, 9, 12, 14, 20)  # frames more than a window
_THREADS = 2
_TRACED = 3  # windows of the example; another number than that of its frames


@dataclass(frozen=True)
class Exported:
    """The files of an export, and the comparison with PyTorch."""

    network: Path
    card: Path
    agreement: Agreement


def export_run(run: TrainedRun, path: Path, card: Path, version: str) -> Exported:
    """Write the ONNX file of a run and its model card; neither is written where the comparison fails.

    Args:
        run: a finished run.
        path: the ONNX file.
        card: the model card, Markdown.
        version: of gaitcore.

    Raises:
        ConfigError: a package is missing, the network has no weights, cannot be exported, or the exported one differs.
        DataError: the weights or the data beside the run are not those of the run.
    """
    check_installed()
    title, record, evaluation = model_title(run.network.name), run.record, run.evaluation
    if not record.parameters:
        raise ConfigError(
            f"{run.folder}: {title} is a system without learning and has nothing to export, expected one with weights."
        )
    compute.prepare(_THREADS)
    part = modalities.part(run.modality, "exported")
    results = _Results.of(run)
    width = record.settings.get("data", {}).get("frame_width")
    lengths = np.add(_MADE_UP_LENGTHS, run.network.frames)
    raw = results.frames(run) or part.made_up_raw(lengths, record.channels, width)
    width_known = bool(raw.facts or width or run.input.unit == "frame_width")  # fractions of any width are the same
    stores = part.stores(raw, run.input)
    weights = run.folder / "weights.safetensors"
    network = trained_network(run.network, stores[0].network_arguments(), weights).eval()
    before = part.ExportedInput(run.input, record.channels, raw.frame_width)
    exported = ExportedNetwork(network, before, evaluation).eval().requires_grad_(False)
    numbers = torch.arange(run.network.frames).expand(_TRACED, -1)
    example = stores[1].windows(torch.zeros(_TRACED, dtype=torch.long), numbers)
    any_length = evaluation.windows == "whole_sequence"
    metadata = {
        "gaitcore.experiment": results.experiment,
        "gaitcore.system": record.system,
        "gaitcore.network": run.network.name,
        "gaitcore.seed": "" if record.seed is None else str(record.seed),
        "gaitcore.weights_sha256": file_digest(weights),
        "gaitcore.version": version,
    }
    with replacing(path) as unfinished:
        write_onnx(exported, example, unfinished, name=part.NAME, any_length=any_length, metadata=metadata, title=title)
        real = results.tested is not None
        found = agreement(unfinished, network, stores, run.network.frames, evaluation, real=real, rounds=before.rounds)
        if not found.within_tolerance:
            raise ConfigError(
                f"{path}: not written, since the exported {title} differs from PyTorch by {found.relative:.2g} of the "
                f"embeddings' spread {found.spread:.2g}, expected at most {found.tolerance:g}."
            )
    with torch.no_grad():
        shape, own = exported(example).shape[1:], network(before(example, False)).shape[1:]
    own = (*own[:-1], own[-1] * (len(evaluation.test_time_augmentation) if evaluation.combine == "concatenated" else 1))
    facts = CardFacts(
        experiment=results.experiment,
        version=version,
        file=path.name,
        sha256=file_digest(path),
        input_name=part.NAME,
        input_shape=("batch", "frames" if any_length else run.network.frames, *before.frame_shape),
        input_type=str(before.dtype).removeprefix("torch."),
        input_sentences=tuple(before.sentences(raw.frame_width if width_known else None)),
        output_shape=("batch", *shape),
        embedding_shape=own,
        agreement=found,
        summary=results.summary,
        split=results.split,
        without_learning=results.without_learning,
        data=raw.facts,
        data_help=results.data_help,
    )
    write_text(card, model_card(run, facts))
    return Exported(path, card, found)


@dataclass(frozen=True, eq=False)
class _Results:
    """The files of the experiment around a run, as far as they are there.

    Attributes:
        experiment: its name.
        table: the frames that the run was evaluated on; None where they are absent.
        split, summary: the content of these files.
        tested: (S,) bool, the sequences of the table that the exported file is compared on.
        without_learning: the systems without weights.
        data_help: what its configuration says of the data; empty without a manifest.
    """

    experiment: str
    table: Path | None
    split: pd.DataFrame | None
    summary: pd.DataFrame | None
    tested: np.ndarray | None
    without_learning: tuple[str, ...]
    data_help: str

    @classmethod
    def of(cls, run: TrainedRun) -> "_Results":
        folder = run.folder.resolve().parent.parent
        table = _evaluated(run, folder, modalities.table_name(run.modality))
        named = next((name for name in run.metrics.inputs if name.startswith("split")), "split.csv")
        place = _evaluated(run, folder, named)
        split = read_split(place) if place else None
        summary = folder / "summary.csv"
        tested = None
        if table and split is not None:
            rows = np.flatnonzero(split["role"].isin(TESTED))
            tested = np.zeros(len(split), bool)
            tested[rows[np.linspace(0, len(rows) - 1, min(SEQUENCES, len(rows))).astype(int)]] = True
        manifest = read_manifest(folder).configuration if (folder / "manifest.json").is_file() else {}
        records = sorted(folder.glob("*/seed-*/run.json")) if summary.is_file() else []
        return cls(
            experiment=str(run.record.settings.get("experiment", folder.name)),
            table=table,
            split=split,
            summary=read_summary(summary) if summary.is_file() else None,
            tested=tested,
            without_learning=tuple(dict.fromkeys(one.system for one in map(read_run, records) if not one.parameters)),
            data_help=str(manifest.get("data", {}).get("help", "")),
        )

    def frames(self, run: TrainedRun) -> RawFrames | None:
        """The frames of the sequences to compare on; None where they are absent."""
        if self.table is None or self.tested is None:
            return None
        part = modalities.part(run.modality, "exported")
        return part.read_raw(self.table, self.tested, run.input, run.record.channels)


def _evaluated(run: TrainedRun, folder: Path, name: str) -> Path | None:
    """A file of the experiment that the run was evaluated on; None where it is absent.

    Raises:
        DataError: it has changed since.
    """
    path = folder / name
    if not path.is_file():
        return None
    recorded, found = run.metrics.inputs.get(name), file_digest(path)
    if recorded not in (None, found):
        raise DataError(
            f"{path}: changed after the evaluation, its SHA-256 is {found} and {run.folder / 'metrics.json'} has "
            f"{recorded}; {REMEDY}."
        )
    return path
