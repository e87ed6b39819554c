"""What the readers of silhouettes have in common: sequences in order, and a walk made of its usable frames."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from gaitcore.keys import SequenceKey
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.silhouettes.table import Walk

FEW = 5  # frames; the published pretreatment warns below

Found = Iterable[tuple[SequenceKey, Path]]


def in_order(
    paths: Sequence[Path], find: Callable[[Path, DropReport], Found], report: DropReport
) -> Iterator[tuple[SequenceKey, Path]]:
    """The sequences of all folders by their keys; one that is found twice is noted in ``report`` and read once.

    Args:
        paths: the folders.
        find: the key and the file or folder of each sequence of a folder.
        report: what is left out.
    """
    places: dict[SequenceKey, Path] = {}
    for root in paths:
        for key, place in find(root, report):
            if key in places:
                report.add(place, f"sequence twice, {places[key]} is used", sequence=key.name)
            else:
                places[key] = place
    for key in sorted(places, key=SequenceKey.order):
        yield key, places[key]


def full_range(masks: np.ndarray) -> np.ndarray:
    """Masks with values from 0 to 255, uint8; those from 0 to 1 are multiplied by 255.

    Args:
        masks: numbers from 0 to 1, or from 0 to 255.
    """
    if not masks.size or masks.max() > 1:
        return masks if masks.dtype == np.uint8 else masks.round().astype(np.uint8)
    return (masks * np.float64(255)).round().astype(np.uint8)


def walk_of(
    key: SequenceKey,
    place: Path,
    frame: Sequence[int],
    masks: Sequence[np.ndarray] | np.ndarray,
    digest: str,
    report: DropReport,
) -> Iterator[Walk]:
    """The walk of a sequence's usable frames, or none where no frame is usable; ``report`` says so.

    Args:
        key: the sequence's.
        place: its file or folder, for messages.
        frame: (T,) frame numbers, ascending.
        masks: T masks (64, 64) uint8.
        digest: SHA-256 of what they were read from.
        report: also told of a walk with fewer than five frames, which is kept.
    """
    if not len(frame):
        report.add(place, "no usable frame, the sequence is left out", sequence=key.name)
        return
    if len(frame) < FEW:
        count = "1 usable frame" if len(frame) == 1 else f"{len(frame)} usable frames"
        report.add(place, f"{count}, expected {FEW} or more; the sequence is kept", sequence=key.name)
    yield Walk(key, np.array(frame, np.int32), np.asarray(masks), digest)
