"""The interfaces of people detectors and pose estimators, and the modules that implement them.

Each module has a function that makes one: ``make_estimator(settings)`` and ``make_detector(settings)``. They are
loaded by name, so that an unused estimator need not be installed and is not in the digest of the code.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from gaitcore.digests import file_digest
from gaitcore.errors import ConfigError, DataError
from gaitcore.modalities.keypoints.parsing.tracks import Box
from gaitcore.settings.data import Video


class Identity(NamedTuple):
    """The source that a pose table records: name, version, SHA-256 of the weights."""

    name: str
    version: str
    weights: str


class Detector(Protocol):
    """Finds people."""

    identity: Identity

    def detect(self, image: np.ndarray) -> list[Box]:
        """Everybody in a frame (H, W, 3) of RGB bytes; boxes in pixels, the surest first."""


class Estimator(Protocol):
    """Finds the joints of the person in a box."""

    identity: Identity
    batch: int  # boxes to pass at once

    def estimate(self, images: Sequence[np.ndarray], boxes: Sequence[Box]) -> np.ndarray:
        """Keypoints (N, 17, 3), x and y in pixels of the frame and confidence, of one box in each of N frames.

        Frames are (H, W, 3) of RGB bytes; one may be passed several times. NaN where the box holds no person.
        """


class Part(NamedTuple):
    """The module that makes a tool, and the packages it needs beside the decoder's."""

    module: str
    packages: tuple[str, ...]


_DECODING = ("av", "cv2")
_ESTIMATORS = {
    "hrnet": Part("gaitcore.modalities.keypoints.video.hrnet", ()),
    "mediapipe": Part("gaitcore.modalities.keypoints.video.blazepose", ("mediapipe",)),
    "onnx": Part("gaitcore.modalities.keypoints.video.onnx_pose", ("onnxruntime",)),
}
_DETECTORS = {
    "mediapipe": Part("gaitcore.modalities.keypoints.video.blazepose", ("mediapipe",)),
    "yolox": Part("gaitcore.modalities.keypoints.video.yolox", ("onnxruntime",)),
}


def modules(video: Video) -> tuple[str, ...]:
    """The modules of the estimator and detector in use: entries of the digest of the code."""
    return tuple(sorted({_ESTIMATORS[video.estimator].module, _DETECTORS[video.detector.kind].module}))


def check_installed(video: Video) -> None:
    """Raise a ConfigError where a package is missing that the settings need."""
    check_packages(
        f"Poses from video (estimator {video.estimator}, detector {video.detector.kind})",
        (*_ESTIMATORS[video.estimator].packages, *_DETECTORS[video.detector.kind].packages),
    )


def check_packages(what: str, packages: Sequence[str]) -> None:
    """Raise a ConfigError where ``what`` needs a package that is missing, or the decoder is."""
    missing = [package for package in dict.fromkeys((*_DECODING, *packages)) if find_spec(package) is None]
    if missing:
        raise ConfigError(
            f"{what} need packages that are not installed: {', '.join(missing)}. Install them with: make video"
        )


def make_estimator(video: Video) -> Estimator:
    """The estimator the settings name, for one thread."""
    make: Callable[[Video], Estimator] = import_module(_ESTIMATORS[video.estimator].module).make_estimator
    return make(video)


def make_detector(video: Video) -> Detector:
    """The detector the settings name, for one thread."""
    make: Callable[[Video], Detector] = import_module(_DETECTORS[video.detector.kind].module).make_detector
    return make(video)


def checked_weights(key: str, path: str | None, sha256: str | None) -> Path:
    """The path of a file of weights, checked against the SHA-256 in the configuration.

    Raises DataError for a file that is missing or has another digest; ``key`` is the section of the setting.
    """
    file = Path(path or "")
    if not file.is_file():
        raise DataError(f"{key}.weights: {path}: no such file; docs/poses.md says where to get weights.")
    digest = file_digest(file)
    if digest != sha256:
        raise DataError(
            f"{path}: its SHA-256 is {digest}, expected {sha256} ({key}.sha256); fetch the file again, or correct the "
            "setting if these are the weights you mean."
        )
    return file
