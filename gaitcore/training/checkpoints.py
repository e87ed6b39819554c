"""Checkpoints: an interrupted run is resumed where it stopped and ends with the same bytes as an uninterrupted one.

A checkpoint is the state of everything that changes while a run trains: weights, optimiser, schedule, the position in
each subject's list, every random generator, the history. It is written whole or not at all, carries the SHA-256 of its
content, and records the data, code and configuration of its run; a checkpoint of another run is never used. The two
newest are kept, so that an older one is left if the newest is damaged.
"""

import hashlib
import io
import logging
import os
import re
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import torch

from gaitcore.errors import GaitError
from gaitcore.files import replacing

log = logging.getLogger(__name__)

KEPT = 2
_MAGIC = b"gaitcore checkpoint 1\n"
_ENTRIES = ("identity", "state")
_NAME = re.compile(r"step-(\d+)\.checkpoint")


class Stateful(Protocol):
    """A part of a run that a checkpoint holds: torch's networks, optimisers and schedules, and classes of this room."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> Any: ...


Parts = Mapping[str, Stateful]


class Checkpoints:
    """The checkpoints of one run, in a folder of their own.

    Args:
        folder: their folder, made when the first is written and removed by :meth:`discard`.
        identity: the data, code and configuration of the run, each as text; equal texts mean the same run.
        minutes: time between two checkpoints; 0 writes one after every step.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str], minutes: float):
        self.folder, self.identity, self.seconds = folder, dict(identity), 60 * minutes
        self.written = monotonic()
        self.stop: str | None = None  # the name of the signal that ends the run

    def resume(self, parts: Parts) -> None:
        """Bring the parts to the state of the newest usable checkpoint; without one, leave them as they are.

        A checkpoint that cannot be used is renamed, with a message in the log.

        Raises:
            GaitError: a state does not fit its part, or a checkpoint cannot be renamed.
        """
        for unfinished in self.folder.glob(".*.unfinished"):  # left by a run that was killed while writing
            unfinished.unlink()
        for path in self._newest_first():
            try:
                state = self._state(path, parts)
            except _UnusableError as reason:
                log.warning("%s: %s, not used; renamed to %s", path, reason, _set_aside(path))
                continue
            for name, part in parts.items():
                _load(path, name, part, state[name])
            log.info("resuming from %s, after %d steps", path, _step(path))
            return

    def after_step(self, step: int, parts: Parts) -> None:
        """Write a checkpoint if the interval has passed, or if a signal ends the run.

        Raises:
            GaitError: a signal (SIGTERM, SIGINT) ended the run, or the checkpoint cannot be written.
        """
        if self.stop is None and monotonic() - self.written < self.seconds:
            return
        path = self._write(step, parts)
        if self.stop is not None:
            raise GaitError(f"Stopped by {self.stop} after step {step}; the same command resumes from {path}.")

    def after_last_step(self, step: int, parts: Parts) -> None:
        """Write a checkpoint of the whole training, so that it is kept if there is no room for the weights.

        Raises:
            GaitError: the checkpoint cannot be written.
        """
        self._write(step, parts)

    @contextmanager
    def stopping(self) -> Iterator[None]:
        """Within the block, SIGTERM (a cluster's time limit) and SIGINT (Ctrl-C) end the run after the current step.

        A second signal has its default effect.
        """
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        def end_after_step(number: int, _: object) -> None:
            self.stop = signal.Signals(number).name
            restore()

        def restore() -> None:
            for number, handler in before.items():
                signal.signal(number, handler)

        for number in before:
            signal.signal(number, end_after_step)
        try:
            yield
        finally:
            restore()

    def discard(self) -> None:
        """Remove all checkpoints: the run is complete."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, step: int, parts: Parts) -> Path:
        content = io.BytesIO()
        state = {name: part.state_dict() for name, part in parts.items()}
        torch.save(dict(zip(_ENTRIES, (self.identity, state), strict=True)), content)
        path = self.folder / f"step-{step:08d}.checkpoint"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(path) as unfinished, unfinished.open("wb") as file:
                file.write(_MAGIC + _digest(content.getvalue()) + content.getvalue())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            last = next(iter(self._newest_first()), None)
            intact = f"the one before it, {last}, is intact; " if last else ""
            raise GaitError(
                f"{path}: the checkpoint cannot be written ({error.strerror}); {intact}make room and run the same "
                "command again."
            ) from error
        for old in self._newest_first()[KEPT:]:
            old.unlink()
        self.written = monotonic()
        return path

    def _newest_first(self) -> list[Path]:
        checkpoints = [path for path in self.folder.glob("*.checkpoint") if _NAME.fullmatch(path.name)]
        return sorted(checkpoints, key=_step, reverse=True)

    def _state(self, path: Path, parts: Parts) -> dict[str, Any]:
        """The state of each part in a checkpoint; raises _UnusableError if it is damaged or of another run."""
        checkpoint = _content(path)
        identity, state = (checkpoint.get(name) if isinstance(checkpoint, dict) else None for name in _ENTRIES)
        if not isinstance(identity, dict) or not isinstance(state, dict):
            raise _UnusableError(f"without {' and '.join(_ENTRIES)}, so not a checkpoint of a run")
        if other := [name for name, value in self.identity.items() if identity.get(name) != value]:
            raise _UnusableError(f"of a run with other {' and '.join(other)}")
        if missing := [name for name in parts if name not in state]:
            raise _UnusableError(f"without the state of {' and '.join(missing)}")
        return state


class _UnusableError(Exception):
    """A checkpoint cannot be used; the message says why."""


def _content(path: Path) -> Any:
    """What a checkpoint holds; nothing in it is executed."""
    if not path.is_file():
        raise _UnusableError("not a file")
    with path.open("rb") as file:
        intact = file.read(len(_MAGIC)) == _MAGIC
        digest, payload = file.read(32), file.read() if intact else b""
    if not intact or _digest(payload) != digest:
        raise _UnusableError(f"damaged or cut short ({path.stat().st_size} bytes)")
    try:
        return torch.load(io.BytesIO(payload), weights_only=True)
    except Exception as error:  # torch raises errors of many kinds
        raise _UnusableError(f"not readable as tensors and plain values ({type(error).__name__})") from None


def _load(path: Path, name: str, part: Stateful, state: dict[str, Any]) -> None:
    try:
        part.load_state_dict(state)
    except Exception as error:  # each part raises its own; others may have been loaded by now, so the run ends
        raise GaitError(
            f"{path}: its state of {name} does not fit this run ({type(error).__name__}), so it was renamed to "
            f"{_set_aside(path)}; run the same command again."
        ) from error


def _set_aside(path: Path) -> Path:
    """Rename a checkpoint that cannot be used, so that it does not count as one of those that are kept."""
    aside = path.with_suffix(".set-aside")
    try:
        return path.replace(aside)
    except OSError as error:
        raise GaitError(
            f"{path}: cannot be used and cannot be renamed to {aside.name} ({error.strerror}); remove both and run the "
            "same command again."
        ) from error


def _step(path: Path) -> int:
    return int(path.stem.removeprefix("step-"))


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
