"""The record of a run in event files of TensorBoard, for people to watch while it trains; no job reads it.

It is a copy: of training.csv after each epoch, of the settings, and of the accuracies in metrics.json. A job replaces
its file of the last time, so that a run that was resumed or repeated has each epoch once. A record that cannot be
written ends with one warning, and the run goes on.

Of tensorboardX the synchronous writer is used. Its SummaryWriter has a thread with a bounded queue: on a full disk the
thread ends, and the training would wait for it.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gaitcore.settings.tracking import Tracking

TRAINING, EVALUATION = "training", "evaluation"  # which job wrote a file

log = logging.getLogger(__name__)

Scalars = Mapping[str, float | None]


def watched_run(settings: Tracking, job: str, weights: Path) -> "WatchedRun | None":
    """The record of a run by one of its jobs; None where tracking is off.

    Args:
        settings: that section of the configuration.
        job: :data:`TRAINING` or :data:`EVALUATION`.
        weights: ``results/<experiment>/<system>/<run>/weights.safetensors``, which names the run.
    """
    if settings.tool is None:
        return None
    experiment, run = weights.parents[2], weights.parent.relative_to(weights.parents[2])
    root = Path(settings.folder, experiment.name) if settings.folder else experiment / "tracking"
    return WatchedRun(root / run, job)


class WatchedRun:
    """The record of one run by one of its jobs.

    Args:
        folder: of the run, shared by its jobs.
        job: which of them; its files of the last time are replaced when the first numbers are written.
    """

    def __init__(self, folder: Path, job: str):
        self.folder, self.job = folder, job
        self._description: tuple[Mapping[str, Any], Mapping[str, str]] = ({}, {})
        self._writer: Any = None
        self._written = 0  # epochs
        self._failed = False

    def describe(self, settings: Mapping[str, Any], digests: Mapping[str, str]) -> None:
        """Note the settings and the SHA-256 of what the run was made from; written with the first numbers."""
        self._description = settings, digests

    def epochs(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the epochs that are not in the record yet.

        Args:
            rows: those of training.csv so far, also those before the run was resumed.
        """
        self._attempt(lambda: self._write_epochs(rows))

    def scalars(self, values: Scalars) -> None:
        """Write numbers that belong to no epoch, by name."""
        self._attempt(lambda: self._write([(values, 0)]))

    def _write_epochs(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._write(
            ({name: value for name, value in row.items() if name != "epoch"}, row["epoch"])
            for row in rows[self._written :]
        )
        self._written = len(rows)

    def _attempt(self, write: Callable[[], None]) -> None:
        if self._failed:
            return
        try:
            write()
        except Exception as error:  # of the disk or of the library: the run does not depend on either
            self._failed = True
            log.warning(
                "%s: the record for TensorBoard cannot be written (%s: %s); the run goes on without it",
                self.folder,
                type(error).__name__,
                error,
            )

    def _write(self, numbers: Iterable[tuple[Scalars, int]]) -> None:
        from tensorboardX import summary  # here, since it takes a second and is an extra

        writer = self._writer or self._opened()
        for values, step in numbers:
            for name, value in values.items():
                if value is not None:
                    writer.write_event(_event(summary.scalar(name, value), step))
        writer.flush()

    def _opened(self) -> Any:
        from tensorboardX import summary
        from tensorboardX.event_file_writer import EventsWriter

        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.glob(f"{self.job}.out.tfevents.*"):
            old.unlink()
        self._writer = EventsWriter(str(self.folder / self.job))
        settings, digests = self._description
        if settings:
            _, start, _ = summary.hparams(dict(_flat(settings)), {})
            self._writer.write_event(_event(start, 0))
        if digests:
            lines = "\n".join(f"    {digest}  {name}" for name, digest in digests.items())
            self._writer.write_event(_event(summary.text("SHA-256", lines), 0))
        return self._writer


def _event(content: Any, step: int) -> Any:
    from tensorboardX.proto.event_pb2 import Event

    return Event(summary=content, step=step, wall_time=time.time())


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, bool | float | str]]:
    """The settings by their dotted keys; lists as text."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value if isinstance(value, bool | int | float | str) else str(value)
