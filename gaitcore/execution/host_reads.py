"""What keeps a step from being captured as a graph on a GPU: values that the host reads, or constants it sends.

Every operation on tensors passes through a dispatch mode, on a CPU as on a GPU, so that a step that reads from the host
is found on any machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

_aten = torch.ops.aten
_READING = {
    _aten._local_scalar_dense: "a value is read back to the host",  # .item(), int(), float(), bool()
    _aten.nonzero: "the shape of a result depends on values",  # also indexing by a mask
    _aten.masked_select: "the shape of a result depends on values",
    _aten._unique2: "the shape of a result depends on values",
    _aten.unique_dim: "the shape of a result depends on values",
    _aten.unique_consecutive: "the shape of a result depends on values",
    _aten.lift_fresh: "a constant is copied from the host",  # torch.tensor([...]), indexing by a list
}


_BY_INDEX = {_aten.index, _aten.index_put, _aten.index_put_, _aten._index_put_impl_}
_TO_HOST = {Tensor.tolist, Tensor.cpu, Tensor.numpy}  # on a CPU these are no operations of their own


class HostReadError(Exception):
    """An operation that a captured step must not have; the message says which."""


class _NoHostReads(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        operation = getattr(func, "overloadpacket", func)  # an operation of higher order has none
        if reason := _READING.get(operation):
            raise HostReadError(f"{reason} ({func})")
        if operation in _BY_INDEX and any(_is_mask(index) for index in args[1]):
            raise HostReadError(f"the shape of a result depends on values ({func} by a mask)")
        before = _devices(args, kwargs or {})
        result = func(*args, **(kwargs or {}))
        if len(before | _devices((result,), {})) > 1 and not _scalars_on_host(args):
            raise HostReadError(f"values are copied between host and device ({func})")
        return result


class _NothingToHost(TorchFunctionMode):
    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _TO_HOST:
            raise HostReadError(f"values are copied to the host ({func.__name__})")
        return func(*args, **(kwargs or {}))


def _is_mask(index: Tensor | None) -> bool:
    return index is not None and index.dtype in (torch.bool, torch.uint8)


def _devices(args: tuple[Any, ...], kwargs: dict[str, Any]) -> set[str]:
    return {value.device.type for value in (*args, *kwargs.values()) if isinstance(value, Tensor)}


def _scalars_on_host(args: tuple[Any, ...]) -> bool:
    """Whether all of its tensors on the host are single numbers, which an operation takes as its arguments."""
    on_host = [value for value in args if isinstance(value, Tensor) and value.device.type == "cpu"]
    return bool(on_host) and all(value.ndim == 0 for value in on_host)


@contextmanager
def no_host_reads() -> Iterator[None]:
    """Within the block an operation that reads from the host, or depends on values by its shape, raises.

    Raises:
        HostReadError: there is such an operation, in a backward pass too.
    """
    with _NothingToHost(), _NoHostReads():  # type: ignore[no-untyped-call]
        yield
