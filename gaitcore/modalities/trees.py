"""Folders named by the keys of their sequences, in any order of the keys, or a list that names each sequence.

By default a tree is ``subject/condition-sequence/view/``, e.g. ``001/nm-01/090/``, as CASIA-B's. The setting ``tree``
describes others: OUMVLP's is ``subject/sequence/view``, and its condition, which no folder names, is a constant.
"""

import csv
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from gaitcore.errors import ConfigError, DataError
from gaitcore.keys import EXPECTED_KEY, KEY_COLUMNS, SequenceKey, is_key, key_of_name, key_text, natural
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.source_files import read_source
from gaitcore.settings.data import Branch, Tree

PICKLES = (".pkl", ".pickle", ".npy")
CASIA_B = Tree()
_EXAMPLE = ", e.g. 001/nm-01/090"
_SHOWN = 5  # files of a folder that the report names
_MOST_LISTED = 1 << 27  # bytes of a list; 268,000 sequences have 15 MB


def tree_option(read: Callable[..., Any], tree: Tree | None, section: str, source_format: str) -> dict[str, Tree]:
    """The keyword arguments that give a reader its tree; none where no tree is set.

    Args:
        read: the reader's function.
        tree: the setting.
        section: the section of the settings it is in, for the message: "data".
        source_format: the reader's name, for the message.

    Raises:
        ConfigError: a tree is set and the reader takes none.
    """
    if tree is None:
        return {}
    if "tree" not in inspect.signature(read).parameters:
        raise ConfigError(
            f"{section}.tree is set, but {section}.format: {source_format} reads no tree; remove {section}.tree."
        )
    return {"tree": tree}


def sequence_folders(
    root: Path, report: DropReport, *, holds: str, tree: Tree = CASIA_B
) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence's key and its folder, in the order of the names; hidden names are skipped.

    Args:
        root: the folder above the subjects'.
        holds: what a sequence's folder holds, for messages: "<any>.pkl".
        report: where a path that names no sequence is noted.
        tree: what the folders name.

    Raises:
        DataError: ``root`` is no folder.
    """
    for key, path in _sequences(root, holds, report, tree):
        if path.is_dir():
            yield key, path
        else:
            report.add(path, f"a file where a folder is expected ({tree.folders}/{holds})")


def sequence_files(
    root: Path, report: DropReport, *, what: str, endings: tuple[str, ...], tree: Tree = CASIA_B
) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence's key and its only file with one of the endings, in the order of the names.

    A sequence's file lies in its folder, under any name, or has the name that the folder would have. A folder with none
    or several of the files that ``tree.files`` names, and a path that names no sequence, are noted in ``report``.
    ``what`` the files are is for messages: "pickles".

    Raises:
        DataError: ``root`` is no folder, or the list of ``tree`` cannot be read.
    """
    holds = f"<any>{endings[0]}"
    for key, path in _sequences(root, holds, report, tree, endings):
        if not path.is_dir():
            yield key, path
            continue
        visible = (file for file in path.iterdir() if file.suffix in endings and not file.name.startswith("."))
        files = sorted((file for file in visible if fnmatchcase(file.name, tree.files)), key=_by_name)
        if len(files) == 1:
            yield key, files[0]
        else:
            names = [file.name for file in files[:_SHOWN]] + ["..."] * (len(files) > _SHOWN)
            found = f"{len(files)} {what}" + (f" ({', '.join(names)})" if files else "")
            choose = "; choose it by tree.files" if files else ""
            report.add(path, f"{found}, expected one{choose}", sequence=key.name)


def sequence_places(
    root: Path, report: DropReport, *, holds: str, endings: tuple[str, ...], tree: Tree = CASIA_B
) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence's key and its folder, or the file in its place; as :func:`sequence_folders` and its arguments."""
    yield from _sequences(root, holds, report, tree, endings)


