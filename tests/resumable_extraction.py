"""Poses of a subject's videos, also in a process of its own, to be killed and started again.

python resumable_extraction.py FOLDER VIDEOS SETTINGS: videos (sequence's name -> path) and the video settings as JSON.
"""

import json
import sys
from pathlib import Path

from gaitcore.modalities.keypoints.table import PoseInfo
from gaitcore.modalities.keypoints.video.extraction import ShardOutputs, extract_subject
from gaitcore.settings.data import Video

CAMERA = PoseInfo("drawn walkers", 320, 240, 25.0)


def extract(folder: Path, videos: dict[str, str], video: Video, threads: int) -> ShardOutputs:
    outputs = ShardOutputs(folder / "001.parquet", folder / "001.csv", folder / "unfinished" / "001")
    extract_subject(videos, CAMERA, video, outputs, threads=threads, code="c0de")
    return outputs


if __name__ == "__main__":
    extract(Path(sys.argv[1]), json.loads(sys.argv[2]), Video.model_validate_json(sys.argv[3]), threads=1)
