"""PsyMo's silhouettes: one PNG of 128 x 128 per frame, already cropped around the walker.

Format: Cosma and Radoi, PsyMo (2023). A sequence is a folder called ``SSS_VV_D_RUN_COND``: subject, viewpoint in
degrees, direction (1 walks the other way: the view is VV + 180), run, condition; ``17.png`` is frame 17. The mean
pictures beside the folders, ``SSS_VV_D_RUN_COND_gei.png``, are not read.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.silhouettes.images import walk_of_pictures
from gaitcore.modalities.silhouettes.subjects import NOT_KEPT, Subjects
from gaitcore.modalities.silhouettes.table import Walk
from gaitcore.modalities.silhouettes.walks import in_order

LABEL = "instance segmentation (PsyMo PNG)"
EXPECTED = "a folder with SSS_VV_D_RUN_COND/FFF.png, e.g. 000_45_1_0_nm/17.png"
PRETREATMENT = "cut and aligned as published (GaitSet)"
ENDINGS = (".png",)

_SIZE = (128, 128)  # pixels
_FOLDER_NAME = re.compile(r"(\d+)_(\d{1,3})_([01])_(\d{1,9})_([A-Za-z]+)")
_MEAN_PICTURE = "_gei.png"


def read(paths: Sequence[Path], report: DropReport, *, subjects: Subjects = NOT_KEPT) -> Iterator[Walk]:
    """Read all sequences' folders beneath one or more folders; what is left out: ``images.walk_of_pictures``.

    Raises DataError where a path is no folder.
    """
    return subjects.walks(in_order(paths, find, report), partial(walk_of_pictures, size=_SIZE), report)


def find(root: Path, report: DropReport) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence below a folder and its own folder; what names none is reported."""
    if not root.is_dir():
        raise DataError(f"{root}: not a folder, expected {EXPECTED}.")
    for folder in sorted(path for path in (root, *root.rglob("*")) if path.is_dir()):
        match = _FOLDER_NAME.fullmatch(folder.name)
        if match:
            subject, viewpoint, direction, run, condition = match.groups()
            yield SequenceKey(subject, condition, int(run), int(viewpoint) + 180 * int(direction)), folder
        elif any(not path.name.endswith(_MEAN_PICTURE) for path in folder.glob("*.png")):
            report.add(folder, "names no sequence, expected SSS_VV_D_RUN_COND, e.g. 000_45_1_0_nm")
