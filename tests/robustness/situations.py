"""Situations from bug reports and from files that people have: each with its right result.

A situation is a folder beside the checkout with an overlay ``caseNN.yaml`` and data. It is taken as far as its right
result needs: to the poses and the split, or to the tables.
"""

import contextlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import experiment
import numpy as np
from doors import Door, Entered
from experiment import SmallExperiment
from malformed import Case
from places import CASES
from trial import AS_IT_WAS

from gaitcore.artefacts.split import read_split
from gaitcore.errors import GaitError
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.modalities.keypoints.video.listing import find_videos
from gaitcore.modalities.report import read_report

SITUATIONS = CASES / "bugs"


@dataclass
class Seen:
    """What came of a situation: the refusal, or the poses, their report, the split and what was written and logged."""

    refusal: str = ""
    names: list[str] = field(default_factory=list)
    frames: int = 0
    reported: int = 0
    report: str = ""
    log: str = ""
    roles: dict[str, set[str]] = field(default_factory=dict)
    pages: str = ""

    @property
    def said(self) -> str:
        """All that a user is told."""
        return "\n".join((self.refusal, self.report, self.log, self.pages))


def read_says(*patterns: str) -> Callable[[Seen], bool]:
    """The data are read, or a message, the report or the log says each of these."""
    return lambda seen: seen.frames > 0 or says(*patterns)(seen)


def says(*patterns: str) -> Callable[[Seen], bool]:
    """A message, the report, the log or a page says each of these."""
    return lambda seen: all(re.search(pattern, seen.said, re.IGNORECASE) for pattern in patterns)


def refuses(*patterns: str) -> Callable[[Seen], bool]:
    """It is refused with a sentence that says each of these."""
    return lambda seen: all(re.search(pattern, seen.refusal, re.IGNORECASE) for pattern in ("..", *patterns))


TABLES = ("06", "09")  # taken to the tables
RIGHT: dict[str, Callable[[Seen], bool]] = {
    "02": lambda seen: bool(seen.refusal) or seen.roles["gallery"] | seen.roles["probe"] == {"010", "011"},
    "03": lambda seen: len(seen.names) == 24,
    "04": lambda seen: len(seen.names) == 6 and seen.reported > 0,
    "06": says(r"\b12\b"),
    "07": says(r"fraction|pixel"),
    "09": says("nm-07", "nm-09"),
    "10": says(r"\(0, 0"),
    "13": lambda seen: "001-nm-10-090" in seen.names or ".ts" in seen.said,
    "15": read_says("poses.csv"),
    "19": refuses("case19.yaml", "quote"),
    "20": refuses("semicolon"),
    "21": refuses("gz", "xz"),
    "23": read_says("IMAGE_NAME", "image_name"),
    "25": says("P2", "P9"),
    "26": read_says("dict"),
    "28": lambda seen: bool(seen.said.strip()) and "fetch it again" not in seen.said,
    "29": says("pose_keypoints"),
    "31": refuses(r"\bNM\b"),
    "32": read_says("digits"),
    "34": refuses("case34.yaml", "training"),
    "35": read_says("COCO|54"),
    "37": read_says("MMPose|instance_info"),
    "38": lambda seen: seen.frames > 0,
    "40": read_says(r"\(.*1[78]"),
    "41": read_says("list|layout|subject"),
    "43": lambda seen: seen.roles.get("train", set()) == set() and bool(seen.roles.get("gallery")),
    "44": lambda seen: seen.frames == 6 and seen.reported in (0, 18),
}
SETTINGS = {"13": {"data": {"video": {"estimator": "mediapipe"}}}}  # the paper's needs weights
ELSEWHERE = {
    "12": "needs a decoder of videos: tests/modalities/keypoints/video",
    "16": "is the case cli-manifest-file",
    "17": "needs a read-only file system: tests/workflow",
}


def all_situations() -> list[Case]:
    """The situations in the folder beside the checkout."""
    folders = sorted(SITUATIONS.glob("*")) if SITUATIONS.is_dir() else []
    return [_case(folder) for folder in folders if folder.name[:2] not in ELSEWHERE]


def _case(folder: Path) -> Case:
    number = folder.name[:2]
    overlay = (folder / f"case{number}.yaml").read_bytes().replace(b"\nmodels:", b"\ncompare:")
    data = {
        f"data/raw/cases/{folder.name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    file = f"experiments/case{number}.yaml"
    files = {**experiment.configuration_files(), **data, file: overlay}
    door = Door(folder.name, lambda: files, partial(_entered, number), words=("",))
    return Case(folder.name, door, file, AS_IT_WAS._replace(content=overlay))


def _entered(number: str) -> Entered:
    seen = Seen()
    with _logged() as lines:
        try:
            _taken(number, seen)
        except GaitError as error:
            seen.refusal = str(error)
    seen.log = "\n".join(lines)
    if not RIGHT[number](seen):
        return Entered([f"{seen.names[:3]}, {seen.frames} frames; " + " | ".join(seen.said.split("\n"))[:300]])
    if seen.refusal and not seen.frames:
        raise GaitError(seen.refusal)
    return Entered([])


def _taken(number: str, seen: Seen) -> None:
    small = SmallExperiment(f"case{number}", **SETTINGS.get(number, {}))
    if small.config.data.format == "video":
        listing = find_videos(small.config.data.path)
        seen.names, seen.report = (
            list(listing.videos),
            "\n".join(f"{one.file}: {one.reason}" for one in listing.left_out),
        )
        return
    small.make_folders()
    small.read()
    table = PoseTable.read(small.poses)
    seen.frames, seen.names = len(table), ["-".join(key) for key in table.sequences.iloc[:, :4].to_numpy().tolist()]
    zeros = int((table.keypoints[..., :2] == 0).all(axis=(1, 2)).sum())
    report = read_report(small.results / "poses_report.csv")
    seen.reported, seen.report = len(report), "\n".join(report["reason"])
    assert not zeros, f"{zeros} frames with all joints at (0, 0)"
    assert np.isfinite(table.keypoints).all()
    small.assign()
    split = read_split(small.split)
    seen.roles = {role: set(rows["subject"]) for role, rows in split.groupby("role")}
    if number in TABLES:
        small.make()
        pages = [path for path in small.results.rglob("*") if path.suffix in (".md", ".tex")]
        seen.pages = "\n".join(path.read_text() for path in pages)


@contextlib.contextmanager
def _logged():
    lines: list[str] = []

    class _Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = _Lines(logging.WARNING)
    logging.disable(logging.NOTSET)
    logging.getLogger().addHandler(handler)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)
        logging.disable(logging.CRITICAL)
