"""AlphaPose's results as it writes them: one JSON file per sequence, one entry per detected person.

Fang et al., AlphaPose, TPAMI 2022; the COCO models' output. The file, or the folder AlphaPose wrote its
``alphapose-results.json`` to, has the name of the sequence; or ``tree`` says what the folders name. The content, which
may also be MMPose's: parsing/detections.py.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from gaitcore.keys import SequenceKey, parse_sequence_name
from gaitcore.modalities.keypoints.parsing.detections import read_detections
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.source_files import visible_files
from gaitcore.modalities.trees import sequence_files
from gaitcore.settings.data import Tracking, Tree

LABEL = "AlphaPose"
EXPECTED = "a folder with files like 001-nm-01-090.json, AlphaPose's results"
ENDINGS = (".json",)

_RESULTS = "alphapose-results"
_EXPECTED = "files named like 001-nm-01-090.json or 001-nm-01-090/alphapose-results.json"


def read(
    paths: Sequence[Path],
    info: PoseInfo,
    report: DropReport,
    *,
    tree: Tree | None = None,
    tracking: Tracking | None = None,
) -> PoseTable:
    """Read all JSON files beneath one or more folders as one table; see ``detections.read_detections``."""
    expected = _EXPECTED if tree is None else f"{tree.folders}/<any>.json (data.tree)"
    return read_detections(paths, partial(find, tree=tree), expected, info, report, tracking or Tracking())


def find(root: Path, report: DropReport, *, tree: Tree | None = None) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence of a folder and its file; what names none is reported."""
    if tree is not None:
        yield from sequence_files(root, report, what="JSON files", endings=ENDINGS, tree=tree)
        return
    for path in visible_files(root, ".json"):
        key = parse_sequence_name(path.parent.name if path.stem == _RESULTS else path.stem)
        if key is None:
            report.add(path, f"names no sequence, expected {_EXPECTED}")
        else:
            yield key, path
