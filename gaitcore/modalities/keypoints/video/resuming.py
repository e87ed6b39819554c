"""What jobs over a subject's videos have in common: a tool for each thread, and finished videos kept until the end."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import local
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from gaitcore.errors import GaitError
from gaitcore.files import replacing
from gaitcore.modalities.keypoints.video.decoding import Note
from gaitcore.modalities.scratch import Scratch

T = TypeVar("T")


@contextmanager
def concerning(video: str, what: str) -> Iterator[None]:
    """An unforeseen error inside names the video and ``what`` was done, and asks to remove it; its cause is kept."""
    try:
        yield
    except GaitError:
        raise
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
        raise RuntimeError(f"{video}: {what} ended in an error ({found}); to go on without it, move it away") from error


class PerThread(Generic[T]):
    """One tool for each thread, made by ``make`` on first use."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._thread = local()

    @property
    def own(self) -> T:
        """The tool of the thread that asks."""
        if not hasattr(self._thread, "tool"):
            self._thread.tool = self._make()
        tool: T = self._thread.tool
        return tool


class Kept(NamedTuple):
    """What one video gave: arrays by name, and notes for the report."""

    arrays: Mapping[str, np.ndarray]
    notes: list[Note]


class VideoScratch(Scratch):
    """What each finished video gave; a digest is that of a video."""

    def read(self, name: str, digest: str) -> Kept | None:
        """What the video of a sequence gave; None where it is not finished."""
        path = self.path(name, digest, ".npz")
        if not path.is_file():
            return None
        with np.load(path) as file:
            arrays = {key: file[key] for key in file.files}
        notes = [Note(*note) for note in json.loads(str(arrays.pop("notes")))]
        return Kept(arrays, notes)

    def write(self, name: str, digest: str, kept: Kept) -> None:
        """Keep what the video of a sequence gave, whole or not at all."""
        everything: dict[str, Any] = {**kept.arrays, "notes": json.dumps(kept.notes)}
        with replacing(self.path(name, digest, ".npz")) as unfinished, unfinished.open("wb") as file:
            np.savez(file, **everything)
