"""The speed of poses from video: ``make bench-poses``, or ``python benchmarks/poses.py``.

A real walker at 320 x 240 (tests/walking_video.py) goes through the whole way, decoding, detection, estimation,
with one thread and with two; then the steps alone, and HRNet with random weights, which cost what trained ones do.
Writes results/benchmarks_poses.json; ``make docs`` makes the tables of docs/performance.md from it.
"""

import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import av
import numpy as np
import torch

from gaitcore.artefacts.provenance import machine
from gaitcore.modalities.keypoints.parsing.tracks import Box
from gaitcore.modalities.keypoints.table import PoseInfo
from gaitcore.modalities.keypoints.video.blazepose import BlazePoseDetector, BlazePoseEstimator
from gaitcore.modalities.keypoints.video.decoding import Decoder
from gaitcore.modalities.keypoints.video.extraction import ShardOutputs, extract_subject
from gaitcore.modalities.keypoints.video.hrnet import HRNetEstimator
from gaitcore.modalities.keypoints.video.hrnet_network import HRNet
from gaitcore.settings.data import Detector, Video

REPOSITORY = Path(__file__).parents[1]
RESULT = REPOSITORY / "results" / "benchmarks_poses.json"
sys.path.insert(0, str(REPOSITORY / "tests"))
from walking_video import EMPTY, FPS, WALK, walking_frames  # noqa: E402

VIDEOS = 8  # of the same 70 frames
MEDIAPIPE = Video(
    list=None,
    estimator="mediapipe",
    weights=None,
    sha256=None,
    channels="bgr",
    detector=Detector(kind="mediapipe", weights=None, sha256=None, score=0.5),
    people="exactly_one",
    detect_every=1,
)


def main() -> None:
    """Measure everything and write the result."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    frames = walking_frames()
    if frames is None:
        sys.exit("The walking video cannot be fetched.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load = os.getloadavg()[0]
        result = {
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "load": round(load, 1),
            "mediapipe": {threads: whole_way(folder / str(threads), frames, threads) for threads in (1, 2)},
            "steps": steps(folder, frames),
            "hrnet": {batch: hrnet(folder, frames[WALK[0]], batch) for batch in (1, 4)},
        }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{RESULT.relative_to(REPOSITORY)} written; make docs puts it into the docs")


def whole_way(folder: Path, frames: dict[int, np.ndarray], threads: int) -> float:
    """Frames per second of a shard, models loaded before."""
    videos = {
        f"001-nm-{n:02d}-090": write(folder / f"{n}.avi", [frames[k] for k in WALK]) for n in range(1, VIDEOS + 1)
    }
    outputs = ShardOutputs(folder / "001.parquet", folder / "001.csv", folder / "unfinished")
    started = perf_counter()
    extract_subject(videos, PoseInfo("walk", 320, 240, FPS), MEDIAPIPE, outputs, threads=threads, code="")
    return round(VIDEOS * len(WALK) / (perf_counter() - started), 1)


def write(path: Path, images: list[np.ndarray]) -> str:
    """Frames as MPEG-4, as CASIA-B's are."""
    path.parent.mkdir(exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(FPS))
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 2_000_000
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return str(path)


def steps(folder: Path, frames: dict[int, np.ndarray]) -> dict[str, float]:
    """Milliseconds a frame of each step, on one thread."""
    video = Path(write(folder / "steps.avi", [frames[k] for k in WALK]))
    detector, estimator = BlazePoseDetector(0.5), BlazePoseEstimator()
    walk = [frames[k] for k in WALK]
    boxes = [detector.detect(image)[0] for image in walk]
    return {
        "decoding": timed(lambda: list(Decoder(video, 320, 240, FPS).frames()), len(walk)),
        "detection, somebody there": timed(lambda: [detector.detect(image) for image in walk], len(walk)),
        "detection, nobody there": timed(lambda: [detector.detect(frames[k]) for k in EMPTY], len(EMPTY)),
        "estimation": timed(lambda: estimator.estimate(walk, boxes), len(walk)),
    }


def timed(run, number: int) -> float:
    """Milliseconds of each of ``number``, the better of two runs."""
    seconds = []
    for _ in range(2):
        started = perf_counter()
        run()
        seconds.append(perf_counter() - started)
    return round(1000 * min(seconds) / number, 2)


def hrnet(folder: Path, image: np.ndarray, batch: int) -> float:
    """Milliseconds an image, cropping and decoding included, on one thread."""
    weights = folder / "hrnet.pth"
    torch.save(HRNet().state_dict(), weights)
    estimator = HRNetEstimator(weights, "")
    images, boxes = [image] * batch, [Box(150, 60, 60, 130)] * batch
    estimator.estimate(images, boxes)
    return timed(lambda: estimator.estimate(images, boxes), batch)


if __name__ == "__main__":
    main()
