"""The videos and their sequences, and the files that cannot be used; only names are read, no video is opened.

A video has the name of its sequence, ``001-nm-01-090.avi``, in any subfolder; or a CSV names the sequence of each.
Snakemake needs the list before it builds the DAG, so this must be quick: 13,640 files take a fraction of a second.
"""

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from gaitcore.digests import file_digest
from gaitcore.errors import DataError, shown
from gaitcore.keys import EXPECTED_KEY, KEY_COLUMNS, SequenceKey, check_spelling, parse_sequence_name
from gaitcore.modalities.report import LEFT_OUT, NO_VIDEO

ENDINGS = (
    *(".avi", ".mp4", ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".webm", ".wmv", ".ts", ".mts", ".m2ts", ".m2t", ".3gp"),
    *(".3g2", ".flv", ".f4v", ".ogv", ".vob", ".asf", ".divx", ".mxf", ".m2v", ".dv"),
)
CSV_COLUMNS = ("video", *KEY_COLUMNS)
_BRACES = "a brace in its path, which Snakemake reads as a wildcard, expected a path without; rename it"
_UNREADABLE = "no file that can be read; check its permissions, or where its link leads"
_SAMPLE = 4096  # bytes
_BY_NAME = "names no sequence, expected a name like 001-nm-01-090.avi, or data.video.list"


class LeftOut(NamedTuple):
    """A file, or a line of the CSV, that gives no poses."""

    file: str
    reason: str
    line: int | None = None
    sequence: str = ""


