"""The windows of a training batch, where the frames are too many for a GPU's memory: streamed from the host.

A store whose frames stay on the host is a :class:`HostStore`. While a step runs on the GPU, the loop asks for the next
batch: its frames are drawn on the device, by the same draws as in a step whose frames lie there, gathered on the host
into pinned memory, and copied on a stream of their own. Before the next step they are put where a step reads them,
which is always the same memory, so that the step can be captured as a graph. Nothing is drawn ahead of a checkpoint.

What only CUDA can do is the class :class:`SideStream`. A CPU copies in its place, in the same order and to the same
bytes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from gaitcore.modalities import FrameStore

Drawing = Callable[[Tensor], Tensor]  # (B,) rows of the sequences -> (B, T) frame numbers


@runtime_checkable
class HostStore(Protocol):
    """A store whose frames stay on the host."""

    def places(self, sequences: Tensor, frames: Tensor) -> Tensor:
        """(B, T) where the frames of windows lie among all frames, on the device; the arguments as of ``windows``."""

    def gathered(self, places: Tensor, out: Tensor) -> Tensor:
        """Put the frames at these places (B, T), on the host, into ``out`` (B, T, ...), and return it."""

    @property
    def device(self) -> torch.device:
        """Where windows are made."""

    @property
    def frame(self) -> Tensor:
        """A frame (...), for its shape and type."""


class Copies(Protocol):
    """How windows go from the host to the device while a step runs."""

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is computed within the block does not wait for the step that runs."""

    def buffer(self, like: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Memory of the host of which copies are made; of this shape, and of the type of ``like``."""

    def send(self, source: Tensor, staged: Tensor) -> None:
        """Begin to copy to the device."""

    def put(self, staged: Tensor, fixed: Tensor) -> None:
        """What has been sent, to where the next step reads it."""


class Resident:
    """Windows whose frames lie on the device: they are drawn and gathered within a step."""

    def __init__(self, store: FrameStore, drawn: Drawing):
        self.store, self.drawn = store, drawn

    def bring(self, rows: Tensor) -> None:
        """Nothing has to be brought."""

    def __call__(self, rows: Tensor) -> Tensor:
        """(B,) rows -> (B, T, ...) windows."""
        return self.store.windows(rows, self.drawn(rows))


class Streamed:
    """Windows whose frames stay on the host: :meth:`bring` before each step, then a step reads them.

    Args:
        store: the frames; ``store.device`` is that of the step.
        drawn: draws the frames of a batch, on the device.
        largest: sequences of the largest batch.
        frames: of a window, T.
        copies: how the windows go to the device.
    """

    def __init__(self, store: HostStore, drawn: Drawing, largest: int, frames: int, copies: Copies):
        self.store, self.drawn, self.copies = store, drawn, copies
        shape = (largest, frames, *store.frame.shape)
        self.gathered = copies.buffer(store.frame, shape)
        self.staged, self.fixed = (torch.empty(shape, dtype=store.frame.dtype, device=store.device) for _ in range(2))

    def bring(self, rows: Tensor) -> None:
        """Put the windows of the sequences in these rows, (B,) on the host, where the next step reads them."""
        with self.copies.aside():
            on_device = rows.to(self.store.device)
            places = self.store.places(on_device, self.drawn(on_device)).cpu()
        number = len(rows)
        self.store.gathered(places, self.gathered[:number])
        self.copies.send(self.gathered[:number], self.staged[:number])
        self.copies.put(self.staged[:number], self.fixed[:number])

    def __call__(self, rows: Tensor) -> Tensor:
        """(B,) rows -> (B, T, ...) windows, those that were brought."""
        return self.fixed[: len(rows)]


class SideStream:
    """Copies on a stream of their own, which runs beside that of the steps."""

    def __init__(self) -> None:
        self.stream = torch.cuda.Stream(priority=-1)  # its few short operations go first
        self.stream.wait_stream(torch.cuda.current_stream())
        self.sent, self.taken = torch.cuda.Event(), torch.cuda.Event()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """On that stream; what is read back within the block waits for it alone, and so for the last copy."""
        with torch.cuda.stream(self.stream):
            yield

    def buffer(self, like: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Pinned memory, which a GPU reads by itself."""
        return torch.empty(shape, dtype=like.dtype, pin_memory=True)

    def send(self, source: Tensor, staged: Tensor) -> None:
        """Copy when the step before has taken what was sent for it."""
        self.stream.wait_event(self.taken)
        with torch.cuda.stream(self.stream):
            staged.copy_(source, non_blocking=True)
        self.sent.record(self.stream)

    def put(self, staged: Tensor, fixed: Tensor) -> None:
        """Copy within the device, on the stream of the steps, which waits for what is being sent."""
        steps = torch.cuda.current_stream()
        steps.wait_event(self.sent)
        fixed.copy_(staged)
        self.taken.record(steps)


class PlainCopies:
    """Copies without a GPU, one after the other."""

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Nothing runs beside."""
        yield

    def buffer(self, like: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Memory like any other."""
        return torch.empty(shape, dtype=like.dtype)

    def send(self, source: Tensor, staged: Tensor) -> None:
        """Copy at once."""
        staged.copy_(source)

    def put(self, staged: Tensor, fixed: Tensor) -> None:
        """Copy at once."""
        fixed.copy_(staged)


def windows_source(store: FrameStore, drawn: Drawing, largest: int, frames: int) -> Resident | Streamed:
    """Where a step takes the windows of its batch from.

    Args:
        store: the frames, on the device or, if it is a :class:`HostStore`, on the host.
        drawn: draws the frames of a batch, on the device.
        largest: sequences of the largest batch.
        frames: of a window.
    """
    if not isinstance(store, HostStore):
        return Resident(store, drawn)
    copies = SideStream() if store.device.type == "cuda" else PlainCopies()
    return Streamed(store, drawn, largest, frames, copies)
