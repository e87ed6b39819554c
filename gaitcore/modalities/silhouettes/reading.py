"""Entry point for all source formats of silhouettes: ``read_silhouettes`` writes the table and returns the report."""

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gaitcore import extensions
from gaitcore.errors import DataError
from gaitcore.files import check_regular
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.scratch import Scratch
from gaitcore.modalities.silhouettes.subjects import Subjects
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
    scratch: Scratch | None = None,
    threads: int = 1,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read silhouettes of any source format (:func:`source_formats`) and write them as a silhouette table.

    Sequences are written as they are read, so that memory stays small whatever the size of the data set. With a scratch
    folder, a reader that takes ``subjects`` goes on after the subjects that an interrupted call has read.

    Args:
        source_format: how they are kept.
        path: a file or folder, or a list of them.
        table: the silhouettes.parquet to write, whole or not at all.
        dataset: its name.
        source: what made the silhouettes; the reader says it where this is empty.
        tree: what the folders in ``path`` name.
        scratch: where whole subjects are kept, by the settings and the code that the table depends on. A subject is
            read again where the name, size or time of one of its files has changed. The caller removes the folder.
        threads: that read sequences; their number changes only the time.

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
    options: dict[str, Any] = {**tree_option(reader.read, tree, "data.silhouettes", source_format)}
    if "subjects" in inspect.signature(reader.read).parameters:
        options["subjects"] = Subjects(dataset, scratch, threads)
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
