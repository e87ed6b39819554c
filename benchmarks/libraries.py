"""Our own parts that are not about gait beside the best-kept library for each: ``python benchmarks/libraries.py``.

Prints the rows of docs/decisions.md. Each candidate works on the same input as our part, in a process of its own. Its
seconds of CPU (of all threads) and largest memory are measured; what it does with a bad input is printed, too. The
candidates are no dependencies: they are installed, at the versions below, into build/libraries, an environment that
sees the packages of the one that runs this. Needs the packages of ``make video``. One part alone:
``python benchmarks/libraries.py csv``.
"""

import json
import resource
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).parents[1]
ENVIRONMENT = REPOSITORY / "build" / "libraries"
CANDIDATES = (
    *("polars==2.1.0", "polars-runtime-32==2.1.0", "duckdb==2.0.1", "ruamel.yaml==0.19.1", "bagit==1.9.0"),
    *("trackers==2.6.1", "supervision==0.31.2", "pydeprecate==0.14.0", "defusedxml==0.7.1", "imageio==2.38.1"),
    *("norfair==2.3.0", "filterpy==2.0.0", "rich==15.0.0", "markdown-it-py==4.3.0", "mdurl==0.1.2", "pygments==2.21.0"),
    "rtmlib==0.0.16",
)
RUNS = 3  # of each, the fastest counts
ROWS, SUBJECTS = 50_000, 20  # of the CSV
TRACKED, HIDDEN, APART = 1500, 10, 77  # frames
PEOPLE = 100  # boxes that a detector gives for one frame
CAMERA = {"dataset": "made up", "frame_width": 320, "frame_height": 240, "fps": 25.0}

Made = tuple[Callable[[], Any], Callable[[Any], str]]  # what is measured, and what is said of its result


# --- a CSV of poses: rows of an image name and 51 numbers ---


def csv_input(folder: Path) -> None:
    """A file of 50,000 rows, and one with a word in place of a number in row 5,000."""
    from gaitcore.modalities.keypoints.parsing.csv_blocks import COLUMNS

    values = np.random.default_rng(0).uniform(1, 200, (ROWS, 17, 3)).round(3)
    values[..., 2] /= 200
    names = [f"./{n * SUBJECTS // ROWS + 1:03d}-nm-01-090/{n % (ROWS // SUBJECTS) + 1:06d}.jpg" for n in range(ROWS)]
    rows = [
        f"{name},{','.join(map(str, row))}" for name, row in zip(names, values.reshape(ROWS, -1).round(3), strict=True)
    ]
    (folder / "good.csv").write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    rows[5000] = rows[5000].replace(rows[5000].split(",")[7], "many")
    (folder / "bad.csv").write_text("\n".join([",".join(COLUMNS), *rows[:10_000]]) + "\n")


def csv_gaitcore(folder: Path) -> Made:
    from gaitcore.modalities.keypoints.reading import read_poses

    return (
        lambda: read_poses("gaitgraph_csv", folder / "good.csv", **CAMERA),
        lambda _: read_poses("gaitgraph_csv", folder / "bad.csv", **CAMERA)[1].to_csv(index=False).splitlines()[1],
    )


def csv_pandas(folder: Path) -> Made:
    import pandas as pd

    return (
        lambda: pd.read_csv(folder / "good.csv"),
        lambda _: f"column of text: {pd.read_csv(folder / 'bad.csv').dtypes.iloc[7] != np.float64}",
    )


def csv_pyarrow(folder: Path) -> Made:
    import pyarrow.csv

    return lambda: pyarrow.csv.read_csv(folder / "good.csv"), lambda _: typed(pyarrow.csv.read_csv(folder / "bad.csv"))


def csv_polars(folder: Path) -> Made:
    import polars

    return lambda: polars.read_csv(folder / "good.csv"), lambda _: refused(lambda: polars.read_csv(folder / "bad.csv"))


def csv_duckdb(folder: Path) -> Made:
    import duckdb

    return (
        lambda: duckdb.read_csv(str(folder / "good.csv")).fetchnumpy(),
        lambda _: refused(lambda: duckdb.read_csv(str(folder / "bad.csv")).fetchnumpy()),
    )


def typed(table: Any) -> str:
    return f"column of {table.schema.field(7).type}"


