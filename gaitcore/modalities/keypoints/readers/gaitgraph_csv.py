"""GaitGraph's CSV: one row per frame, an image name and 17 x (x, y, confidence) in pixels, COCO-17 order.

Format: Teepe et al., GaitGraph (ICIP 2021): ``./001-nm-01-090/000001.jpg,158.67,65.78,0.90,...``. CASIA-B comes as
``casia-b_pose_train_valid.csv`` and ``casia-b_pose_test.csv``, or as one file.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import numpy as np

from gaitcore.errors import DataError, shown
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.parsing.csv_blocks import (
    COLUMNS,
    Dropped,
    Rows,
    in_parallel,
    parse_block,
    parse_image_name,
    text_blocks,
)
from gaitcore.modalities.keypoints.parsing.packed import Source, open_source
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, combined_digest, sequence_frame
from gaitcore.modalities.report import DropReport

LABEL = "GaitGraph CSV"
EXPECTED = "a CSV file with the columns image_name, nose_x, nose_y, nose_conf, ..."
ENDINGS = (".csv", ".csv.xz", ".csv.gz", ".csv.bz2")

_LONGEST_NAME = 259  # characters of a sequence's name: four keys of 64 and three hyphens
_HEADER_BYTES = 1 << 16
_HEADER = "a header (image_name, nose_x, ...)"
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}
_MOST_DROPPED = 20_000  # rows at the beginning of a file without one that is usable


def read(paths: Sequence[Path], info: PoseInfo, report: DropReport) -> PoseTable:
    """Read one or more CSV files (also packed as ``.xz``, ``.gz``, ``.bz2``) as one table, by sequence and frame.

    A bad row is left out and noted in ``report`` with its line: a wrong number of values, text or an empty cell in
    place of a number, a frame out of bounds (:mod:`gaitcore.modalities.keypoints.bounds`), an image name that does not
    parse, a frame that is repeated later (the later row is used, as in the published code). The source digest is that
    of the uncompressed text.

    Raises DataError for a file that cannot be read, is empty, is not UTF-8 text, lacks a column, or holds no usable
    row, and where a number is spelled in two ways (subjects 001 and 1).
    """
    files = [_read_file(path, info, report) for path in paths]
    blocks = [rows for file_blocks, _ in files for rows in file_blocks]
    digests = [(path.name, digest) for path, (_, digest) in zip(paths, files, strict=True)]
    keys = sorted({key for rows in blocks for key in rows.keys}, key=SequenceKey.order)
    rank = {key: rank for rank, key in enumerate(keys)}
    position = np.concatenate([_positions(rows, rank) for rows in blocks])
    keypoints = np.concatenate([rows.keypoints for rows in blocks])
    if not (np.diff(position) > 0).all():
        order = _sort(position, blocks, report)
        position, keypoints = position[order], keypoints[order]
    present, frames = np.unique(position >> 32, return_counts=True)
    frame = position.astype(np.int32)  # the lower half
    digest = digests[0][1] if len(digests) == 1 else combined_digest(digests)
    sequences = sequence_frame([keys[rank] for rank in present], frames)
    return PoseTable(sequences, frame, keypoints, replace(info, source_digest=digest))


def _positions(rows: Rows, rank: dict[SequenceKey, int]) -> np.ndarray:
    """(n,) int64 that sorts rows by sequence, then frame: the sequence's rank above, the frame in the lower half."""
    ranks = np.array([rank[key] for key in rows.keys], np.int64)
    return ranks[rows.code] << 32 | rows.frame


def _sort(position: np.ndarray, blocks: list[Rows], report: DropReport) -> np.ndarray:
    """The rows in sorted order; of repeated frames only the last is kept and the earlier ones are reported."""
    order = np.argsort(position, kind="stable")
    ordered = position[order]
    last = np.searchsorted(ordered, ordered, side="right") - 1
    kept = last == np.arange(len(last))
    if not kept.all():
        _report_repeated(sorted(zip(order[~kept], order[last[~kept]], strict=True)), blocks, report)
    return order[kept]


def _report_repeated(repeated: list[tuple[int, int]], blocks: list[Rows], report: DropReport) -> None:
    """Report each earlier row of ``repeated`` (earlier, later) pairs; rows are counted through all blocks."""
    starts = np.cumsum([0] + [len(rows.line) for rows in blocks])

    def where(row: int) -> tuple[Rows, int]:
        block = int(np.searchsorted(starts, row, side="right")) - 1
        return blocks[block], row - starts[block]

    for earlier, later in repeated:
        (rows, n), (used, m) = where(earlier), where(later)
        other = "" if rows.path == used.path else f" of {used.path}"
        reason = f"repeated frame, line {used.line[m]}{other} has it again and is used"
        name = rows.keys[rows.code[n]].name
        report.add(rows.path, reason, line=int(rows.line[n]), sequence=name, frame=int(rows.frame[n]))


