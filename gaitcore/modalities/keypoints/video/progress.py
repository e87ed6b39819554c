"""Progress over the frames of a subject's videos: a bar for a person at a terminal, plain log lines for a file."""

import logging
import sys
from threading import Lock
from time import monotonic

from tqdm import tqdm

log = logging.getLogger(__name__)

SECONDS = 30  # between plain lines


class FrameProgress:
    """Frames done of ``total``, frames per second and time left; videos may be processed in several threads."""

    def __init__(self, subject: str, total: int):
        self.subject = subject
        self.bar = tqdm(
            total=total,
            desc=subject,
            unit="frame",
            disable=not sys.stderr.isatty(),
            dynamic_ncols=True,
            mininterval=0.5,
        )
        self.total, self.done = total, 0
        self.started = self.logged = monotonic()
        self._lock = Lock()

    def __enter__(self) -> "FrameProgress":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()
        seconds = monotonic() - self.started
        log.info("%d frames in %s, %.1f frames/s", self.done, tqdm.format_interval(seconds), self.done / seconds)

    def frame(self) -> None:
        """One more frame is done."""
        with self._lock:
            self.done += 1
            self.bar.update()
            now = monotonic()
            if now - self.logged >= SECONDS:
                self.logged = now
                speed = self.done / (now - self.started)
                left = tqdm.format_interval(max(self.total - self.done, 0) / speed)
                log.info(
                    "subject %s: %d of %d frames, %.1f frames/s, %s left",
                    self.subject,
                    self.done,
                    self.total,
                    speed,
                    left,
                )

    def skip(self, frames: int) -> None:
        """An earlier run did this number of frames."""
        with self._lock:
            self.total -= frames
            self.bar.total = self.total
            self.bar.refresh()
