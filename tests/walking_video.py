"""A real walking video: a side-on walker at CASIA-B's size, out of a package that carries one (BSD 3-Clause)."""

import subprocess
import sys
import zipfile

import av
import cv2
import numpy as np
from places import REPOSITORY

CACHE = REPOSITORY / "build" / "walking_video"
WHEEL, VIDEO = "sports2d==0.8.34", "Sports2D/Demo/demo.mp4"
WALK, EMPTY = range(48, 118), range(138, 147)  # one walker; nobody
FPS = 30
ROWS, COLUMNS = slice(234, 994), slice(755, 1768)


def walking_frames() -> dict[int, np.ndarray] | None:
    """Frame number -> image (240, 320, 3) of RGB bytes of WALK and EMPTY; None where the package cannot be fetched."""
    CACHE.mkdir(parents=True, exist_ok=True)
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(CACHE), WHEEL]
    if not list(CACHE.glob("*.whl")) and subprocess.run(fetch, capture_output=True, check=False).returncode:
        return None
    (wheel,) = CACHE.glob("*.whl")
    frames = {}
    with zipfile.ZipFile(wheel) as archive, archive.open(VIDEO) as file, av.open(file) as container:
        for n, frame in enumerate(container.decode(video=0)):
            if n in WALK or n in EMPTY:
                crop = frame.to_ndarray(format="rgb24")[ROWS, COLUMNS]
                frames[n] = cv2.resize(crop, (320, 240), interpolation=cv2.INTER_AREA)
    return frames
