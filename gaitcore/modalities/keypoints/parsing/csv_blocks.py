"""A CSV of poses, parsed in blocks of whole lines, several in parallel, directly to float32.

Only a block in which a number cannot be parsed is parsed again as text, to find the row; clean files cost nothing
extra.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from gaitcore.errors import DataError, shown
from gaitcore.keys import SequenceKey, parse_sequence_name
from gaitcore.modalities.keypoints.bounds import faults
from gaitcore.modalities.keypoints.parsing.frame_names import FRAME_NAME, NUMBER_NAME, frame_number, why_no_frame
from gaitcore.modalities.keypoints.parsing.packed import Source
from gaitcore.modalities.keypoints.skeleton import CHANNELS, JOINTS, NUM_JOINTS, NUM_VALUES
from gaitcore.modalities.keypoints.table import PoseInfo

_IN_HEADER = {"confidence": "conf"}  # channels with another name in GaitGraph's header
COORDINATES: tuple[str, ...] = tuple(
    f"{joint}_{_IN_HEADER.get(channel, channel)}" for joint in JOINTS for channel in CHANNELS
)
COLUMNS: tuple[str, ...] = ("image_name", *COORDINATES)

_IMAGE_NAMES = tuple(rf"(?P<sequence>[^/\\]+)[/\\]{frame}$" for frame in (NUMBER_NAME, FRAME_NAME))
_EXAMPLE = "./001-nm-01-090/000001.jpg"
_BLOCK_BYTES = 1 << 23  # also the most bytes of a line
_SHORTEST_ROW = 2 * NUM_VALUES  # bytes: 51 digits and as many commas
_REPORTED = 20_000  # rows of a block that are far too short: up to so many are reported one by one
_BLANK_BYTES = 1 << 20  # of blank lines alone
_LONGEST_NAMES = 2 * 255  # characters, as of a folder's and a file's name
_MOST_WORKERS = 8

T = TypeVar("T")


class Rows(NamedTuple):
    """Usable rows of one block: row n is of sequence ``keys[code[n]]`` and is line ``line[n]`` of the file, from 1."""

    path: Path
    keys: list[SequenceKey]
    code: np.ndarray
    frame: np.ndarray
    line: np.ndarray
    keypoints: np.ndarray


class Dropped(NamedTuple):
    """A row that is left out; ``image_name`` is its sequence and frame, with a slash between them."""

    line: int
    image_name: str
    reason: str


def text_blocks(path: Path, file: Source, digest: "hashlib._Hash") -> Iterator[tuple[int, bytes]]:
    """Blocks of whole lines, each with the number of its first line; the header has been read.

    Raises DataError for a line of more than 8 MiB.
    """
    first_line, rest = 2, b""
    while data := file.read(_BLOCK_BYTES):
        digest.update(data)
        newline = data.find(b"\n")
        if len(rest) + (len(data) if newline < 0 else newline) > _BLOCK_BYTES:
            raise DataError(
                f"{path}, line {first_line}: more than {_BLOCK_BYTES:,} bytes, expected one row of an image name and "
                "51 numbers; fetch the file again."
            )
        end = data.rfind(b"\n") + 1
        if not end:
            rest += data
            continue
        block, rest = rest + data[:end], data[end:]
        yield first_line, block
        first_line += block.count(b"\n")
    if rest:
        yield first_line, rest


def in_parallel(parse: Callable[[int, bytes], T], blocks: Iterator[tuple[int, bytes]]) -> Iterator[T]:
    """``parse(first_line, block)`` of each block in order; only a few blocks are in memory at a time."""
    workers = min(pa.cpu_count(), _MOST_WORKERS)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[T]] = deque()
        for first_line, block in blocks:
            waiting.append(pool.submit(parse, first_line, block))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def parse_block(
    path: Path, columns: list[str], info: PoseInfo, first_line: int, block: bytes
) -> tuple[Rows, list[Dropped]]:
    """The usable rows of a block and, by line, what was dropped from it.

    Raises DataError for text that is not UTF-8, and for a long block of blank or far too short lines.
    """
    _check_text(path, first_line, block)
    block = block.replace(b"\r", b"").replace(b'"', b"")
    line = _line_numbers(path, first_line, block)
    table, line, dropped = _read_numbers(columns, line, block)
    names = table.column("image_name").combine_chunks()
    values = np.empty((len(line), NUM_VALUES), np.float32)
    for n, column in enumerate(COORDINATES):
        values[:, n] = table.column(column)
    keypoints = values.reshape(-1, NUM_JOINTS, len(CHANNELS))
    keys, code, frame = _parse_names(names)

    bad = faults(keypoints, info.frame_width, info.frame_height)
    usable = code >= 0
    usable[list(bad)] = False
    for n in np.flatnonzero(~usable).tolist():
        name = names[n].as_py()
        reason = _why_no_name(name) if code[n] < 0 else _why_not_finite(values[n]) or bad[n]
        dropped.append(Dropped(int(line[n]), _last_two(name), reason))
    if not usable.all():
        code, frame, line, keypoints = code[usable], frame[usable], line[usable], keypoints[usable]
    return Rows(path, keys, code, frame, line, keypoints), sorted(dropped)


def _check_text(path: Path, first_line: int, block: bytes) -> None:
    place, found = block.find(b"\0"), "a NUL byte"
    if place < 0 and block.isascii():
        return
    if place < 0:
        try:
            block.decode()
            return
        except UnicodeDecodeError as error:
            place, found = error.start, "not UTF-8 text"
    line = first_line + block.count(b"\n", 0, place)
    raise DataError(f"{path}, line {line}: {found}, expected a CSV file of poses; fetch it again.")


def _line_numbers(path: Path, first_line: int, block: bytes) -> np.ndarray:
    """The file's line of each line of the block that is not blank."""
    if len(block) > _BLANK_BYTES and not block.strip(b"\n"):
        raise DataError(_no_table(path, first_line, len(block), "blank lines"))
    if block.startswith(b"\n") or b"\n\n" in block:
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
        ends = ends if block.endswith(b"\n") else np.append(ends, len(block))
        line = first_line + np.flatnonzero(np.diff(ends, prepend=-1) > 1)
    else:
        line = first_line + np.arange(block.count(b"\n") + (not block.endswith(b"\n")))
    if len(line) > _REPORTED and len(line) * _SHORTEST_ROW > len(block):
        raise DataError(_no_table(path, first_line, len(block), f"lines of {len(block) // len(line)} bytes"))
    return line


