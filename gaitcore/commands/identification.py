"""Sequences of any format embedded by a trained run and ranked by distance, beside the run's own pairs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from gaitcore import modalities
from gaitcore.artefacts.embeddings import read_embeddings
from gaitcore.digests import file_digest
from gaitcore.errors import ConfigError, DataError
from gaitcore.evaluation.distances import end_to_end, pair_distances
from gaitcore.evaluation.embedding import embed
from gaitcore.evaluation.finished import TrainedRun
from gaitcore.evaluation.open_set import Pairs
from gaitcore.evaluation.trained import trained_network
from gaitcore.execution import compute
from gaitcore.keys import SequenceKey, parse_sequence_name, sequence_names
from gaitcore.modalities.keypoints.merging import merge_tables
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.modalities.recognition import VIDEO, Recognised, recognise
from gaitcore.modalities.report import left_out_videos, read_report, told
from gaitcore.settings.data import Video
from gaitcore.settings.protocol import Protocol

_UNNAMED = SequenceKey("unknown", "nm", "01", "000")  # a probe whose file names no sequence
_THREADS = 2
_SAME_RATE = 0.01  # relative difference of frame rates that are the same
_MANY = 10_000  # pairs of a kind from which hundredths of a percent are shown
_ESTIMATING = Video.model_validate(
    {
        "list": None,
        "estimator": "mediapipe",
        "weights": None,
        "sha256": None,
        "channels": "bgr",
        "detector": {"kind": "mediapipe"},
        "people": "exactly_one",
        "detect_every": 1,
    }
)


@dataclass(frozen=True)
class Embedded:
    """Embedded sequences.

    Attributes:
        keys: S rows with the key columns and frames.
        names: of the S sequences; that of the file where it names no sequence.
        embeddings: (S, D) or (S, parts, D); parts end to end where the run's distance takes them so.
        pictures: (S, ...) the frame in the middle of each: keypoints (17, 3), or a mask (64, 64).
        remarks: sentences on what was left out or assumed.
    """

    keys: pd.DataFrame
    names: list[str]
    embeddings: np.ndarray
    pictures: list[np.ndarray]
    remarks: tuple[str, ...]


class Candidate(NamedTuple):
    """A person of the gallery: the nearest of their sequences, its row in the gallery, and its distance."""

    subject: str
    sequence: str
    row: int
    distance: float


class Ranked(NamedTuple):
    """A probe's name and the people of the gallery, the nearest first."""

    probe: str
    candidates: list[Candidate]


class Calibration(NamedTuple):
    """The distances of the genuine and of the impostor pairs of a run's test, sorted."""

    genuine: np.ndarray
    impostors: np.ndarray


def calibration_of(run: TrainedRun) -> Calibration:
    """The distances of all pairs that the run's protocol compares, from its embeddings.parquet."""
    protocol = Protocol.model_validate(run.record.settings["protocol"])
    if protocol.comparisons:
        raise ConfigError(
            f"{run.folder}: its protocol has comparisons, expected a run of a protocol with gallery and probes; "
            "its embeddings.parquet does not say which pairs are compared."
        )
    embeddings, keys = read_embeddings(run.folder / "embeddings.parquet")
    pairs = Pairs.of(embeddings, keys, run.evaluation, protocol)
    return Calibration(*map(np.sort, pairs.distances()))


def sentences(calibration: Calibration, distance: float) -> tuple[str, str]:
    """The share of impostor pairs that are as near as a distance, and of genuine pairs that are as far."""
    near = float(np.searchsorted(calibration.impostors, distance, "right"))
    far = len(calibration.genuine) - float(np.searchsorted(calibration.genuine, distance, "left"))
    return _share(near, len(calibration.impostors)), _share(far, len(calibration.genuine))


def _share(number: float, total: int) -> str:
    if not total:
        return "no such pair"
    return f"{number / total:.{2 if total >= _MANY else 1}%} of {total:,}"


def ranked(run: TrainedRun, gallery: Embedded, probes: Embedded) -> list[Ranked]:
    """The people of the gallery for each probe; a person's distance is that of their nearest sequence."""
    distances = pair_distances(probes.embeddings, gallery.embeddings, run.evaluation.distance)
    results = []
    for probe, row in zip(probes.names, distances, strict=True):
        nearest: dict[str, Candidate] = {}
        for place in np.argsort(row, kind="stable").tolist():
            subject = str(gallery.keys["subject"].iloc[place])
            nearest.setdefault(subject, Candidate(subject, gallery.names[place], place, float(row[place])))
        results.append(Ranked(probe, list(nearest.values())))
    return results


# --- from files to embeddings ---


