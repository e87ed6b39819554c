"""The machine for a computation: device, threads, determinism, memory."""

import ctypes
import logging
import os
import resource
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import torch

from gaitcore.execution.cards import take_card

log = logging.getLogger(__name__)

T = TypeVar("T")

_threads = os.cpu_count() or 1  # of in_parallel; prepare sets it
_MALLOC_TRIM_THRESHOLD, _MALLOC_MMAP_MAX, _MALLOC_ARENA_MAX = -1, -4, -8  # mallopt(3)

# MKL sets its square root up when it is first called. Two threads that do so at once race, and in a third of all
# processes one of them then computed with 12 bits (torch 2.13.0). A first call from a single thread prevents it.
torch.ones(1).sqrt()


def prepare(threads: int) -> torch.device:
    """Make this process compute deterministically, and choose its device: a GPU if there is one, else the CPU.

    Of several GPUs it takes the one on which fewest of this user's jobs are (:mod:`gaitcore.execution.cards`).

    On a CPU no operation is split between threads, so that the order in which sums are added up, and with it the bytes
    of a result, does not depend on their number; :func:`in_parallel` puts them to work. A GPU computes in float32; by
    torch's own default its convolutions would use TF32, for which :func:`products_in` is the exception.

    Args:
        threads: CPU threads for :func:`in_parallel`.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what deterministic matrix products on a GPU need
    # As use_deterministic_algorithms, which also imports torch's compiler: a second of each job that a CPU computes.
    torch.set_deterministic_debug_mode("error")
    # A debugging aid that costs a sixth of a step; torch makes the name at run time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    if not torch.cuda.is_initialized():
        take_card()
    if torch.cuda.is_available():
        torch.use_deterministic_algorithms(True)  # of the compiler too, which only passes on a GPU use
        _use_tf32(False)
        torch.backends.cudnn.benchmark = False  # no choice of an algorithm by its time
        torch.backends.cuda.enable_flash_sdp(False)  # one kernel of attention for all precisions, which can be
        torch.backends.cuda.enable_cudnn_sdp(False)  # deterministic: the memory-efficient one
        log.info("computing on %s", torch.cuda.get_device_name())
        return torch.device("cuda")
    _keep_freed_memory()
    torch.set_num_threads(1)
    global _threads
    _threads = threads
    log.info("no GPU found: computing on the CPU with %d threads", threads)
    return torch.device("cpu")


@contextmanager
def products_in(precision: str, device: torch.device) -> Iterator[None]:
    """Within the block, matrix products and convolutions on a GPU use TF32 if the precision is "tf32", else float32.

    TF32 has the range of float32 and 10 bits of mantissa, as products of tensor cores take them; sums are float32. A
    CPU has no TF32 and computes in float32. The products that a precision of "bfloat16" concerns are chosen by
    ``torch.autocast``.
    """
    if device.type != "cuda" or precision != "tf32":
        yield
        return
    _use_tf32(True)
    try:
        yield
    finally:
        _use_tf32(False)


def products_on(device: torch.device, precision: str) -> str:
    """The precision that products have on a device; the log says so where it is not the one that was asked for."""
    if precision == "tf32" and device.type != "cuda":
        log.info("training.precision is tf32, which a CPU does not have: products are float32")
        return "float32"
    return precision


def _use_tf32(use: bool) -> None:
    """One of torch's two interfaces for this alone: it refuses to read what was set by both."""
    torch.backends.cuda.matmul.allow_tf32 = use
    torch.backends.cudnn.allow_tf32 = use


def in_parallel(function: Callable[..., T], *arguments: Iterable[Any]) -> list[T]:
    """``function`` of each of the arguments, in their order, on all threads of this process, each computing alone.

    For work in pieces that fit a core's cache: no operation is split between cores, and none waits for another.
    """
    return list(_workers(_threads).map(function, *arguments))


@cache
def _workers(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))


def wait_for(device: torch.device) -> None:
    """Until a device has done what it was asked: a GPU has then only begun, and the host goes on."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_memory() -> int:
    """Bytes: the largest resident size of this process so far, without what is on a GPU."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def peak_gpu_memory() -> int:
    """Bytes: the most that torch held on the GPU at once; 0 without a GPU."""
    return torch.cuda.max_memory_reserved() if torch.cuda.is_available() else 0


def determinism() -> dict[str, Any]:
    """The settings of torch that decide whether a computation gives the same bytes again."""
    return {
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "cublas_workspace_config": os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    }


def device_name(device: torch.device) -> str:
    """``cpu``, or the GPU's name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def _keep_freed_memory() -> None:
    """Let glibc keep what is freed instead of returning it to the kernel.

    A training step on a CPU allocates and frees the same gigabytes again and again; by default each large block comes
    as fresh zeroed pages, and page faults take more time than arithmetic.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return  # another C library; slower, not wrong
    mallopt(_MALLOC_MMAP_MAX, 0)
    mallopt(_MALLOC_TRIM_THRESHOLD, -1)
    mallopt(_MALLOC_ARENA_MAX, 1)
