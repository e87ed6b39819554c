"""What is in a folder: which reader takes it, and what its files say of people, walks, frames and camera.

The names of all files are read, and the content of a sample of them: of a reader that finds sequences by their names
(``find``), up to 60 sequences, spread evenly; of other files everything. ``read_poses`` and the workflow read all.
"""

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from inspect import signature
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from gaitcore import extensions
from gaitcore.errors import DataError, GaitError
from gaitcore.keys import KEY_COLUMNS, SequenceKey, in_order
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.keypoints.video.listing import ENDINGS as VIDEO_ENDINGS
from gaitcore.modalities.keypoints.video.listing import find_videos
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.source_files import visible_files
from gaitcore.modalities.tree_guessing import guess_tree
from gaitcore.modalities.trees import sequence_files
from gaitcore.settings.data import Tree

if TYPE_CHECKING:
    from gaitcore.modalities.keypoints.video.decoding import Camera

VIDEO = "video"
_SAMPLED = 60  # sequences, or videos
_SHOWN = 5  # endings of files in a message
_ANY_SIZE = 100_000  # pixels, of a frame whose size is not known
_OF_ANY_SIZE = f" of a frame of {_ANY_SIZE} x {_ANY_SIZE}"  # in a reader's sentence, where it would say nothing
_ANY_RATE = 25.0
_REACH = 0.99  # of the joints: estimators and projections put some outside the frame
_BAR: dict[str, Any] = {"delay": 2, "leave": False, "disable": None}  # None: not where the output is no terminal
_Found = list[tuple[SequenceKey, Path]]


@dataclass(frozen=True)
class Recognised:
    """The data that one reader finds.

    Attributes:
        modality: "keypoints" or "silhouettes"; videos give keypoints.
        format: the reader's name, or "video".
        paths: what ``data.path`` names.
        sequences: one row for each sequence with the key columns, in their order.
        frames: (n,) the frames of each sequence that was read, n of them.
        tree: what the folders name; None where that is the reader's own.
        label: what made the frames, as far as the reader knows.
        size: width and height of the camera's frame, pixels; None where the files do not say it.
        reach: x and y that 99 % of the joints are below, pixels; None where there are no joints.
        fps: frames per second; None where the files do not say it.
        remarks: sentences on what was left out or differs.
        listed: for videos that are not named by their sequences: each video's path below the folder and the key that
            its folders suggest, None where they suggest none.
    """

    modality: str
    format: str
    paths: tuple[Path, ...]
    sequences: pd.DataFrame
    frames: np.ndarray
    tree: Tree | None = None
    label: str = ""
    size: tuple[int, int] | None = None
    reach: tuple[float, float] | None = None
    fps: float | None = None
    remarks: tuple[str, ...] = ()
    listed: tuple[tuple[str, SequenceKey | None], ...] = ()


@dataclass
class _Sample:
    """What was read of a sequence or file: its keys and frames, how far its joints reach, what was left out."""

    keys: list[tuple[str, ...]] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    reach: tuple[float, float] | None = None
    left_out: int = 0
    first_reason: str = ""


def recognise(source: Path) -> list[Recognised]:
    """The readers that find sequences in a folder or file, the one with the most sequences first.

    Raises:
        DataError: the folder or file does not exist, no reader finds anything in it, or every file that a reader finds
            is refused; then the sentence is the first one's.
    """
    if not source.exists():
        raise DataError(f"{source}: no such folder or file, expected poses, silhouettes or videos.")
    endings = _endings(source)
    readers = [
        (kind, name)
        for kind in ("readers", "silhouette_readers")
        for name, file in extensions.available(kind).items()
        if any(_has(endings, ending) for ending in extensions.declared(kind, name).get("ENDINGS", ()))
    ]
    refused: list[str] = []
    found = [_read(kind, name, source, refused) for kind, name in tqdm(readers, "Trying readers", **_BAR)]
    if any(_has(endings, ending) for ending in VIDEO_ENDINGS):
        found.append(_videos(source))
    recognised = [one for one in found if one is not None]
    if not recognised and refused:
        raise DataError(refused[0])
    if not recognised:
        files = ", ".join(f"{number} {ending}" for ending, number in endings.most_common(_SHOWN)) or "no file"
        raise DataError(
            f"{source}: nothing that a reader takes ({files}), expected poses, silhouettes or videos named as "
            "docs/data-formats.md shows; unpack archives first."
        )
    return sorted(recognised, key=lambda one: (-len(one.sequences), one.modality))


def _endings(source: Path) -> Counter[str]:
    """The names of the files by their last two endings, ``.csv.xz``, in small letters."""
    files = source.rglob("*") if source.is_dir() else [source]
    visible = (file for file in files if not file.name.startswith(".") and file.suffix)
    return Counter("".join(file.suffixes[-2:]).lower() for file in visible)


