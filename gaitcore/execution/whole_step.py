"""How a whole training step is run: operation by operation on a CPU, as one captured graph on a GPU.

A step of a small network is some thousand operations of a few microseconds each, and a GPU waits for the host to launch
them. Captured once as a graph (torch.cuda.CUDAGraph) and replayed, they are launched together. A graph has fixed
memory: what changes from step to step (the batch, the rates, the random numbers) is put into tensors and generators
before it is replayed.

The capture itself is the class :class:`CudaGraphs`. Everything else runs on a CPU too, where tests compare it with
plain steps.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from gaitcore.errors import GaitError
from gaitcore.execution.host_reads import HostReadError, no_host_reads

log = logging.getLogger(__name__)

WARM_UPS = 2  # steps before a capture, in which libraries allocate what they keep
COMPILED_FROM = 3000  # steps of a run; compiling takes about 40 s
RESERVE = 0.92  # share of the free memory that a batch may need

_failed: list[object] = []  # graphs whose capture failed, kept since torch's allocators may still ask them

Step = Callable[[Tensor], Tensor]  # (B,) rows of the sequences -> what the step measured


@runtime_checkable
class Compilable(Protocol):
    """A pass that may be compiled; see :class:`gaitcore.execution.gpu_pass.GpuPass`."""

    def compile(self) -> str | None:
        """Compile it; where that is impossible, the reason."""

    def as_it_is(self) -> None:
        """Go back to the pass that is not compiled."""


class Recorder(Protocol):
    """The thin layer by which a step is recorded for replays."""

    @contextmanager
    def warming_up(self) -> Iterator[None]:
        """Around the steps before a recording."""

    def recorded(self, step: Step, rows: Tensor) -> Callable[[], Tensor]:
        """A function that repeats the step with what is in ``rows`` when it is called."""

    def available(self) -> int:
        """Bytes of the device's memory that a step may use."""

    def needed(self, step: Step, rows: Tensor) -> int:
        """Bytes that a step with these rows uses at most."""


MakeRecorder = Callable[[torch.Generator], Recorder]


