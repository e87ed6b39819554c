"""Entry point for all source formats of silhouettes: ``read_silhouettes`` writes the table and returns the report."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from gaitcore import extensions
from gaitcore.errors import DataError
from gaitcore.files import check_regular
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.silhouettes.table import SilhouetteInfo, Walk, write_walks
from gaitcore.modalities.trees import tree_option
from gaitcore.settings.data import Tree


def source_formats() -> tuple[str, ...]:
    """The formats that can be read, e.g. ``("casia_b_png", "opengait_pickles")``."""
    return tuple(extensions.available("silhouette_readers"))


def read_silhouettes(
    source_format: str,
    path: str | Path | Sequence[str | Path],
    table: str | Path,
    *,
    dataset: str,
    source: str = "",
    tree: Tree | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read silhouettes of any source format (:func:`source_formats`) and write them as a silhouette table.

    One sequence after the other is read and written, so that memory stays small whatever the size of the data set.

    Args:
        source_format: how they are kept.
        path: a file or folder, or a list of them.
        table: the silhouettes.parquet to write, whole or not at all.
        dataset: its name.
        source: what made the silhouettes; the reader says it where this is empty.
        tree: what the folders in ``path`` name.

    Returns:
        One row per sequence (subject, condition, sequence, view, frames), and the report: one row (file, line,
        sequence, frame, reason) for each frame or sequence that did not make it into the table.

    Raises:
        ConfigError: the format is unknown, or takes no ``tree``.
        DataError: a path is missing, a file cannot be used, or nothing in the paths is usable.
    """
    reader = extensions.load("silhouette_readers", source_format)
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    if not paths:
        raise DataError(f"no path of silhouettes is given, expected {reader.EXPECTED}; name at least one.")
    for one in paths:
        if not one.exists():
            raise DataError(f"{one}: not found, expected {reader.EXPECTED}; put it there or correct the path.")
        check_regular(one, reader.EXPECTED)
    report = DropReport()
    options = tree_option(reader.read, tree, "data.silhouettes", source_format)
    walks = _at_least_one(reader.read(paths, report, **options), paths, reader.EXPECTED, report)
    sequences = write_walks(table, walks, SilhouetteInfo(dataset, source or reader.LABEL, reader.PRETREATMENT))
    return sequences, report.to_frame()


def _at_least_one(walks: Iterator[Walk], paths: Sequence[Path], expected: str, report: DropReport) -> Iterator[Walk]:
    """The walks; a DataError where there is none."""
    walk = None
    for walk in walks:
        yield walk
    if walk is None:
        first = f" {report.sentence(0)}." if len(report) else ""
        raise DataError(f"{', '.join(map(str, paths))}: no usable sequence, expected {expected}.{first}")