def _has(endings: Counter[str], ending: str) -> bool:
    return any(one.endswith(ending) for one in endings)


def _read(kind: str, name: str, source: Path, refused: list[str]) -> Recognised | None:
    """What a reader finds; None where it finds nothing that it can read, with the reasons in ``refused``."""
    reader = extensions.load(kind, name)
    if not hasattr(reader, "find"):
        return _whole_files(kind, name, reader, source, refused)
    if not source.is_dir():
        return None
    report = DropReport()
    tree, found = _find(reader, source, report)
    if not found:
        return None
    sample = _sample(kind, name, source, found, tree)
    if not sample.frames:
        refused += [sample.first_reason] if sample.first_reason else []
        return None
    remarks = [f"{len(report)} files or folders name no sequence, e.g. {report.sentence(0)}."] if len(report) else []
    return _recognised(kind, name, reader, (source,), sorted({tuple(key) for key, _ in found}), sample, remarks, tree)


def _find(reader: ModuleType, source: Path, report: DropReport) -> tuple[Tree | None, _Found]:
    """The sequences of a folder by their names, with the tree that finds the most."""
    found = _found(reader, source, report)
    if found or "tree" not in signature(reader.find).parameters:
        return None, found
    endings = reader.ENDINGS
    files = [path for path in sorted(source.rglob("*")) if path.suffix.lower() in endings and path.is_file()]
    places = {path.parent: None for path in files if path.parent != source}
    for paths in (places, [path.with_suffix("") for path in files]):
        tree = guess_tree([path.relative_to(source).parts for path in paths])
        noted = DropReport()
        if tree is not None and (found := _found(reader, source, noted, tree)):
            return tree, found
    return None, []


def _found(reader: ModuleType, source: Path, report: DropReport, tree: Tree | None = None) -> _Found:
    try:
        return list(reader.find(source, report, **({} if tree is None else {"tree": tree})))
    except GaitError:
        return []


