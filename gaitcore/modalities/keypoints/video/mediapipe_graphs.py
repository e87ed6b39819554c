"""MediaPipe's own networks, run by graphs of its calculators; their weights are inside the wheel."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock

import mediapipe
import numpy as np
from google.protobuf import text_format
from mediapipe.framework.calculator_pb2 import CalculatorGraphConfig
from mediapipe.python.solution_base import SolutionBase

from gaitcore.digests import file_digest
from gaitcore.modalities.keypoints.video.estimators import Identity

_QUIET = Lock()  # one thread at a time


def open_graph(text: str, side_inputs: dict[str, object] | None = None, **more: object) -> SolutionBase:
    """Build a MediaPipe graph and run it once with stderr silenced, which hides its start-up messages."""
    with _QUIET, _silenced():
        graph = SolutionBase(graph_config=text_format.Parse(text, CalculatorGraphConfig()), side_inputs=side_inputs)
        graph.process({"image": np.zeros((2, 2, 3), np.uint8), **more})
    return graph


@contextmanager
def _silenced() -> Iterator[None]:
    """Within the block, output of C++ code to the standard error stream is discarded."""
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@cache
def model_identity(name: str, weights: str) -> Identity:
    """The identity of a model whose weights are a file of the wheel, below its folder ``modules``."""
    digest = file_digest(Path(mediapipe.__file__).parent / "modules" / weights)
    return Identity(name, f"mediapipe {version('mediapipe')}", digest)
