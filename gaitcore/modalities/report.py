"""The report of what a reader left out, and why; it becomes ``poses_report.csv``."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gaitcore.csv_files import TEXT, WHOLE_OR_EMPTY, read_csv, write_csv
from gaitcore.percent import in_percent

_TYPES = {"file": TEXT, "line": WHOLE_OR_EMPTY, "sequence": TEXT, "frame": WHOLE_OR_EMPTY, "reason": TEXT}
REPORT_COLUMNS: tuple[str, ...] = tuple(_TYPES)
LEFT_OUT = "left out: "  # the reason begins so where a whole video gives no pose
NO_VIDEO = "no video: "  # and so for another file among the videos
OTHERS = "another person"  # and so for a person in a frame who is not the walker; the frame itself may be kept
_NAMED = 3  # videos, or reasons, in one sentence
_MANY = 0.1  # of the frames: what is worth a warning

log = logging.getLogger(__name__)


class DropReport:
    """Collects every row, frame or sequence of the source that does not reach the pose table."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int | None, str, int | None, str]] = []
        self._once: set[str] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def sentence(self, entry: int) -> str:
        """One entry as text: ``poses.csv, line 3: 50 values, expected 52 (...)``."""
        file, line, _, _, reason = self._rows[entry]
        return f"{file}: {reason}" if line is None else f"{file}, line {line}: {reason}"

    def add(
        self, file: object, reason: str, *, line: int | None = None, sequence: str = "", frame: int | None = None
    ) -> None:
        """Note one dropped item; ``line`` is 1-based, ``sequence`` a name such as ``001-nm-01-090``."""
        self._rows.append((_printable(str(file)), line, sequence, frame, _printable(reason)))

    def add_once(self, file: object, reason: str) -> None:
        """Note something that many files have in common, for the first of them only."""
        if reason not in self._once:
            self._once.add(reason)
            self.add(file, f"{reason}; other files alike are not listed")

    def rows(self) -> list[tuple[str, int | None, str, int | None, str]]:
        """The entries as plain values of ``REPORT_COLUMNS``, to be kept and put back by :meth:`extend`."""
        return list(self._rows)

    def extend(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add the entries of another report, as :meth:`rows` gives them."""
        self._rows.extend((file, line, sequence, frame, reason) for file, line, sequence, frame, reason in rows)

    def to_frame(self) -> pd.DataFrame:
        """The report as a DataFrame of ``REPORT_COLUMNS``, in the order of ``add``; a missing line or frame is <NA>."""
        return pd.DataFrame(self._rows, columns=list(REPORT_COLUMNS)).astype(
            {name: column.dtype for name, column in _TYPES.items()}
        )


def _printable(text: str) -> str:
    """The text as one line of UTF-8: names of files can have line ends, and bytes that are not."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def left_out_videos(lines: pd.DataFrame) -> list[str]:
    """The videos of a report that gave nothing, each with its reason: ``a.mp4: not a video that can be read (...)``."""
    videos = lines[lines["reason"].str.startswith(LEFT_OUT)]
    return [f"{file}: {why.removeprefix(LEFT_OUT)}" for file, why in zip(videos["file"], videos["reason"], strict=True)]


def told(videos: Sequence[str]) -> str:
    """Videos that gave nothing, in one sentence with what to do; three of them by name."""
    more = f"; and {len(videos) - _NAMED} more" if len(videos) > _NAMED else ""
    return f"{'; '.join(videos[:_NAMED])}{more}. Replace or remove the files, or correct the settings named."


def warn_of_lost_frames(report: pd.DataFrame, kept: int, path: str | Path) -> None:
    """Log a warning if a tenth of the frames or more was left out: how many, the most frequent reasons, the report.

    Args:
        report: the entries, as ``DropReport.to_frame`` makes them; those with a line or a frame are counted,
            other people in a frame are not.
        kept: the number of frames in the table.
        path: the report's file.
    """
    of_frames = report["frame"].notna() | report["line"].notna()
    lost = report[of_frames & ~report["reason"].str.startswith(OTHERS)]
    if len(lost) < _MANY * (kept + len(lost)) or lost.empty:
        return
    often = lost["reason"].value_counts().head(_NAMED)
    log.warning(
        "%.0f%% of the frames were left out (%s of %s), most often: %s; see %s",
        in_percent(len(lost) / (kept + len(lost))),
        f"{len(lost):,}",
        f"{kept + len(lost):,}",
        "; ".join(f"{reason} ({number:,})" for reason, number in often.items()),
        path,
    )


def write_report(report: pd.DataFrame, path: str | Path) -> None:
    """Write a report, as ``DropReport.to_frame`` makes it, as CSV; whole or not at all."""
    write_csv(report[list(REPORT_COLUMNS)], path)


def read_report(path: str | Path) -> pd.DataFrame:
    """A report that was written as CSV, with the types of ``DropReport.to_frame``.

    Raises:
        DataError: the file is missing or damaged, or has other columns or types.
    """
    return read_csv(path, _TYPES)