def refused(read: Callable[[], Any]) -> str:
    try:
        read()
    except Exception as error:  # each library raises its own
        return " ".join(str(error).split())[:160]
    return "read without a word"


# --- the walker among several people ---


def people() -> list[tuple[int, tuple[float, float, float, float]]]:
    """A walker who is hidden for 10 frames and, 77 frames after, a stranger: frame, (left, top, right, bottom)."""
    half, step = TRACKED // 2, 0.2
    walker = [n for n in range(half) if not 300 <= n < 300 + HIDDEN]
    strangers = range(half + APART, half + APART + half // 2)
    return [(n, (50 + step * n, 20.0, 130 + step * n, 220.0)) for n in [*walker, *strangers]]


def said_of(kept: int) -> str:
    return f"{kept} of the walker's {TRACKED // 2 - HIDDEN} frames are one person"


def tracks_input(folder: Path) -> None:
    """Nothing to write."""


def tracks_gaitcore(folder: Path) -> Made:
    from gaitcore.modalities.keypoints.parsing.tracks import Box, Detection, find_walker
    from gaitcore.settings.data import Tracking

    nothing = np.empty((0, 3))
    found = [Detection(n, Box(a, b, c - a, d - b), nothing) for n, (a, b, c, d) in people()]
    return lambda: find_walker(found, 25.0, Tracking()), lambda walker: said_of(len(walker.kept))


def tracks_bytetrack(folder: Path) -> Made:
    import supervision
    from trackers import ByteTrackTracker

    def track() -> dict[int, int]:
        tracker, counts, boxes = ByteTrackTracker(frame_rate=25.0), {}, dict(people())
        for n in range(max(boxes) + 1):
            xyxy = np.array([boxes[n]] if n in boxes else []).reshape(-1, 4)
            seen = supervision.Detections(xyxy, confidence=np.ones(len(xyxy)), class_id=np.zeros(len(xyxy), int))
            for number in tracker.update(seen).tracker_id:
                if number >= 0:
                    counts[int(number)] = counts.get(int(number), 0) + 1
        return counts

    return track, lambda counts: said_of(max(counts.values()))


def tracks_norfair(folder: Path) -> Made:
    import norfair

    def track() -> dict[int, int]:
        tracker = norfair.Tracker("iou", 0.7, hit_counter_max=25, initialization_delay=3)
        counts, boxes = {}, dict(people())
        for n in range(max(boxes) + 1):
            seen = [norfair.Detection(np.array(boxes[n]).reshape(2, 2))] if n in boxes else []
            for one in tracker.update(seen):
                if n in boxes:
                    counts[one.id] = counts.get(one.id, 0) + 1
        return counts

    return track, lambda counts: said_of(max(counts.values()))


# --- double boxes of one frame ---


def boxes() -> tuple[np.ndarray, np.ndarray]:
    """Corners (100, 4) of ten people with ten boxes each, and scores (100,), the surest first."""
    random = np.random.default_rng(0)
    left = np.repeat(np.arange(10) * 120.0, PEOPLE // 10) + random.normal(0, 3, PEOPLE)
    top = random.normal(100, 3, PEOPLE)
    return np.stack([left, top, left + 80, top + 200], 1), np.sort(random.uniform(0.5, 1, PEOPLE))[::-1].copy()


def yolox_input(folder: Path) -> None:
    """Nothing to write."""


def distinct(corners: np.ndarray) -> list[list[float]]:
    """Left and top of each person, by our loop of before: each box beside each one that is kept."""
    from gaitcore.modalities.keypoints.parsing.tracks import Box, overlap

    kept: list[Box] = []
    for left, top, right, bottom in corners.tolist():
        box = Box(left, top, right - left, bottom - top)
        if all(overlap(box, other) <= 0.45 for other in kept):
            kept.append(box)
    return [[box.x, box.y] for box in kept]


def by_opencv(corners: np.ndarray, scores: np.ndarray) -> list[list[float]]:
    """The same by OpenCV."""
    import cv2

    sides = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1)
    return corners[list(cv2.dnn.NMSBoxes(sides, scores, 0.0, 0.45)), :2].tolist()


def yolox_former(folder: Path) -> Made:
    corners, _ = boxes()
    return lambda: [distinct(corners) for _ in range(100)], lambda kept: f"{len(kept[0])} people"


def yolox_opencv(folder: Path) -> Made:
    corners, scores = boxes()

    def alike(kept: Any) -> str:
        random, same = np.random.default_rng(1), 0
        for _ in range(1000):
            corner = random.uniform(0, 300, (random.integers(1, 60), 2))
            around = np.concatenate([corner, corner + random.uniform(1, 120, corner.shape)], 1)
            surest_first = np.sort(random.uniform(0.1, 1, len(around)))[::-1].copy()
            same += distinct(around) == by_opencv(around, surest_first)
        return f"{len(kept[0])} people; those of the former in {same} of 1,000 random frames"

    return lambda: [by_opencv(corners, scores) for _ in range(100)], alike


def yolox_rtmlib(folder: Path) -> Made:
    from rtmlib.tools.object_detection.post_processings import nms

    corners, scores = boxes()
    return lambda: [nms(corners, scores, 0.45) for _ in range(100)], lambda kept: f"{len(kept[0])} people"


# --- the lines of a YAML file ---


def yaml_input(folder: Path) -> None:
    """config.yaml twenty times as long, and a file that can be understood in two ways."""
    text = (REPOSITORY / "config.yaml").read_text()
    indented = "".join(f"  {line}\n" if line else "\n" for line in text.splitlines())
    (folder / "good.yaml").write_text("".join(f"part{n}:\n{indented}" for n in range(20)))
    (folder / "bad.yaml").write_text("subjects: [010, 1:30]\nname: no\n")


def yaml_gaitcore(folder: Path) -> Made:
    from gaitcore.yaml_files import read_yaml

    return lambda: read_yaml(folder / "good.yaml"), lambda _: str(read_yaml(folder / "bad.yaml").content)


def yaml_ruamel(folder: Path) -> Made:
    from ruamel.yaml import YAML

    def plain(path: Path) -> Any:
        return YAML(typ="rt").load(path)

    return lambda: plain(folder / "good.yaml"), lambda _: json.dumps(plain(folder / "bad.yaml"), default=repr)


def yaml_pyyaml(folder: Path) -> Made:
    import yaml

    def plain(path: Path) -> Any:
        return yaml.load(path.read_text(), yaml.CSafeLoader)

    return lambda: plain(folder / "good.yaml"), lambda _: str(plain(folder / "bad.yaml"))


# --- which files of a folder changed ---


def manifest_input(folder: Path) -> None:
    """200 files, 100 MB."""
    random = np.random.default_rng(0)
    (folder / "results").mkdir()
    for n in range(200):
        (folder / "results" / f"{n:03d}.bin").write_bytes(random.bytes(500_000))


def manifest_gaitcore(folder: Path) -> Made:
    from gaitcore.digests import file_digest

    return lambda: {p.name: file_digest(p) for p in (folder / "results").iterdir()}, lambda found: f"{len(found)} files"


def manifest_bagit(folder: Path) -> Made:
    import bagit

    bag = bagit.make_bag(str(folder / "results"), checksums=["sha256"])
    return lambda: bag.validate(), lambda valid: f"valid: {valid}; the files were moved to results/data"


# --- the state of a training ---


def checkpoint_input(folder: Path) -> None:
    """Nothing to write."""


def state() -> dict[str, Any]:
    """GaitMixer's weights and Adam's two moments."""
    import torch

    from gaitcore.networks import build_model

    network = build_model("gaitmixer", frames=60, joints=17, in_channels=2, embedding_dim=128)
    optimiser = torch.optim.Adam(network.parameters())
    network(torch.zeros(2, 60, 17, 2)).sum().backward()
    optimiser.step()
    return {"network": network, "optimiser": optimiser}


def checkpoint_gaitcore(folder: Path) -> Made:
    from gaitcore.training.checkpoints import Checkpoints

    parts, places = state(), Checkpoints(folder / "ours", {"data": "a"}, 0)

    def cut(_: Any) -> str:
        newest = max((folder / "ours").glob("*.checkpoint"))
        newest.write_bytes(newest.read_bytes()[:-1000])
        places.after_step(1, parts) if len(list((folder / "ours").iterdir())) < 2 else None
        places.resume(parts)
        return "a cut file is set aside, the one before it is used"

    return lambda: [places.after_step(n, parts) for n in (1, 2)], cut


def checkpoint_torch(folder: Path) -> Made:
    import torch

    parts = {name: part.state_dict() for name, part in state().items()}

    def save() -> None:
        for n in (1, 2):
            torch.save(parts, folder / f"{n}.pt")

    def cut(_: None) -> str:
        whole = (folder / "2.pt").read_bytes()
        (folder / "2.pt").write_bytes(whole[:-1000])
        return refused(lambda: torch.load(folder / "2.pt", weights_only=True))

    return save, cut


# --- a walk as GIF ---


def movie_input(folder: Path) -> None:
    """Nothing to write."""


def frames() -> list[np.ndarray]:
    """60 pictures (240, 320, 3) of a moving square."""
    pictures = np.full((60, 240, 320, 3), 255, np.uint8)
    for n, picture in enumerate(pictures):
        picture[80:160, 4 * n : 4 * n + 60] = (200, 30, 30)
    return list(pictures)


def movie_gaitcore(folder: Path) -> Made:
    from PIL import Image

    pictures = [Image.fromarray(one) for one in frames()]
    options = {"save_all": True, "append_images": pictures[1:], "duration": 40, "loop": 0}
    return lambda: pictures[0].save(folder / "a.gif", **options), lambda _: f"{(folder / 'a.gif').stat().st_size} bytes"


def movie_imageio(folder: Path) -> Made:
    import imageio.v3

    pictures = frames()
    return (
        lambda: imageio.v3.imwrite(folder / "a.gif", pictures, duration=40, loop=0),
        lambda _: f"{(folder / 'a.gif').stat().st_size} bytes",
    )


PARTS = {
    "csv": ("gaitcore", "pandas", "pyarrow", "polars", "duckdb"),
    "tracks": ("gaitcore", "bytetrack", "norfair"),
    "yolox": ("former", "opencv", "rtmlib"),
    "yaml": ("gaitcore", "pyyaml", "ruamel"),
    "manifest": ("gaitcore", "bagit"),
    "checkpoint": ("gaitcore", "torch"),
    "movie": ("gaitcore", "imageio"),
}


def measure(part: str, candidate: str, folder: Path) -> dict[str, Any]:
    """The least seconds of CPU of three runs, MiB that the first one added, and what is said of the result."""
    run, describe = globals()[f"{part}_{candidate}"](folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(RUNS):
        begun = process_time()
        result = run()
        seconds.append(process_time() - begun)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"seconds": min(seconds), "MiB": memory, "result": describe(result)}


def candidates_python() -> Path:
    """The interpreter of the environment with the candidates, made where it is absent."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        (here,) = {sysconfig.get_path("purelib")}
        (packages,) = ENVIRONMENT.glob("lib/python*/site-packages")
        (packages / "ours.pth").write_text(f"{here}\n")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", *CANDIDATES], check=True)
    return python


def main(wanted: list[str]) -> None:
    """Print one row of a Markdown table for each candidate of each part."""
    python = candidates_python()
    print("| part | | s of CPU | MiB | |\n|:--|:--|--:|--:|:--|")
    for part in wanted or PARTS:
        for candidate in PARTS[part]:
            with tempfile.TemporaryDirectory() as folder:
                call = [python, "-W", "ignore", __file__]  # each in a process, which inherits no large memory
                subprocess.run([*call, "--input", part, folder], check=True)
                words = [*call, "--measure", part, candidate, folder]
                done = subprocess.run(words, capture_output=True, text=True, check=False)
            lines = done.stdout.splitlines()
            if done.returncode:
                print(f"| {part} | {candidate} | | | failed: {done.stderr.strip().splitlines()[-1]} |", flush=True)
                continue
            found = json.loads(lines[-1])
            print(
                f"| {part} | {candidate} | {found['seconds']:.3g} | {found['MiB']:.0f} | {found['result']} |",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2], sys.argv[3], Path(sys.argv[4]))))
    elif sys.argv[1:2] == ["--input"]:
        globals()[f"{sys.argv[2]}_input"](Path(sys.argv[3]))
    else:
        main(sys.argv[1:])
