"""PsyMo's skeletons: AlphaPose's output, one JSON file per sequence, one entry per detected person.

Format: Cosma and Radoi, PsyMo (2023). Files are named ``SSS_VV_D_RUN_COND.json``: subject, viewpoint in degrees,
direction (1 walks the other way: the view is VV + 180), run, condition. The content: parsing/detections.py.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.parsing.detections import read_detections
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.source_files import visible_files
from gaitcore.settings.data import Tracking

LABEL = "AlphaPose (PsyMo JSON)"
EXPECTED = "a folder with SSS_VV_D_RUN_COND.json files, e.g. 000_45_1_0_nm.json"
ENDINGS = (".json",)

_FILE_NAME = re.compile(r"(\d+)_(\d{1,3})_([01])_(\d{1,9})_([A-Za-z]+)\.json")
_EXPECTED = "files named SSS_VV_D_RUN_COND.json, e.g. 000_45_1_0_nm.json"


def read(paths: Sequence[Path], info: PoseInfo, report: DropReport, *, tracking: Tracking | None = None) -> PoseTable:
    """Read all JSON files beneath one or more folders as one table; see ``detections.read_detections``."""
    return read_detections(paths, find, _EXPECTED, info, report, tracking or Tracking())


def find(root: Path, report: DropReport) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence of a folder and its file; what names none is reported."""
    for path in visible_files(root, ".json"):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            report.add(path, "names no sequence, expected SSS_VV_D_RUN_COND.json, e.g. 000_45_1_0_nm.json")
            continue
        subject, viewpoint, direction, run, condition = match.groups()
        yield SequenceKey(subject, condition, int(run), int(viewpoint) + 180 * int(direction)), path
