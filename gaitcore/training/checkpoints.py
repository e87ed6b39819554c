"""Checkpoints: a killed run goes on where it stopped and ends with the same bytes as one that was left alone.

A checkpoint is the state of everything that changes while a run trains: weights, optimiser, schedule, what is left of
each subject's list, every random generator, the history. It is written whole or not at all, carries the SHA-256 of its
content, and says which data, code and configuration it belongs to; one that belongs to others is never used. The two
newest are kept, so that there is one to fall back on.
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
_NAME = re.compile(r"step-(\d+)\.checkpoint")


class Stateful(Protocol):
    """What can be put into a checkpoint: networks, optimisers and schedules of torch, and our own parts of a run."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> Any: ...


Parts = Mapping[str, Stateful]


class Checkpoints:
    """The checkpoints of one run, in a folder of their own.

    Args:
        folder: where they lie; made when the first is written, removed by :meth:`discard`.
        identity: what the run is made of, by name ("poses", "code", ...), as text that is equal if it is the same.
        minutes: time between two checkpoints; 0 writes one after every step.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str], minutes: float):
        self.folder, self.identity, self.seconds = folder, dict(identity), 60 * minutes
        self.written = monotonic()
        self.stop: str | None = None  # the signal that asks for the end

    def resume(self, parts: Parts) -> None:
        """Bring the parts to the state of the newest usable checkpoint; without one, leave them as they are."""
        for unfinished in self.folder.glob(".*.unfinished"):  # of a run killed while it wrote
            unfinished.unlink()
        for path in self._newest_first():
            state = self._usable(path)
            if state is not None:
                for name, part in parts.items():
                    part.load_state_dict(state[name])
                log.info("going on from %s, after %d steps", path, _step(path))
                return

    def after_step(self, step: int, parts: Parts) -> None:
        """Write a checkpoint if it is time, or if the run is asked to end.

        Raises:
            GaitError: the run was asked to end (SIGTERM, SIGINT), or the checkpoint cannot be written.
        """
        if self.stop is None and monotonic() - self.written < self.seconds:
            return
        path = self._write(step, parts)
        if self.stop is not None:
            raise GaitError(f"Stopped by {self.stop} after step {step}; the same command goes on from {path}.")

    @contextmanager
    def stopping(self) -> Iterator[None]:
        """Let SIGTERM (a cluster's time limit) and SIGINT (Ctrl-C) end the run after the step that is under way.

        A second signal acts as ever.
        """
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        def ask(number: int, _: object) -> None:
            self.stop = signal.Signals(number).name
            restore()

        def restore() -> None:
            for number, handler in before.items():
                signal.signal(number, handler)

        for number in before:
            signal.signal(number, ask)
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
        torch.save({"identity": self.identity, "state": state}, content)
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
        found = [path for path in self.folder.glob("*.checkpoint") if _NAME.fullmatch(path.name)]
        return sorted(found, key=_step, reverse=True)

    def _usable(self, path: Path) -> dict[str, Any] | None:
        """The state a checkpoint holds; None, with a message, if it is damaged or of another run."""
        content = path.read_bytes()
        digest, payload = content[len(_MAGIC) : len(_MAGIC) + 32], content[len(_MAGIC) + 32 :]
        if not content.startswith(_MAGIC) or _digest(payload) != digest:
            log.warning("%s: damaged or cut short (%d bytes), not used", path, len(content))
            return None
        checkpoint = torch.load(io.BytesIO(payload), weights_only=True)
        other = [name for name, value in self.identity.items() if checkpoint["identity"].get(name) != value]
        if other:
            aside = path.with_suffix(".set-aside")
            path.replace(aside)
            log.warning("%s belongs to other %s; it is set aside as %s and not used", path, " and ".join(other), aside)
            return None
        return checkpoint["state"]


def _step(path: Path) -> int:
    return int(_NAME.fullmatch(path.name)[1])


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
