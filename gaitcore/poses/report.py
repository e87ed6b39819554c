"""What a reader left out, and why: the report that becomes ``poses_report.csv``."""

import pandas as pd

REPORT_COLUMNS: tuple[str, ...] = ("file", "line", "sequence", "frame", "reason")


class DropReport:
    """Collects every row, frame or sequence of the source that does not reach the pose table."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int | None, str, int | None, str]] = []

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
        self._rows.append((str(file), line, sequence, frame, reason))

    def to_frame(self) -> pd.DataFrame:
        """The report as a DataFrame of ``REPORT_COLUMNS``, in the order of finding; no line or frame is <NA>."""
        report = pd.DataFrame(self._rows, columns=list(REPORT_COLUMNS))
        return report.astype({"file": "str", "line": "Int64", "sequence": "str", "frame": "Int64", "reason": "str"})
