"""Small trees of five data sets as their users hold them, with people who differ in build and walk.

Each set has a few training and test subjects; the poses are (T, 17, 3), x and y in pixels and the confidence. A person
has lengths of limbs and a rhythm of their own. A sequence adds its place in the picture, which confuses a network that
has learnt nothing, and little else, so that by build the nearest sequence of another walk is one of the same person.
"""

import json
import pickle
from pathlib import Path

import numpy as np

FRAMES = 20
VIEWS_OUMVLP = [f"{angle:03d}" for angle in (*range(0, 91, 15), *range(180, 271, 15))]
TYPES_CCPG = ["U0_D0", "U0_D0_BG", "U0_D3", "U1_D0", "U1_D1", "U2_D2", "U3_D3"]
TYPES_SUSTECH1K = [
    *("00-nm", "01-nm", "01-bg", "03-bg-cl", "01-cr", "01-ub", "01-uf", "01-oc", "02-nt"),
    "04-ub-nt",
]
VIEWS_SUSTECH1K = ["000", "270", "270-far"]
TRAIN, TEST = range(1, 5), range(5, 9)
GREW_TEST = range(1, 11)  # 20 gallery sequences, the least that a submission lists
PROBES_GREW = {f"{'zyxwv'[number]}{number}Q": number + 1 for number in range(5)}  # video -> who it is


def walk(person: int, sequence: int) -> np.ndarray:
    """(T, 17, 3): the poses of a sequence of a person."""
    build, own = np.random.default_rng(person), np.random.default_rng([person, sequence])
    mean = build.uniform(40, 120, (17, 2))
    swing, rhythm = build.uniform(2, 20, (17, 2)), build.uniform(0.2, 1.2)
    phase = own.uniform(0, 6)
    time = np.arange(FRAMES)[:, None, None]
    places = mean + swing * np.sin(rhythm * time + phase) + own.normal(0, 0.3, (FRAMES, 17, 2))
    places = places + own.normal(0, 40, 2)  # where in the picture
    return np.concatenate([places, np.full((FRAMES, 17, 1), 0.9)], axis=-1).astype(np.float32)


def write(root: Path, files: dict[str, int]) -> None:
    """A pickle for each path below a folder, of the person it is of."""
    for number, (name, person) in enumerate(files.items()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(walk(person, number)))


def partition(path: Path, train: list[str], test: list[str], **sets: list[str]) -> None:
    """A partition file as OpenGait keeps it."""
    path.write_text(json.dumps({"TRAIN_SET": train, "TEST_SET": test, **sets}))


def oumvlp(raw: Path) -> None:
    """14 views of two walks: 56 probes and 56 gallery sequences of four test subjects."""
    files = {
        f"{person:05d}/{kind}/{view}/{view}.pkl": person
        for person in (*TRAIN, *TEST)
        for kind in ("00", "01")
        for view in VIEWS_OUMVLP
    }
    write(raw / "oumvlp_pose", files)
    partition(raw / "oumvlp_pose.json", *([f"{person:05d}" for person in part] for part in (TRAIN, TEST)))


def gait3d(raw: Path) -> None:
    """Three sequences of each subject, of which one of each test subject is a listed probe."""
    files = {
        f"{person:04d}/camid{camera}_videoid2/seq{number}/seq{number}.pkl": person
        for person in (*TRAIN, *TEST)
        for camera, number in ((0, 0), (0, 1), (7, 0))
    }
    write(raw / "gait3d", files)
    names = ([f"{person:04d}" for person in part] for part in (TRAIN, TEST))
    partition(raw / "gait3d.json", *names, PROBE_SET=[f"{person:04d}-camid7_videoid2-seq0" for person in TEST])


def grew(raw: Path) -> None:
    """One sequence of types 01 and 02 of each test subject, and five probes of unknown identity."""
    files = {f"{person:05d}train/00/t{person}{number}/t.pkl": 100 + person for person in TRAIN for number in range(2)}
    files |= {f"{person:05d}/{kind}/g{person}x{kind}/g.pkl": person for person in GREW_TEST for kind in ("01", "02")}
    files |= {f"probe/03/{video}/{video}.pkl": person for video, person in PROBES_GREW.items()}
    write(raw / "grew", files)
    partition(
        raw / "grew.json",
        [f"{person:05d}train" for person in TRAIN],
        [*(f"{person:05d}" for person in GREW_TEST), "probe"],
    )


def ccpg(raw: Path) -> None:
    """Seven clothings before two cameras."""
    files = {
        f"{person:03d}/{kind}/{camera}_1/poses.pkl": person
        for person in (*TRAIN, *TEST)
        for kind in TYPES_CCPG
        for camera in ("00", "01")
    }
    write(raw / "ccpg", files)
    partition(raw / "ccpg.json", *([f"{person:03d}" for person in part] for part in (TRAIN, TEST)))


def sustech1k(raw: Path) -> None:
    """Ten types in three views, with two pickles in each folder."""
    files = {
        f"{person:04d}/{kind}/{view}/{number}-{view}-Camera-Pose.pkl": person
        for person in (*TRAIN, *TEST)
        for kind in TYPES_SUSTECH1K[: 3 if person in TRAIN else None]
        for view in VIEWS_SUSTECH1K
        for number in ("03", "11-sync")
    }
    write(raw / "sustech1k", files)
    partition(raw / "sustech1k.json", *([f"{person:04d}" for person in part] for part in (TRAIN, TEST)))


SETS = {maker.__name__: maker for maker in (oumvlp, gait3d, grew, ccpg, sustech1k)}