def _no_table(path: Path, line: int, size: int, kind: str) -> str:
    expected = "expected one row of an image name and 51 numbers per frame; fetch the file again"
    return f"{path}, line {line}: {size:,} bytes of {kind}, {expected}."


def _read_numbers(columns: list[str], line: np.ndarray, block: bytes) -> tuple[pa.Table, np.ndarray, list[Dropped]]:
    """The block's rows as float32, their lines, and the rows with too few or too many values or with no number."""
    dropped: dict[int, Dropped] = {}
    try:
        table = _read_csv(columns, line, block, pa.float32(), dropped)
        return table, np.delete(line, list(dropped)), list(dropped.values())
    except pa.ArrowInvalid:
        text = _trimmed(_read_csv(columns, line, block, pa.string(), dropped))
    line = np.delete(line, list(dropped))
    reasons = _not_numbers(text)
    names = text.column("image_name")
    unreadable = [Dropped(int(line[n]), _last_two(names[n].as_py()), reason) for n, reason in reasons.items()]
    good = np.ones(len(line), bool)
    good[list(reasons)] = False
    return text.filter(good).cast(_schema(pa.float32())), line[good], [*dropped.values(), *unreadable]


def _schema(number: pa.DataType) -> pa.Schema:
    return pa.schema([("image_name", pa.string()), *((name, number) for name in COORDINATES)])


