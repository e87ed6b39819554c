"""Small data sets in every format that readers take: six people, three walks, two views, 70 frames."""

import json
import pickle
from itertools import product

import numpy as np
from drawn_silhouettes import raw_frame, save_picture

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.skeleton import JOINTS
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences

WALKS = (("nm", 1), ("nm", 2), ("bg", 1))
VIEWS = (0, 90)
FRAMES = 70
KEYS = [SequenceKey(f"{s:03d}", *walk, view) for s, walk, view in product(range(1, 7), WALKS, VIEWS)]


def poses(seed, frames=FRAMES):
    """(frames, 17, 3) float32: somebody within 320 x 240 pixels, and confidences."""
    draws = np.random.default_rng(seed)
    still = draws.uniform((100, 30), (160, 220), (17, 2))
    moved = still + draws.normal(0, 3, (frames, 17, 2))
    return np.concatenate([moved, np.full((frames, 17, 1), 0.9)], axis=2).astype(np.float32)


def _each():
    return [(key, poses(n)) for n, key in enumerate(KEYS)]


def gaitgraph_csv(folder):
    header = ["image_name", *(f"{joint}_{channel}" for joint in JOINTS for channel in ("x", "y", "conf"))]
    lines = [",".join(header)]
    for key, array in _each():
        for frame, row in enumerate(array.reshape(len(array), -1), 1):
            lines.append(f"./{key.name}/{frame:06d}.jpg," + ",".join(f"{value:.2f}" for value in row))
    (folder / "poses.csv").write_text("\n".join(lines) + "\n")


def pose_table(folder):
    table = {key: (np.arange(1, FRAMES + 1, dtype=np.int32), array) for key, array in _each()}
    table_of_sequences(table, PoseInfo("walks", 640, 480, 30.0, "an estimator")).write(folder / "poses.parquet")


def _pickles(folder, array_of, place):
    for n, key in enumerate(KEYS):
        path = folder / place(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(array_of(n)))


def pickle_tree(folder):
    _pickles(folder, poses, lambda key: f"{key.subject}/{key.condition}-{key.sequence}/{key.view}/poses.pkl")


def other_tree(folder):
    """Like OUMVLP's, whose folders name no condition: the third walk is number 03."""
    number = {walk: f"{n:02d}" for n, walk in enumerate((("nm", "01"), ("nm", "02"), ("bg", "01")), 1)}
    _pickles(folder, poses, lambda key: f"{key.subject}/{number[key.condition, key.sequence]}/{key.view}/0.pkl")


def opengait_pickles(folder):
    masks = np.random.default_rng(0).integers(0, 2, (30, 64, 44)).astype(np.uint8) * 255
    _pickles(folder, lambda _: masks, lambda key: f"{key.subject}/{key.condition}-{key.sequence}/{key.view}/m.pkl")


def _detections(array):
    points = [{"image_id": f"{n}.jpg", "keypoints": frame.ravel().tolist()} for n, frame in enumerate(array)]
    return json.dumps(points)


def alphapose_json(folder):
    for key, array in _each():
        (folder / f"{key.name}.json").write_text(_detections(array))


def psymo_json(folder):
    for key, array in _each():
        name = f"{key.subject}_{int(key.view)}_0_{int(key.sequence)}_{key.condition}.json"
        (folder / name).write_text(_detections(array))


def openpose_json(folder):
    order = [0, 0, 6, 8, 10, 5, 7, 9, 11, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3, *[15] * 6]  # BODY_25 of COCO's joints
    for key, array in _each():
        for frame, values in enumerate(array[:12]):
            person = {"pose_keypoints_2d": values[order].ravel().tolist()}
            path = folder / key.name / f"{key.name}_{frame:012d}_keypoints.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps({"people": [person]}))


def casia_b_png(folder):
    for key, number in product(KEYS, range(1, 4)):
        place = folder / key.subject / f"{key.condition}-{key.sequence}" / key.view
        save_picture(place / f"{key.name}-{number:03d}.png", raw_frame(number))


def psymo_png(folder):
    for key, number in product(KEYS, range(1, 4)):
        place = folder / f"{key.subject}_{int(key.view)}_0_{int(key.sequence)}_{key.condition}"
        save_picture(place / f"{number}.png", raw_frame(number, size=(128, 128)))