def _read_file(path: Path, info: PoseInfo, report: DropReport) -> tuple[list[Rows], str]:
    """The usable rows of one file, block by block, and the SHA-256 of its text."""
    digest = hashlib.sha256()
    blocks: list[Rows] = []
    with open_source(path, "a CSV file of poses") as file:
        columns = _read_header(path, file, digest, report)
        noted, usable = len(report), False
        parse = partial(parse_block, path, columns, info)
        for rows, dropped in in_parallel(parse, text_blocks(path, file, digest)):
            blocks.append(rows)
            _note(path, dropped, report)
            usable = usable or len(rows.line) > 0
            if not usable and len(report) - noted > _MOST_DROPPED:
                break
    if usable:
        if file.last != b"\n":
            report.add(path, "no line end after the last row, which may be cut off; it is used if it has all values")
        return blocks, digest.hexdigest()
    if len(report) == noted:
        raise DataError(f"{path}: only a header, expected one row per frame; put the whole file there.")
    raise DataError(f"{path}: no usable row among {len(report) - noted}. {report.sentence(noted)}.")


def _read_header(path: Path, file: Source, digest: "hashlib._Hash", report: DropReport) -> list[str]:
    """The columns by their names in small letters, as ``COLUMNS`` has them."""
    header = file.readline(_HEADER_BYTES)
    digest.update(header)
    if not header:
        raise DataError(f"{path}: empty, expected {_HEADER} and one row per frame.")
    written = [name.strip(' "\r\n') for name in _header_text(path, header).split(",")]
    columns = [name.lower() for name in written]
    missing = [name for name in COLUMNS if columns.count(name) != 1]
    if missing:
        raise DataError(f"{path}, line 1: {_wrong_header(columns, missing)}")
    for name in written:
        if name.lower() not in COLUMNS:
            report.add(path, f"column {shown(name)} is not used", line=1)
    return columns


def _header_text(path: Path, header: bytes) -> str:
    """The first line as text."""
    if header.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path}, line 1: UTF-16 text, expected a CSV file of poses in UTF-8; save it as UTF-8.")
    if b"\0" in header:
        kind = "a tar archive" if b"ustar" in header else "a NUL byte"
        raise DataError(f"{path}, line 1: {kind}, expected {_HEADER}; unpack it or fetch it again.")
    if b"\r" in header.rstrip(b"\r\n"):
        raise DataError(f"{path}, line 1: lines end with a carriage return alone, expected line feeds; convert it.")
    if len(header) == _HEADER_BYTES:
        raise DataError(f"{path}, line 1: more than {_HEADER_BYTES:,} bytes, expected {_HEADER}.")
    try:
        return header.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}, line 1: not UTF-8 text, expected the header of a CSV file of poses.") from None


def _wrong_header(columns: list[str], missing: list[str]) -> str:
    first = missing[0]
    if first in columns:
        return f"column {first!r} twice, expected once; remove one."
    expected = "image_name and the x, y and conf of 17 joints (nose_x, nose_y, nose_conf, left_eye_x, ...)"
    if len(columns) == 1:
        for separator, name in _SEPARATORS.items():
            if columns[0].count(separator) >= len(COLUMNS) // 2:
                return f"columns separated by {name}, expected commas; save the file with commas and decimal points."
    if len(columns) > 1 and all(map(_is_number, columns[1:])):
        return f"a row of numbers and no header, expected {expected}; put the header before it."
    others = f" (nor {len(missing) - 1} others)" if len(missing) > 1 else ""
    nearest = get_close_matches(first, [name for name in columns[: 2 * len(COLUMNS)] if name not in COLUMNS], n=1)
    hint = f"; the nearest present is {shown(nearest[0])}" if nearest else ""
    return f"no column {first!r}{others}{hint}; expected {expected}."


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _note(path: Path, dropped: list[Dropped], report: DropReport) -> None:
    for line, image_name, reason in dropped:
        key, frame = parse_image_name(image_name) or (None, None)
        report.add(path, reason, line=line, sequence=key.name if key else _folder(image_name), frame=frame)


def _folder(image_name: str) -> str:
    """The text where an image name that cannot be read has its sequence: "001-nm-01--45"; empty where it has none."""
    return image_name.split("/")[-2][:_LONGEST_NAME] if "/" in image_name else ""