def sequence_pickles(root: Path, report: DropReport, tree: Tree = CASIA_B) -> Iterator[tuple[SequenceKey, Path]]:
    """:func:`sequence_files` with a pickle or a .npy file each."""
    return sequence_files(root, report, what="pickles", endings=PICKLES, tree=tree)


def _sequences(
    root: Path, holds: str, report: DropReport, tree: Tree, endings: tuple[str, ...] = ()
) -> Iterator[tuple[SequenceKey, Path]]:
    if tree.list:
        yield from _listed(root, report, tree)
        return
    layout = f"{tree.folders}/{holds}"
    if not root.is_dir():
        raise DataError(f"{root}: not a folder, expected a folder of {layout}{_example(tree)}/.")
    branches = (tree, *tree.branches)
    places = [root.joinpath(*_own_folders(branch)) for branch in branches]
    for branch, place in zip(branches, places, strict=True):
        if place.is_dir():
            others = frozenset(places) - {place}
            yield from _of_branch(place, holds, report, branch, endings, others)
        else:
            report.add(place, f"no such folder, which data.tree names ({branch.folders})")
    if root not in places:
        for path in sorted(root.iterdir()):
            if not path.name.startswith(".") and not any(place.is_relative_to(path) for place in places):
                report.add(path, f"is in no part of data.tree ({', '.join(branch.folders for branch in branches)})")


def _own_folders(branch: Branch) -> list[str]:
    """The folders above the keys: train of ``=train/subject/view``."""
    return [level[1:] for level in branch.folders.split("/") if level.startswith("=")]


def _of_branch(
    root: Path, holds: str, report: DropReport, branch: Branch, endings: tuple[str, ...], others: frozenset[Path]
) -> Iterator[tuple[SequenceKey, Path]]:
    """The sequences of one part of a tree; ``others`` are the folders of other parts."""
    layout = branch.folders.split("/")[len(_own_folders(branch)) :]
    levels = [_level(level) for level in layout]
    found = _named(root, levels, f"{branch.folders}/{holds}", report, branch, endings, others)
    if branch.numbered:
        found = _numbered(root, found, branch.numbered, report)
    for keys, path in found:
        key = _key(
            {**keys, **{column: f"{keys[column]}{text}" for column, text in branch.append.items()}}, path, report
        )
        if key is not None:
            yield key, path


def _named(
    root: Path,
    levels: list[re.Pattern[str]],
    layout: str,
    report: DropReport,
    branch: Branch,
    endings: tuple[str, ...],
    others: frozenset[Path],
) -> Iterator[tuple[dict[str, Any], Path]]:
    """The keys that the folders name, and the constant ones."""
    for path in _children(root, len(levels), layout, report, endings, others):
        names = list(path.relative_to(root).parts)
        if path.suffix in endings and not path.is_dir():
            names[-1] = path.stem
        matches = [level.fullmatch(name) for level, name in zip(levels, names, strict=True)]
        keys: dict[str, Any] = {column: key_text(column, value) for column, value in branch.constant.items()}
        for match in matches:
            keys |= match.groupdict() if match else {}
        if not all(matches) or (branch == CASIA_B and not all(map(is_key, keys.values()))):
            expected = f"{branch.folders}{_example(branch)}"
            report.add(path, f"names no sequence, expected {expected}; the setting tree describes other folders")
        else:
            yield keys, path


def _numbered(
    root: Path, found: Iterable[tuple[dict[str, Any], Path]], column: str, report: DropReport
) -> Iterator[tuple[dict[str, Any], Path]]:
    """The same with a number as one more key: 01, 02, ... in the order of a subject's paths as text."""
    for _, group in groupby(found, key=lambda one: one[0].get("subject")):
        for number, (keys, path) in enumerate(sorted(group, key=lambda one: str(one[1])), start=1):
            report.add_once(
                root, f"the {column} is the place of a sequence among its subject's, by their names as text"
            )
            yield {**keys, column: f"{number:02d}"}, path