def embedded(run: TrainedRun, source: Path, size: tuple[int, int] | None, what: str) -> Embedded:
    """The sequences of a folder or file, embedded by the run's network.

    Args:
        run: the run.
        source: a folder or file of any format that readers take; a single file need not name a sequence.
        size: of the camera's frame where the files do not say it; None: that of the run's own data.
        what: "gallery" or "probe", for messages.

    Raises:
        DataError: nothing in it can be used.
        ConfigError: the files are of another modality than the network takes.
    """
    with _named(source) as place, tempfile.TemporaryDirectory() as folder:
        try:
            found = [one for one in recognise(place) if one.modality == run.modality]
            if not found:
                raise ConfigError(f"{source}: no {run.modality} in the {what}, which {run.network.name} takes.")
            table, assumed = _table(run, found[0], size, Path(folder))
        except DataError as error:
            raise DataError(_of_user(str(error), place, source)) from None
        remarks = [_of_user(remark, place, source) for remark in (*found[0].remarks, *assumed)]
        listed = modalities.part(run.modality, "table").list_sequences(table)
        keep = _long_enough(run, listed)
        if not keep.any():
            raise DataError(
                f"{source}: no sequence of the {what} has more than {run.network.frames} frames, the window of "
                f"{run.network.name}; bring longer walks."
            )
        device = compute.prepare(_THREADS)
        store = modalities.part(run.modality, "store").open_store(table, keep, run.input, device)
        network = trained_network(run.network, store.network_arguments(), run.folder / "weights.safetensors")
        embeddings = embed(network.to(device), store, run.network.frames, run.evaluation)
        sequences = torch.arange(len(store.lengths), device=device)
        middles = store.windows(sequences, (store.lengths // 2)[:, None])[:, 0].cpu().numpy()
    if run.evaluation.parts == "concatenated":
        embeddings = end_to_end(embeddings)
    if not keep.all():
        remarks.append(f"{(~keep).sum()} sequences of the {what} are shorter than the window and left out.")
    keys = listed[keep].reset_index(drop=True)
    names = [source.name if name == _UNNAMED.name else name for name in sequence_names(keys)]
    return Embedded(keys, names, embeddings, list(middles), tuple(remarks))


def _long_enough(run: TrainedRun, listed: pd.DataFrame) -> np.ndarray:
    takes_windows = run.modality == "keypoints" and run.input.short_sequences == "excluded"
    return (listed["frames"] > (run.network.frames if takes_windows else 0)).to_numpy()


def _of_user(sentence: str, place: Path, source: Path) -> str:
    """A sentence about a file as the user named it."""
    names = [str(one) for one in place.iterdir()] if place != source and source.is_file() else []
    for name in (*names, str(place)):
        sentence = sentence.replace(name, str(source))
    return sentence


@contextmanager
def _named(source: Path) -> Iterator[Path]:
    """The source itself, or a folder in which a single file that names no sequence has a name."""
    whole = source.name.lower().endswith((".csv", ".xz", ".gz", ".bz2", ".parquet"))
    if not source.is_file() or whole or parse_sequence_name(source.stem):
        if source.is_file() and not whole:
            with tempfile.TemporaryDirectory() as folder:
                (Path(folder) / source.name).symlink_to(source.resolve())
                yield Path(folder)
        else:
            yield source
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{_UNNAMED.name}{source.suffix}").symlink_to(source.resolve())
        yield Path(folder)


def _table(run: TrainedRun, found: Recognised, size: tuple[int, int] | None, folder: Path) -> tuple[Path, list[str]]:
    """The table of frames of recognised data, and what was assumed of it."""
    table = folder / modalities.table_name(run.modality)
    if run.modality == "silhouettes":
        from gaitcore.modalities.silhouettes.reading import read_silhouettes

        read_silhouettes(found.format, found.paths, table, dataset="identified", tree=found.tree)
        return table, []
    data = run.record.settings.get("data", {})
    own = (data.get("frame_width", 320), data.get("frame_height", 240))
    used = found.size or size or own
    assumed = [] if found.size or size else [f"The frame is taken to be {used[0]} x {used[1]} pixels (--frame-size)."]
    rate = float(data.get("fps", 25))
    fps = found.fps or rate
    if abs(fps - rate) > _SAME_RATE * rate:
        taken = f"taken at the times of {rate:g}" if found.format == VIDEO and fps > rate else "used as they are"
        assumed.append(f"The frames are {fps:g} a second and those of the run's data {rate:g}; they are {taken}.")
    if found.format == VIDEO:
        assumed += _estimate(found, PoseInfo("identified", used[0], used[1], min(fps, rate)), table, folder)
    else:
        poses, _ = read_poses(
            found.format,
            found.paths,
            dataset="identified",
            frame_width=used[0],
            frame_height=used[1],
            fps=fps,
            mixed_sources=True,
            tree=found.tree,
        )
        poses.write(table)
    return table, assumed


def _estimate(found: Recognised, info: PoseInfo, table: Path, folder: Path) -> list[str]:
    """The poses of videos, by MediaPipe, which needs no weights; a sentence on videos that gave none."""
    from gaitcore.modalities.keypoints.video.estimators import check_installed
    from gaitcore.modalities.keypoints.video.listing import find_videos

    check_installed(_ESTIMATING)
    from gaitcore.modalities.keypoints.video.extraction import ShardOutputs, extract_subject

    shards, bad = [], []
    for number, videos in enumerate(find_videos(found.paths).by_subject.values()):
        outputs = ShardOutputs(*(folder / f"{number}{suffix}" for suffix in (".parquet", ".csv", "-unfinished")))
        code = file_digest(Path(__file__))
        extract_subject(videos, info, _ESTIMATING, outputs, threads=_THREADS, code=code)
        shards.append(outputs.poses)
        bad += left_out_videos(read_report(outputs.report))
    read = [(shard, PoseTable.read(shard)) for shard in shards]
    kept = [(shard, one) for shard, one in read if len(one)]
    if not kept:
        raise DataError(f"No video gave a pose: {told(bad)}")
    merge_tables([shard for shard, _ in kept], [one for _, one in kept]).write(table)
    return [f"No pose in {len(bad)} of the videos: {told(bad)}"] if bad else []