def _sample(kind: str, name: str, source: Path, found: _Found, tree: Tree | None) -> _Sample:
    """Some of the sequences, read from a folder of links with the same names."""
    groups = [[path for _, path in group] for _, group in groupby(found, key=lambda one: one[0])]
    chosen = groups[:: max(1, len(groups) // _SAMPLED)]
    with tempfile.TemporaryDirectory() as folder:
        for path in (path for paths in chosen for path in paths):
            for file in path.iterdir() if path.is_dir() else (path,):
                link = Path(folder) / file.relative_to(source)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(file.resolve())
        sample = _read_sample(kind, name, [Path(folder)], tree)
        sample.first_reason = sample.first_reason.replace(folder, str(source))
        return sample


def _read_sample(kind: str, name: str, paths: Sequence[Path], tree: Tree | None) -> _Sample:
    """What a reader makes of files; nothing where it refuses them."""
    try:
        return _read_walks(name, paths, tree) if kind == "silhouette_readers" else _read_poses(name, paths, tree)
    except GaitError as error:
        return _Sample(first_reason=str(error).replace(_OF_ANY_SIZE, ""))


def _read_walks(name: str, paths: Sequence[Path], tree: Tree | None) -> _Sample:
    reader, report, sample = extensions.load("silhouette_readers", name), DropReport(), _Sample()
    for walk in reader.read(paths, report, **({} if tree is None else {"tree": tree})):
        sample.keys.append(tuple(walk.key))
        sample.frames.append(len(walk.frame))
    sample.left_out, sample.first_reason = len(report), report.sentence(0) if len(report) else ""
    return sample


def _read_poses(name: str, paths: Sequence[Path], tree: Tree | None) -> _Sample:
    width, height, fps = _camera(name, paths) or (_ANY_SIZE, _ANY_SIZE, _ANY_RATE)
    table, report = read_poses(
        name,
        paths,
        dataset="recognised",
        frame_width=width,
        frame_height=height,
        fps=fps,
        mixed_sources=True,
        tree=tree,
    )
    sequences = table.sequences
    return _Sample(
        keys=list(sequences[list(KEY_COLUMNS)].itertuples(index=False, name=None)),
        frames=sequences["frames"].tolist(),
        reach=tuple(np.quantile(table.keypoints[..., :2].reshape(-1, 2), _REACH, axis=0).tolist()),
        left_out=len(report),
        first_reason=": ".join(map(str, report.iloc[0][["file", "reason"]])) if len(report) else "",
    )


def _camera(name: str, paths: Sequence[Path]) -> tuple[int, int, float] | None:
    """Frame size and rate, where the reader's files record them."""
    reader = extensions.load("readers", name)
    camera: tuple[int, int, float] | None = reader.camera(paths[0]) if hasattr(reader, "camera") else None
    return camera


def _whole_files(kind: str, name: str, reader: ModuleType, source: Path, refused: list[str]) -> Recognised | None:
    """The files that the reader takes, each read as a whole; files of other formats are left out."""
    candidates = sorted(source.rglob("*")) if source.is_dir() else [source]
    named = [file for file in candidates if file.name.lower().endswith(tuple(reader.ENDINGS)) and file.is_file()]
    samples = {file: _read_sample(kind, name, [file], None) for file in named}
    read = {file: sample for file, sample in samples.items() if sample.frames}
    reasons = {file: sample.first_reason for file, sample in samples.items() if file not in read}
    if not read:
        refused += reasons.values()
        return None
    remarks = [f"{file} is not read: {reason}" for file, reason in reasons.items()]
    reaches = [sample.reach for sample in read.values() if sample.reach]
    joined = _Sample(
        keys=[key for sample in read.values() for key in sample.keys],
        frames=[count for sample in read.values() for count in sample.frames],
        reach=(max(x for x, _ in reaches), max(y for _, y in reaches)) if reaches else None,
        left_out=sum(sample.left_out for sample in read.values()),
        first_reason=next((sample.first_reason for sample in read.values() if sample.left_out), ""),
    )
    return _recognised(kind, name, reader, tuple(read), joined.keys, joined, remarks)


def _recognised(
    kind: str,
    name: str,
    reader: ModuleType,
    paths: tuple[Path, ...],
    keys: Sequence[tuple[str, ...]],
    sample: _Sample,
    remarks: list[str],
    tree: Tree | None = None,
) -> Recognised:
    if sample.left_out:
        number = f"{sample.left_out} remark{'s' if sample.left_out > 1 else ''}"
        remarks = [*remarks, f"{number} on what was read, e.g. {sample.first_reason}."]
    camera = _camera(name, paths) if kind == "readers" else None
    return Recognised(
        modality="keypoints" if kind == "readers" else "silhouettes",
        format=name,
        paths=paths,
        sequences=in_order(pd.DataFrame(keys, columns=list(KEY_COLUMNS))).reset_index(drop=True),
        frames=np.array(sample.frames),
        tree=tree,
        label=reader.LABEL,
        size=camera[:2] if camera else None,
        reach=sample.reach,
        fps=camera[2] if camera else None,
        remarks=tuple(remarks),
    )


def _videos(source: Path) -> Recognised | None:
    """The videos with the sequences that their names or folders suggest, and the camera that most of a sample have."""
    remarks: list[str] = []
    listed: tuple[tuple[str, SequenceKey | None], ...] = ()
    try:
        listing = find_videos([source])
        videos = {SequenceKey(*name.split("-")): Path(path) for name, path in listing.videos.items()}
        if listing.left_out:
            first = listing.left_out[0]
            remarks.append(f"{len(listing.left_out)} files are left out, e.g. {first.file}: {first.reason}.")
    except DataError:
        if not source.is_dir():
            return None
        listed = _unnamed(source)
        videos = {key: source / name for name, key in listed if key is not None}
    files = list(videos.values()) or [source / name for name, _ in listed]
    chosen = files[:: max(1, len(files) // _SAMPLED)]
    cameras = [camera for camera in map(_camera_of, tqdm(chosen, "Opening videos", **_BAR)) if camera]
    size = fps = None
    if cameras:
        ((size, fps), _), *others = Counter(((one.width, one.height), one.fps) for one in cameras).most_common()
        if others:
            (other, rate), number = others[0]
            remarks.append(f"{number} of {len(cameras)} videos have {other[0]} x {other[1]} pixels at {rate:g} Hz.")
    else:
        remarks.append("No video could be opened to learn its size and rate; `make video` installs what it needs.")
    ordered = sorted(videos.keys(), key=SequenceKey.order)
    keys = pd.DataFrame([list(key) for key in ordered], columns=list(KEY_COLUMNS))
    counts = np.array([camera.frames for camera in cameras if camera.frames])
    return Recognised("keypoints", VIDEO, (source,), keys, counts, None, "", size, None, fps, tuple(remarks), listed)


def _unnamed(source: Path) -> tuple[tuple[str, SequenceKey | None], ...]:
    """Each video's path below the folder, and the key that its folders suggest."""
    videos = [file for file in visible_files(source, *VIDEO_ENDINGS) if file.is_file()]
    keys: dict[Path, SequenceKey] = {}
    if tree := guess_tree([file.relative_to(source).with_suffix("").parts for file in videos]):
        found = sequence_files(source, DropReport(), what="videos", endings=VIDEO_ENDINGS, tree=tree)
        keys = {path: key for key, path in found}
    return tuple((file.relative_to(source).as_posix(), keys.get(file)) for file in videos)


def _camera_of(video: Path) -> "Camera | None":
    """The camera of a video that can be opened; None for others, and without the packages for videos."""
    try:
        from gaitcore.modalities.keypoints.video.decoding import read_camera
    except ImportError:
        return None
    return read_camera(video)
