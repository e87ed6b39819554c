"""Pickle trees as OpenGait makes them: one array (T, 64, 64) per sequence, or (T, 64, 44).

Layout: ``subject/condition-sequence/view/<any>.pkl``, e.g. ``001/nm-01/090/090.pkl``, or what ``tree`` says; values
from 0 to 255, or from 0 to 1. The silhouettes are aligned already. A width of 44 is the middle of 64 columns, so ten
empty columns are put on each side and the network receives the 44 as they are.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from gaitcore.keys import SequenceKey
from gaitcore.modalities.pickles import load_array
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.silhouettes.pretreatment import SIZE
from gaitcore.modalities.silhouettes.subjects import NOT_KEPT, Subjects
from gaitcore.modalities.silhouettes.table import Walk
from gaitcore.modalities.silhouettes.walks import full_range, in_order, walk_of
from gaitcore.modalities.source_files import read_source
from gaitcore.modalities.trees import CASIA_B, sequence_pickles
from gaitcore.settings.data import Tree

LABEL = "OpenGait pickles"
EXPECTED = "a folder with subject/condition-sequence/view/<any>.pkl, e.g. 001/nm-01/090/"
PRETREATMENT = "the source's own; a width of 44 is put in the middle of 64"
ENDINGS = (".pkl", ".pickle", ".npy")

_ARRAY = "one array (T, 64, 64) or (T, 64, 44) of numbers"
_WIDTHS = (SIZE, 44)
_WHITE = 255


def read(
    paths: Sequence[Path], report: DropReport, *, tree: Tree = CASIA_B, subjects: Subjects = NOT_KEPT
) -> Iterator[Walk]:
    """Read one or more folders of pickles; a sequence's frames are numbered from 1.

    Noted in ``report`` and left out: a path that names no sequence, a view folder without a pickle or with several, a
    sequence found twice, an array of another shape or with other values, a frame without a white pixel.

    Raises DataError for a pickle that is damaged or holds anything but numbers, and where a path is no folder.
    """
    return subjects.walks(in_order(paths, partial(find, tree=tree), report), _walk, report)


def _walk(key: SequenceKey, path: Path, report: DropReport) -> Iterator[Walk]:
    content = read_source(path, "a pickle of silhouettes")
    array = load_array(path, content, _ARRAY)
    problem = _problem(array)
    if problem:
        report.add(path, problem, sequence=key.name)
        return
    masks = _wide(full_range(array))
    used = masks.any(axis=(1, 2))
    for row in np.flatnonzero(~used).tolist():
        report.add(path, "no white pixel", sequence=key.name, frame=row + 1)
    frame = np.flatnonzero(used) + 1
    digest = hashlib.sha256(content).hexdigest()
    yield from walk_of(key, path, frame.tolist(), masks if used.all() else masks[used], digest, report)


def find(root: Path, report: DropReport, *, tree: Tree = CASIA_B) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence of a folder and its file; what names none is reported."""
    return sequence_pickles(root, report, tree)


def _problem(array: np.ndarray) -> str | None:
    """What is wrong with an array, if anything."""
    if array.ndim != 3 or array.shape[1] != SIZE or array.shape[2] not in _WIDTHS or not len(array):
        return f"an array {array.shape}, expected (T, 64, 64) or (T, 64, 44)"
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high) and low >= 0 and high <= _WHITE):
        return f"values from {low:g} to {high:g}, expected 0 to {_WHITE} or 0 to 1"
    return None


def _wide(masks: np.ndarray) -> np.ndarray:
    """(T, 64, 44 or 64) -> (T, 64, 64)."""
    empty = (SIZE - masks.shape[2]) // 2
    if not empty:
        return masks
    return np.pad(masks, ((0, 0), (0, 0), (empty, empty)))