def _read_csv(
    columns: list[str], line: np.ndarray, block: bytes, number: pa.DataType, dropped: dict[int, Dropped]
) -> pa.Table:
    """The block with its coordinates as ``number``; rows with a wrong number of values go to ``dropped``."""

    def drop(row: pa_csv.InvalidRow) -> str:
        shape = "(image name and 17 x (x, y, confidence))" if len(columns) == len(COLUMNS) else "(as in the header)"
        reason = f"{row.actual_columns} values, expected {row.expected_columns} {shape}"
        dropped[row.number - 1] = Dropped(int(line[row.number - 1]), _last_two(row.text.partition(",")[0]), reason)
        return "skip"

    schema = _schema(number)
    return pa_csv.read_csv(
        pa.BufferReader(block),
        # Arrow knows the number of an invalid row only with one thread and one chunk.
        pa_csv.ReadOptions(column_names=columns, use_threads=False, block_size=len(block) + 1),
        pa_csv.ParseOptions(quote_char=False, invalid_row_handler=drop),
        pa_csv.ConvertOptions(column_types=schema, include_columns=schema.names, null_values=[], check_utf8=False),
    )


def _trimmed(text: pa.Table) -> pa.Table:
    """Coordinates without spaces around them, as Arrow trims numbers in a CSV file but not in a cast from text."""
    numbers = {name: pc.utf8_trim_whitespace(text.column(name)) for name in COORDINATES}
    return pa.table({"image_name": text.column("image_name"), **numbers})


def _not_numbers(text: pa.Table) -> dict[int, str]:
    """Row -> the reason, for rows of text columns that hold anything but numbers."""
    reasons: dict[int, str] = {}
    for name in COORDINATES:
        column = text.column(name).combine_chunks()
        for n in _uncastable(column, 0):
            value = column[n].as_py()
            cell = f"text {shown(value)}" if value else "nothing"
            reasons.setdefault(n, f"{cell} in column {name}, expected a number")
    return reasons


def _uncastable(column: pa.StringArray, start: int) -> Iterator[int]:
    """The positions (counted from ``start``) that Arrow cannot cast to numbers, searched by halving."""
    try:
        column.cast(pa.float32())
    except pa.ArrowInvalid:
        if len(column) == 1:
            yield start
            return
        half = len(column) // 2
        yield from _uncastable(column[:half], start)
        yield from _uncastable(column[half:], start + half)


def parse_image_name(name: str) -> tuple[SequenceKey, int] | None:
    """Sequence and frame of ``./001-nm-01-090/000001.jpg``, or None if the text is not such a name."""
    key, frame = _sequence(name), frame_number(name)
    return (key, frame) if key and frame is not None else None


def _last_two(name: str) -> str:
    """The sequence and the picture in an image name; empty where they are longer than any name of both."""
    parts = name.replace("\\", "/").rsplit("/", 2)[-2:]
    return "/".join(parts) if sum(map(len, parts)) <= _LONGEST_NAMES else ""


def _sequence(name: str) -> SequenceKey | None:
    return parse_sequence_name(_last_two(name).rpartition("/")[0])


def _parse_names(names: pa.Array) -> tuple[list[SequenceKey], np.ndarray, np.ndarray]:
    """The distinct sequences of image names, each row's index into them (-1: no such name), and its frame."""
    for pattern in _IMAGE_NAMES:
        parts = pc.extract_regex(names, pattern)
        if not parts.null_count:
            break
    sequences = parts.field("sequence").dictionary_encode()
    frame = pc.if_else(parts.is_valid(), parts.field("frame"), "0").cast(pa.int32()).to_numpy()
    keys: list[SequenceKey] = []
    index = []
    for text in sequences.dictionary.to_pylist():
        key = parse_sequence_name(text)
        index.append(len(keys) if key else -1)
        keys += [key] if key else []
    return keys, np.array(index, np.int64)[sequences.indices.to_numpy()], frame


def _why_no_name(name: str) -> str:
    if _sequence(name) and "digits" in why_no_frame(name):
        return f"image name {shown(name)}, {why_no_frame(name)}"
    return f"image name {shown(name)}, expected a name like {_EXAMPLE}"


def _why_not_finite(values: np.ndarray) -> str:
    """The first number that is NaN or infinite, with its column; empty if there is none."""
    columns = np.flatnonzero(~np.isfinite(values))
    return f"{values[columns[0]]} in column {COORDINATES[columns[0]]}, expected a finite number" if len(columns) else ""