def _level(level: str) -> re.Pattern[str]:
    """``condition-sequence`` as an expression: each key ends at its separator, the last one with the name."""
    *first, last = re.split("([-_])", level)
    if last == "*":
        return re.compile(".+")
    parts = [f"(?P<{key}>[^{separator}]+){separator}" for key, separator in zip(first[::2], first[1::2], strict=True)]
    return re.compile("".join([*parts, f"(?P<{last}>.+)"]))


def _key(keys: Mapping[str, Any], path: Path, report: DropReport) -> SequenceKey | None:
    """The key of a sequence. Hyphens, dots and blanks become ``_``; what else cannot be in a key is reported."""
    key = SequenceKey(*(keys[column] for column in KEY_COLUMNS))
    changed = SequenceKey(*(key_of_name(text) for text in key))
    for column, before, after in zip(KEY_COLUMNS, key, changed, strict=True):
        if not is_key(after):
            report.add(path, f"names no sequence: {column} {before[:80]!r}, expected {EXPECTED_KEY}")
            return None
        if before != after:
            report.add_once(path, f"the {column} {before} is called {after}, since keys have no hyphen, dot or blank")
    return changed


def _children(
    folder: Path, depth: int, layout: str, report: DropReport, endings: tuple[str, ...], others: frozenset[Path]
) -> Iterator[Path]:
    """What lies ``depth`` levels beneath ``folder``; whatever ends before is reported. Hidden names are skipped."""
    if depth == 0:
        yield folder
        return
    if not folder.is_dir():
        report.add(folder, f"a file where a folder is expected ({layout})")
        return
    names = sorted((path for path in folder.iterdir() if not path.name.startswith(".")), key=_by_name)
    if not names:
        report.add(folder, f"an empty folder, expected {layout}")
    for path in names:
        if path in others:
            continue
        if depth == 1 and not path.is_dir() and path.suffix not in endings:
            report.add(path, f"a file where a folder is expected ({layout})")
        else:
            yield from _children(path, depth - 1, layout, report, endings, others)


def _by_name(path: Path) -> tuple[object, ...]:
    return natural(path.name)


def _example(tree: Branch) -> str:
    return _EXAMPLE if tree.folders == CASIA_B.folders else ""


def _listed(root: Path, report: DropReport, tree: Tree) -> Iterator[tuple[SequenceKey, Path]]:
    """The sequences of the list whose paths lie in ``root``; the others are reported."""
    if not root.is_dir():
        raise DataError(f"{root}: not a folder, expected the folder of the paths in {tree.list} (data.tree.list).")
    for line, row in _rows(Path(str(tree.list))):
        place = PurePosixPath(row["path"])
        if place.is_absolute() or ".." in place.parts:
            raise DataError(f"{tree.list}, line {line}: path {str(place)[:80]!r}, expected one inside {root}.")
        path = root / place
        key = _key({column: row[column] for column in KEY_COLUMNS}, path, report)
        if not path.exists():
            report.add(tree.list, f"no {row['path'][:80]!r} in {root}", line=line)
        elif key is not None:
            yield key, path


def _rows(list_file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Number and values of each line of the CSV."""
    columns = ("path", *KEY_COLUMNS)
    expected = f"a CSV with the columns {', '.join(columns)} (data.tree.list)"
    try:
        lines = read_source(list_file, expected, _MOST_LISTED).decode("utf-8-sig").splitlines()
        reader = csv.DictReader(lines, skipinitialspace=True)
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise DataError(f"{list_file}, line 1: no column {missing[0]!r}, expected {expected}.")
        for row in reader:
            yield reader.line_num, {column: (row[column] or "").strip() for column in columns}
    except UnicodeDecodeError:
        raise DataError(f"{list_file}: not UTF-8 text, expected {expected}.") from None
    except csv.Error as error:
        raise DataError(f"{list_file}: not CSV ({error}), expected {expected}.") from None
