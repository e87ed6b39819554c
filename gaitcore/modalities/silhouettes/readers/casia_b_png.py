"""CASIA-B's silhouettes as they are lent: one PNG of 320 x 240 per frame, from background subtraction.

Layout: ``subject/condition-sequence/view/<any>-FFF.png``, e.g. ``001/nm-01/090/001-nm-01-090-017.png``; the number at
the end is the frame's.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from gaitcore.keys import SequenceKey
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.silhouettes.images import walk_of_pictures
from gaitcore.modalities.silhouettes.subjects import NOT_KEPT, Subjects
from gaitcore.modalities.silhouettes.table import Walk
from gaitcore.modalities.silhouettes.walks import in_order
from gaitcore.modalities.trees import CASIA_B, sequence_folders
from gaitcore.settings.data import Tree

LABEL = "background subtraction (CASIA-B PNG)"
EXPECTED = "a folder with subject/condition-sequence/view/<any>-FFF.png, e.g. 001/nm-01/090/001-nm-01-090-017.png"
PRETREATMENT = "cut and aligned as published (GaitSet)"
ENDINGS = (".png",)

_SIZE = (320, 240)  # pixels


def read(
    paths: Sequence[Path], report: DropReport, *, tree: Tree = CASIA_B, subjects: Subjects = NOT_KEPT
) -> Iterator[Walk]:
    """Read one or more folders of PNG files; what is left out: ``images.walk_of_pictures``.

    Raises DataError where a path is no folder.
    """
    found = in_order(paths, partial(find, tree=tree), report)
    return subjects.walks(found, partial(walk_of_pictures, size=_SIZE), report)


def find(root: Path, report: DropReport, *, tree: Tree = CASIA_B) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence below a folder and its own folder; what names none is reported."""
    return sequence_folders(root, report, holds="<any>.png", tree=tree)
