"""The interface of networks that separate a person from the background, and the modules that implement them.

Each module has a function that makes one: ``make_segmenter(settings)``. They are loaded by name, so that an unused one
need not be installed and is not in the digest of the code.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol

import numpy as np

from gaitcore.modalities.keypoints.video.estimators import Identity, Part, check_packages
from gaitcore.settings.data import Segmenter as Settings


class Segmenter(Protocol):
    """Tells a person in the middle of a picture from the background."""

    identity: Identity
    width: int  # pixels of a picture
    height: int

    def probabilities(self, picture: np.ndarray) -> np.ndarray:
        """(height, width) float32, 0 to 1: that a pixel of a picture (height, width, 3) of RGB bytes is a person's."""


_SEGMENTERS = {
    "mediapipe": Part("gaitcore.modalities.silhouettes.video.selfie", ("mediapipe",)),
    "onnx": Part("gaitcore.modalities.silhouettes.video.onnx_masks", ("onnxruntime",)),
}


def module(settings: Settings) -> str:
    """The module of the segmenter in use: an entry of the digest of the code."""
    return _SEGMENTERS[settings.kind].module


def check_installed(settings: Settings) -> None:
    """Raise a ConfigError where a package is missing that the settings need."""
    check_packages(f"Silhouettes from video (segmenter {settings.kind})", _SEGMENTERS[settings.kind].packages)


def make_segmenter(settings: Settings) -> Segmenter:
    """The segmenter the settings name, for one thread."""
    make: Callable[[Settings], Segmenter] = import_module(module(settings)).make_segmenter
    return make(settings)