class Stepping:
    """Steps one after the other; calling it with a batch does one.

    Args:
        step: does a step with the rows of a batch, (B,) on the device: forward and backward pass and update.
        device: of the rows.
        recorder: makes what records a step; None to run each step as it is.
        changed: every tensor that a step changes.
        generator: the generator of the step's own draws; dropout draws from the device's.
        forward: the pass of the network in the step, which may be one that can be compiled.
        before: done with the rows of a batch, (B,) on the host, before its step; it may read from the device.
        steps: number of steps of the run, which decides whether compiling pays.

    Attributes:
        how: how the steps are run, for run.json.
    """

    def __init__(
        self,
        step: Step,
        device: torch.device,
        recorder: MakeRecorder | None,
        changed: Callable[[], Sequence[Tensor]],
        generator: torch.Generator,
        forward: object = None,
        *,
        before: Callable[[Tensor], None] = lambda rows: None,
        steps: int = 0,
    ):
        self.step, self.device, self.changed, self.before = step, device, changed, before
        self.generators = (generator, *_of_device(device))
        self.recorder = recorder(generator) if recorder else None
        self.forward = forward if isinstance(forward, Compilable) and steps >= COMPILED_FROM else None
        self.how = "operation by operation"
        self._recordings: dict[int, tuple[Tensor, Callable[[], Tensor]]] = {}

    def __call__(self, batch: np.ndarray) -> Tensor:
        """A step with the sequences in these rows, (B,) int64; what it measured.

        Raises:
            GaitError: the GPU has too little memory for the batch.
        """
        rows = torch.from_numpy(batch)
        self.before(rows)
        recorder = self.recorder
        if recorder is None or (len(rows) not in self._recordings and not self._record(recorder, rows)):
            return self.step(rows.to(self.device))
        fixed, replay = self._recordings[len(rows)]
        fixed.copy_(rows, non_blocking=True)  # from pageable memory, which is read at once
        return replay().clone()

    def _record(self, recorder: Recorder, rows: Tensor) -> bool:
        """Record a step of this batch size; False if the step cannot be recorded, and steps then run as they are."""
        fixed = rows.to(self.device)
        if not self._recordings:
            try:
                self._try_out(recorder, fixed)
            except HostReadError as reason:
                return self._give_up(str(reason))
            self._compile(recorder, fixed)
        self._warm_up(recorder, fixed)
        try:
            self._recordings[len(rows)] = fixed, recorder.recorded(self.step, fixed)
        except torch.OutOfMemoryError:
            raise GaitError(too_large(len(rows), self._largest(recorder, fixed))) from None
        except RuntimeError as error:  # an operation that CUDA does not capture, and that no_host_reads does not know
            return self._give_up(_first_line(error))
        return True

    def _give_up(self, reason: str) -> bool:
        log.warning("steps are not captured as a graph, which makes them slower: %s", reason)
        self.recorder, self.how = None, "operation by operation"
        return False

    def _try_out(self, recorder: Recorder, rows: Tensor) -> None:
        with self._undone(), recorder.warming_up(), no_host_reads():
            self._fitting(recorder, rows)

    def _compile(self, recorder: Recorder, rows: Tensor) -> None:
        self.how = "one graph"
        if self.forward is None:
            return
        reason = self.forward.compile()
        if reason is None:
            try:
                self._warm_up(recorder, rows)
                self.how = "one graph, compiled"
                return
            except GaitError:
                raise
            except Exception as error:  # a compiler fails in many ways, and without it the step is slower, not wrong
                reason = _first_line(error)
        self.forward.as_it_is()
        log.warning("the network is not compiled, so that a step takes about twice as long: %s", reason)

    def _warm_up(self, recorder: Recorder, rows: Tensor) -> None:
        with self._undone(), recorder.warming_up():
            for _ in range(WARM_UPS):
                self._fitting(recorder, rows)

    def _fitting(self, recorder: Recorder, rows: Tensor) -> None:
        """A step; a GaitError with the largest batch that fits if the GPU's memory is too small for it."""
        try:
            self.step(rows)
            return
        except torch.OutOfMemoryError:
            pass  # the step's tensors, which its traceback holds, are let go first
        raise GaitError(too_large(len(rows), self._largest(recorder, rows)))

    def _largest(self, recorder: Recorder, rows: Tensor) -> int | None:
        sizes = [max(1, len(rows) // 16), max(2, len(rows) // 8)]
        try:
            needed = [recorder.needed(self.step, rows[:size]) for size in sizes]
        except torch.OutOfMemoryError:
            return None
        return largest_batch(sizes, needed, int(RESERVE * recorder.available()))

    @contextmanager
    def _undone(self) -> Iterator[None]:
        """What steps in the block change is as before at its end."""
        before = [(tensor, tensor.detach().clone()) for tensor in self.changed()]
        drawn = [(generator, generator.get_state()) for generator in self.generators]
        try:
            yield
        finally:
            with torch.no_grad():
                for tensor, value in before:
                    tensor.copy_(value)
            for generator, state in drawn:
                generator.set_state(state)


def recorder_of(device: torch.device) -> MakeRecorder | None:
    """What records steps on a device: CUDA graphs on a GPU; None on a CPU, where they would save nothing."""
    return CudaGraphs if device.type == "cuda" else None


class CudaGraphs:
    """Records steps as CUDA graphs, which share their memory since they are replayed one after the other.

    Args:
        generator: that of the step's own draws; torch registers the device's itself.
    """

    def __init__(self, generator: torch.Generator):
        self.generator = generator
        self.stream = torch.cuda.Stream()
        self.pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def warming_up(self) -> Iterator[None]:
        """On the stream on which steps are captured."""
        self.stream.wait_stream(torch.cuda.current_stream())
        try:
            with torch.cuda.stream(self.stream):
                yield
        finally:
            torch.cuda.current_stream().wait_stream(self.stream)

    def recorded(self, step: Step, rows: Tensor) -> Callable[[], Tensor]:
        """A function that replays the graph of a step."""
        graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        graph.register_generator_state(self.generator)
        try:
            with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
                measured = step(rows)
        except BaseException:
            _failed.append(graph)
            self._tidy_up(stream)
            raise

        def replay() -> Tensor:
            graph.replay()
            return measured

        return replay

    def _tidy_up(self, stream: torch.cuda.Stream) -> None:
        """Undo what a failed capture leaves behind, where torch ends at its first error, so that steps can go on.

        The stream of the capture would remain the current one, memory would still be taken from the capture's, and the
        generators would wait for its end: torch 2.11 then refuses every random number of the process.
        """
        torch.cuda.set_stream(stream)
        device = torch.cuda.current_device()
        with suppress(RuntimeError):  # that the pool is not in use, where torch has done this
            torch._C._cuda_endAllocateToPool(device, self.pool)
            torch._C._cuda_releasePool(device, self.pool)
        for generator in (self.generator, torch.cuda.default_generators[device]):
            generator.graphsafe_set_state(generator.clone_state())

    def available(self) -> int:
        """Bytes that are free on the GPU, and those that this process holds already."""
        torch.cuda.empty_cache()
        free, _ = torch.cuda.mem_get_info()
        return free + torch.cuda.memory_reserved()

    def needed(self, step: Step, rows: Tensor) -> int:
        """Bytes in use at the peak of a step."""
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        step(rows)
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated()


def largest_batch(sizes: Sequence[int], needed: Sequence[int], available: int) -> int:
    """The largest batch that fits, at least 0, from the bytes that two smaller batches ``needed``."""
    each = max(1.0, (needed[1] - needed[0]) / (sizes[1] - sizes[0]))
    return max(0, int((available - (needed[0] - sizes[0] * each)) / each))


def too_large(batch: int, largest: int | None) -> str:
    """The sentence about a batch that the GPU's memory does not hold."""
    fits = f"about {largest} sequences fit" if largest else "not even a fraction of it fits"
    return (
        f"The GPU has too little memory for a training batch of {batch} sequences, of which {fits}; lower "
        "training.batch, set training.precision to bfloat16, or end what else runs on the GPU."
    )


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}"


def _of_device(device: torch.device) -> tuple[torch.Generator, ...]:
    if device.type != "cuda":
        return (torch.default_generator,)
    return (torch.cuda.default_generators[device.index or 0],)
