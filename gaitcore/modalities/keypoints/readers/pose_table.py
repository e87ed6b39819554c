"""Existing pose tables: ``poses.parquet`` of other experiments or machines."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.merging import CAMERA, merge_tables
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.modalities.report import DropReport

LABEL = ""
EXPECTED = "a poses.parquet"
ENDINGS = (".parquet",)


def read(paths: Sequence[Path], info: PoseInfo, _: DropReport, *, mixed_sources: bool = False) -> PoseTable:
    """Read one or more pose tables as one; those of several estimators only with ``mixed_sources``.

    Raises DataError where a file is no pose table, has another frame size or rate than ``info``, or the tables cannot
    be merged (:func:`merge_tables`).
    """
    table = merge_tables(paths, [PoseTable.read(path) for path in paths], mixed_sources=mixed_sources)
    for name in CAMERA:
        found, expected = getattr(table.info, name), getattr(info, name)
        if expected and found != expected:
            raise DataError(f"{paths[0]}: {name} is {found}, expected {expected} (data.{name}).")
    return replace(table, info=replace(table.info, dataset=info.dataset))


def camera(path: Path) -> tuple[int, int, float]:
    """Width and height of the camera's frame in pixels and frames per second, which the file records."""
    info = PoseTable.read(path).info
    return info.frame_width, info.frame_height, info.fps
