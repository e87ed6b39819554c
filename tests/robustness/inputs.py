"""Small good inputs for every door, made in code: name of a file relative to a folder -> its content."""

import io
import json
import pickle
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from drawn_silhouettes import made_up_masks, write_casia_b
from PIL import Image

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.parsing.csv_blocks import COLUMNS
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences

Files = dict[str, bytes]

FRAMES = 12
SUBJECTS = ("001", "002", "003", "004")
CAMERA = {"frame_width": 320, "frame_height": 240, "fps": 25.0}
NAMES = tuple(
    f"{subject}-nm-{sequence:02d}-{view:03d}" for subject in SUBJECTS for sequence in (1, 2) for view in (0, 90)
)


@cache
def poses(name: str, points: int = 17) -> np.ndarray:
    """A walk from left to right: (12, points, 3) float32, pixels and confidence."""
    generator = np.random.default_rng(int.from_bytes(name.encode()))
    body = generator.uniform((-20, -60, 0), (20, 60, 0), (points, 3))
    walk = body + generator.normal(0, 1, (FRAMES, points, 3)) + (120, 120, 0)
    walk[..., 0] += np.arange(FRAMES)[:, None] * 4
    walk[..., 2] = generator.uniform(0.5, 1, (FRAMES, points))
    return walk.round(2).astype(np.float32)


def made(write) -> Files:
    """The files that ``write(folder)`` leaves in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def gaitgraph_csv() -> Files:
    lines = [",".join(COLUMNS)]
    for name in NAMES:
        for number, frame in enumerate(poses(name), start=1):
            lines.append(f"./{name}/{number:06d}.jpg," + ",".join(f"{value:.2f}" for value in frame.reshape(-1)))
    return {"raw/poses.csv": ("\n".join(lines) + "\n").encode()}


def _detections(name: str) -> bytes:
    entries = []
    for number, frame in enumerate(poses(name)):
        low, high = frame[:, :2].min(axis=0), frame[:, :2].max(axis=0)
        box = [round(float(value), 2) for value in (*low, *(high - low))]
        keypoints = [round(float(value), 2) for value in frame.reshape(-1)]
        entries.append(
            {"image_id": f"{number}.jpg", "category_id": 1, "keypoints": keypoints, "score": 2.5, "box": box}
        )
    return json.dumps(entries).encode()


def alphapose_json() -> Files:
    return {f"raw/{name}.json": _detections(name) for name in NAMES[:4]}


def psymo_json() -> Files:
    return {f"raw/{name}.json": _detections(name) for name in ("000_45_0_1_nm", "000_45_1_0_nm", "001_90_0_1_cl")}


def openpose_json() -> Files:
    files = {}
    for name in NAMES[:2]:
        for number, frame in enumerate(poses(name, 25)):
            person = {"person_id": [-1], "pose_keypoints_2d": [round(float(value), 2) for value in frame.reshape(-1)]}
            content = json.dumps({"version": 1.3, "people": [person]})
            files[f"raw/{name}_{number:012d}_keypoints.json"] = content.encode()
    return files


def pose_text() -> Files:
    """Gait3D's text: a row of 53 numbers in a file for each frame."""
    files = {}
    for subject in SUBJECTS[:2]:
        for number, frame in enumerate(poses(subject), 1):
            row = ["0", "0", *(f"{value:.2f}" for value in frame.reshape(-1))]
            files[f"raw/{subject}/camid0_videoid1/seq0/human_crop_f{number}.txt"] = (",".join(row) + "\n").encode()
    return files


def _place(name: str) -> str:
    subject, condition, sequence, view = name.split("-")
    return f"raw/{subject}/{condition}-{sequence}/{view}/{view}.pkl"


def pickle_tree() -> Files:
    return {_place(name): pickle.dumps(poses(name)) for name in NAMES[:4]}


def opengait_pickles() -> Files:
    return {_place(name): pickle.dumps(made_up_masks(6, seed=n)) for n, name in enumerate(NAMES[:4])}


def casia_b_png() -> Files:
    return made(lambda folder: write_casia_b(folder / "raw", NAMES[:2]))


def psymo_png() -> Files:
    files = {}
    for name in ("000_45_0_1_nm", "000_45_1_0_nm"):
        for number in range(1, 7):
            pixels = np.zeros((128, 128), np.uint8)
            pixels[10:120, 50 + number : 80] = 255
            saved = io.BytesIO()
            Image.fromarray(pixels).save(saved, "PNG")
            files[f"raw/{name}/{number}.png"] = saved.getvalue()
    return files


def pose_table() -> Files:
    walks = {SequenceKey(*name.split("-")): (np.arange(1, FRAMES + 1, dtype=np.int32), poses(name)) for name in NAMES}
    table = table_of_sequences(walks, PoseInfo("small", 320, 240, 25.0, "drawn", "1", "0" * 64))
    return made(lambda folder: ((folder / "raw").mkdir(), table.write(folder / "raw" / "poses.parquet")))


def videos() -> Files:
    names = ("a.avi", "b.avi", "c/d.avi")
    lines = ["video,subject,condition,sequence,view"]
    lines += [f"{name},{subject},nm,1,90" for name, subject in zip(names, SUBJECTS, strict=False)]
    return {"list.csv": ("\n".join(lines) + "\n").encode()} | {f"raw/{name}": name.encode() for name in names}


# Formats whose sample is a function of this name.
POSES = {"gaitgraph_csv": "csv", "alphapose_json": "json", "psymo_json": "json", "openpose_json": "json"}
POSES |= {"pickle_tree": "pickle", "pose_table": "parquet", "pose_text": "csv"}
SILHOUETTES = {"casia_b_png": "png", "psymo_png": "png", "opengait_pickles": "pickle"}