@dataclass
class Listing:
    """The videos by sequence, and what was left out of them.

    videos: sequence's name -> path, sorted by key. left_out: in the order of the search.
    """

    videos: dict[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)

    @cached_property
    def by_subject(self) -> dict[str, dict[str, str]]:
        """Each subject's videos: sequence's name -> path."""
        groups = groupby(self.videos, key=lambda name: name.partition("-")[0])
        return {subject: {name: self.videos[name] for name in names} for subject, names in groups}

    def spread(self, number: int) -> list[str]:
        """The names of ``number`` sequences, spread evenly over all subjects, conditions and views."""
        names, number = list(self.videos), min(number, len(self.videos))
        return [names[(2 * n + 1) * len(names) // (2 * number)] for n in range(number)]


def find_videos(
    paths: Sequence[str | Path], list_file: str | Path | None = None, list_outside: bool = False
) -> Listing:
    """The videos below folders, and single files, each with its sequence.

    Args:
        paths: folders, searched through, or single files.
        list_file: CSV with the columns video, subject, condition, sequence, view; ``video`` is a path relative to one
            of the folders. Files that are not in it are left out.
        list_outside: whether paths in the CSV may lead outside the folders.

    Raises DataError where a path is missing, the CSV cannot be read or lacks a column, a path in it leads outside the
    folders, no video is usable, a number is spelled in two ways (subjects 001 and 1), or one video stands for two
    sequences or, with the same bytes in another file, for two subjects.
    """
    for path in paths:
        if not Path(path).exists():
            raise DataError(f"{path}: no such folder or file, expected videos.")
    found = [file for path in paths for file in _files(Path(path))]
    files = [file for file in found if _is_file(file) and (_is_video(file) or str(file) in map(str, paths))]
    listing = Listing()
    if list_file:
        rows = _by_list(_List(Path(list_file), list_outside), paths, files, listing)
    else:
        rows = _by_name(files, listing)
    videos: dict[SequenceKey, Path] = {}
    for key, file in rows:
        if "{" in str(file) or "}" in str(file):
            listing.left_out.append(LeftOut(str(file), _BRACES))
        elif key in videos:
            listing.left_out.append(LeftOut(str(file), f"sequence twice, {videos[key]} is used", sequence=key.name))
        else:
            videos[key] = file
    listing.left_out += _no_videos(found, {*files, *videos.values()}, list_file)
    if not videos:
        first = f" {listing.left_out[0].file}: {listing.left_out[0].reason}." if listing.left_out else ""
        raise DataError(
            f"{', '.join(map(str, paths))}: no usable video, expected files like 001-nm-01-090.avi or a list of them "
            f"(data.video.list).{first}"
        )
    _refuse_one_for_two(videos)
    for column, values in zip(KEY_COLUMNS, zip(*videos, strict=True), strict=True):
        check_spelling(column, values, ", ".join(map(str, paths)))
    listing.videos = {key.name: str(videos[key]) for key in sorted(videos, key=SequenceKey.order)}
    return listing


def _files(path: Path) -> list[Path]:
    """Every visible file of a folder, and the videos in hidden folders; or the file itself."""
    if not path.is_dir():
        return [path]
    inside = (file for file in path.rglob("*") if not file.name.startswith(".") and not file.is_dir())
    return sorted(file for file in inside if _is_video(file) or not _is_hidden(file.relative_to(path)))


def _is_video(file: Path) -> bool:
    return file.suffix.lower() in ENDINGS


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _no_videos(found: Iterable[Path], videos: set[Path], list_file: str | Path | None) -> Iterator[LeftOut]:
    """The files that were passed over, but for the list."""
    listing = Path(list_file).resolve() if list_file else None
    for file in found:
        if file in videos or file.resolve() == listing:
            continue
        if _is_video(file):
            yield LeftOut(str(file), f"{LEFT_OUT}{_UNREADABLE}")
        else:
            ending = f"the ending {shown(file.suffix)}" if file.suffix else "no ending"
            reason = f"{ending}, expected {', '.join(ENDINGS[:4])} or another of docs/poses.md"
            yield LeftOut(str(file), f"{NO_VIDEO}{reason}")


def _by_name(files: Iterable[Path], listing: Listing) -> Iterator[tuple[SequenceKey, Path]]:
    for file in files:
        key = parse_sequence_name(file.stem)
        if key is None:
            listing.left_out.append(LeftOut(str(file), _BY_NAME))
        else:
            yield key, file


class _List(NamedTuple):
    """The CSV of videos, and whether its paths may lead outside the folders."""

    file: Path
    outside: bool


def _by_list(
    list_: _List, paths: Sequence[str | Path], files: Iterable[Path], listing: Listing
) -> Iterator[tuple[SequenceKey, Path]]:
    list_file, listed = list_.file, set()
    for line, row in _rows(list_file):
        video = Path(row["video"])
        if not list_.outside and (video.is_absolute() or ".." in video.parts):
            raise DataError(
                f"{list_file}, line {line}: the video {shown(row['video'])} may lead outside {_all(paths)}, expected a "
                "path below it; move the video there, or set data.video.list_outside to true."
            )
        candidates = [Path(path) / video for path in paths if Path(path).is_dir()]
        candidates += [Path(path) for path in paths if Path(path).name == row["video"]]
        file = next((one for one in candidates if _is_file(one)), None)
        key = parse_sequence_name("-".join(row[column] for column in KEY_COLUMNS))
        if file is None:
            listing.left_out.append(LeftOut(str(list_file), f"no video {shown(row['video'])} in {_all(paths)}", line))
        elif key is None:
            listing.left_out.append(LeftOut(str(list_file), _wrong_key(row), line))
        else:
            yield key, file
        listed.add(file)
    for file in files:
        if file not in listed:
            listing.left_out.append(LeftOut(str(file), f"not in {list_file}"))


def _is_file(path: Path) -> bool:
    """Whether there is a file that this user may read."""
    try:
        return path.is_file() and os.access(path, os.R_OK)
    except OSError:  # a name that is too long
        return False


def _refuse_one_for_two(videos: Mapping[SequenceKey, Path]) -> None:
    """Refuse one video for two sequences, and copies of one for two subjects: gallery and probe would be the same."""
    by_place: dict[Path, SequenceKey] = {}
    by_size: dict[int, list[SequenceKey]] = {}
    for key, file in videos.items():
        first = by_place.setdefault(file.resolve(), key)
        if first != key:
            raise DataError(f"{file}: is the video of {first.name} and of {key.name}, expected one; remove the other.")
        by_size.setdefault(file.stat().st_size, []).append(key)
    alike = [keys for size, keys in by_size.items() if size and len({key.subject for key in keys}) > 1]
    for digest in (_sample, file_digest):  # a sample first: recordings of one length may have one size
        alike = [group for keys in alike for group in _grouped(keys, videos, digest)]
    for first, *others in alike:
        other = next(key for key in others if key.subject != first.subject)
        raise DataError(
            f"{videos[first]} and {videos[other]}: have the same bytes, expected one video for {first.name} and "
            f"another for {other.name}; remove one of them."
        )


def _grouped(
    keys: Iterable[SequenceKey], videos: Mapping[SequenceKey, Path], digest: Callable[[Path], object]
) -> list[list[SequenceKey]]:
    """The keys whose videos have the same digest, where these are of several subjects."""
    groups: dict[object, list[SequenceKey]] = {}
    for key in keys:
        try:
            content = digest(videos[key])
        except OSError:  # what cannot be read is reported when its frames are
            continue
        groups.setdefault(content, []).append(key)
    return [group for group in groups.values() if len({key.subject for key in group}) > 1]


def _sample(path: Path) -> bytes:
    """Some bytes from the middle of a file."""
    with path.open("rb") as file:
        file.seek(path.stat().st_size // 2)
        return file.read(_SAMPLE)


def _rows(list_file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Number and values of each line of the CSV."""
    if list_file.exists() and not list_file.is_file():
        raise DataError(f"{list_file}: this is not a file, expected a CSV of videos (data.video.list).")
    try:
        lines = list_file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{list_file}: cannot be read ({error}), expected a CSV of videos (data.video.list).") from None
    reader = csv.DictReader(lines, skipinitialspace=True)
    try:
        missing = [column for column in CSV_COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise DataError(f"{list_file}, line 1: no column {missing[0]!r}, expected {', '.join(CSV_COLUMNS)}.")
        for row in reader:
            yield reader.line_num, {column: (row[column] or "").strip() for column in CSV_COLUMNS}
    except csv.Error as error:
        raise DataError(
            f"{list_file}, line {reader.line_num + 1}: not CSV ({error}), expected {', '.join(CSV_COLUMNS)}."
        ) from None


def _wrong_key(row: dict[str, str]) -> str:
    keys = ", ".join(f"{column} {shown(row[column])}" for column in KEY_COLUMNS)
    return f"{keys}; expected {EXPECTED_KEY}, e.g. 001, nm, 01, 090"


def _all(paths: Sequence[str | Path]) -> str:
    return ", ".join(map(str, paths))
