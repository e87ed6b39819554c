"""Folders named by the keys of their sequences: ``subject/condition-sequence/view/``, e.g. ``001/nm-01/090/``."""

from collections.abc import Iterator
from pathlib import Path

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey, parse_sequence_name
from gaitcore.modalities.report import DropReport

LAYOUT = "subject/condition-sequence/view"


def sequence_folders(root: Path, holds: str, report: DropReport) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence's key and its folder, in the order of the names; hidden names are skipped.

    Args:
        root: the folder above the subjects'.
        holds: what a sequence's folder holds, for messages: "<any>.pkl".
        report: where a path that names no sequence is noted.

    Raises:
        DataError: ``root`` is no folder.
    """
    if not root.is_dir():
        raise DataError(f"{root}: not a folder, expected a folder of {LAYOUT}/{holds}, e.g. 001/nm-01/090/.")
    for view in _children(root, 3, holds, report):
        key = parse_sequence_name("-".join(view.relative_to(root).parts))
        if key is None:
            report.add(view, f"names no sequence, expected {LAYOUT}, e.g. 001/nm-01/090")
        else:
            yield key, view


def sequence_pickles(root: Path, report: DropReport) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence's key and its only pickle, in the order of the names.

    A folder with none or several, and a path that names no sequence, are noted in ``report``.

    Raises:
        DataError: ``root`` is no folder.
    """
    for key, folder in sequence_folders(root, "<any>.pkl", report):
        pickles = sorted(folder.glob("*.pkl"))
        if len(pickles) == 1:
            yield key, pickles[0]
        else:
            names = f" ({', '.join(path.name for path in pickles)})" if pickles else ""
            report.add(folder, f"{len(pickles)} pickles{names}, expected one", sequence=key.name)


def _children(folder: Path, depth: int, holds: str, report: DropReport) -> Iterator[Path]:
    """The folders ``depth`` levels beneath ``folder``; whatever ends before is reported. Hidden names are skipped."""
    if depth == 0:
        yield folder
        return
    if not folder.is_dir():
        report.add(folder, f"a file where a folder is expected ({LAYOUT}/{holds})")
        return
    names = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if not names:
        report.add(folder, f"an empty folder, expected {LAYOUT}/{holds}")
    for path in names:
        yield from _children(path, depth - 1, holds, report)
