"""Tensors from files that ``torch.save`` wrote, without running any code of the file's choosing.

Such a file is a pickle, which can ask for any code to be run, with the numbers of its tensors beside it. Published
weights are often training checkpoints that also hold an optimiser, a schedule or ``argparse.Namespace``. Here only
tensors, dictionaries, lists and plain values are real. Every other name that a file asks for becomes :class:`Foreign`,
which takes part in nothing; no state of an object is ever set.

Both formats are read: the archive (PyTorch 1.6 and newer) and the older one. Numbers are read only for the tensors that
are asked for. Memory stays within a small multiple of the file's size.
"""

import io
import logging
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch
from torch import Tensor

from gaitcore.errors import DataError

log = logging.getLogger(__name__)

# Where training checkpoints keep the weights.
PLACES = ("model", "state_dict", "model_state_dict", "net", "network")

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_DTYPES = {
    **{"DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16},
    **{"BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32},
    **{"ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8},
    "BoolStorage": torch.bool,
}


class Foreign:
    """Stands for whatever a file asks for that is no tensor and no plain value; calling or filling it does nothing."""

    def __new__(cls, *_: Any, **__: Any) -> "Foreign":
        """An instance, whatever the file passes."""
        return object.__new__(Foreign)

    def __call__(self, *_: Any, **__: Any) -> "Foreign":
        return Foreign()

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, value: Any) -> None:
        """Nothing."""

    def extend(self, values: Any) -> None:
        """Nothing."""


class _Stored(NamedTuple):
    """A tensor whose numbers have not been read: its storage, and where in it the tensor lies."""

    key: str
    dtype: torch.dtype
    offset: int = 0
    shape: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()


def read_state_dict(path: Path, expected: str) -> dict[str, Tensor]:
    """The weights in a file of ``torch.save``, by name: a dictionary of tensors, or one in a training checkpoint.

    Args:
        path: the file.
        expected: what it should hold, for messages: "the authors' released weights (.pt)".

    Raises:
        DataError: the file is missing or damaged, is no file of ``torch.save``, or holds no dictionary of tensors.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file, expected {expected}.")
    foreign: set[str] = set()
    try:
        with path.open("rb") as file:
            archive = zipfile.is_zipfile(file)
            file.seek(0)
            content, numbers = (_archive if archive else _legacy)(file, foreign)
            weights = _weights(content)
            if weights is None:
                raise _NotReadableError(f"holds {_described(content)}, no weights by name")
            tensors = _tensors(weights, numbers)
    except _NotReadableError as error:
        raise DataError(f"{path}: {error}, expected {expected}; nothing in it was executed.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}), expected {expected}.") from None
    except Exception as error:  # a damaged file can raise anything
        reason = (str(error) or type(error).__name__).splitlines()[0][:100]
        raise DataError(
            f"{path}: damaged, or not a file of torch.save ({reason}), expected {expected}; nothing in it was executed."
        ) from None
    if foreign:
        log.info("%s: took the tensors alone; not executed: %s", path, ", ".join(sorted(foreign)))
    return tensors


class _NotReadableError(Exception):
    """A file that is whole but not what is read here."""


_Numbers = Callable[[str], bytes]  # of a storage, by its key


def _archive(file: BinaryIO, foreign: set[str]) -> tuple[Any, _Numbers]:
    """The format since PyTorch 1.6: an archive of a pickle and one file for the numbers of each storage."""
    archive = zipfile.ZipFile(file)
    members = {info.filename: info for info in archive.infolist()}
    if sum(info.file_size for info in members.values()) > file.seek(0, io.SEEK_END):
        raise _NotReadableError("a compressed archive, which torch.save does not write")
    pickles = [name for name in members if name.endswith("/data.pkl")]
    folder = pickles[0].removesuffix("data.pkl") if pickles else ""
    if not pickles or f"{folder}constants.pkl" in members:  # TorchScript has constants
        raise _NotReadableError("an archive that torch.save did not write")
    if f"{folder}byteorder" in members and archive.read(f"{folder}byteorder") != b"little":
        raise _NotReadableError("numbers in big-endian order")
    content = _Unpickler(io.BytesIO(archive.read(pickles[0])), foreign).load()
    return content, lambda key: archive.read(f"{folder}data/{key}")


def _legacy(file: BinaryIO, foreign: set[str]) -> tuple[Any, _Numbers]:
    """The format before PyTorch 1.6: pickles one behind the other, then the numbers of each storage."""
    content = io.BytesIO(file.read())
    try:
        magic, protocol = (_Unpickler(content, set()).load() for _ in range(2))
    except Exception:
        magic, protocol = None, None
    if (magic, protocol) != (_LEGACY_MAGIC, _LEGACY_PROTOCOL):
        raise _NotReadableError("not a file of torch.save")
    system = _Unpickler(content, set()).load()
    if not system["little_endian"]:
        raise _NotReadableError("numbers in big-endian order")
    unpickler = _Unpickler(content, foreign)
    tree, keys, numbers = unpickler.load(), _Unpickler(content, set()).load(), {}
    for key in keys:
        count = content.read(8)
        size = int.from_bytes(count, "little") * unpickler.dtypes[key].itemsize
        numbers[key] = content.read(size)
        if len(count) < 8 or len(numbers[key]) < size:
            raise _NotReadableError("cut off")
    return tree, numbers.__getitem__


# The unpickler in Python, since the one in C reserves as much memory as a file's memo asks for.
class _Unpickler(pickle._Unpickler):
    def __init__(self, file: io.BytesIO, foreign: set[str]) -> None:
        super().__init__(file, encoding="utf-8")
        self.foreign = foreign
        self.dtypes: dict[str, torch.dtype] = {}  # of each storage

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor"): self._view,
            ("torch._utils", "_rebuild_tensor_v2"): self._view,
            ("torch._utils", "_rebuild_parameter"): lambda data, *_: data,
            ("torch._utils", "_rebuild_parameter_with_state"): lambda data, *_: data,
            ("torch", "Size"): tuple,
        }
        if (module, name) not in known:
            self.foreign.add(f"{module}.{name}")
        return known.get((module, name), Foreign)

    def persistent_load(self, pid: Any) -> _Stored:
        kind, dtype, key = pid[:3]
        if kind != "storage" or not isinstance(dtype, torch.dtype):
            raise _NotReadableError("a tensor of unknown type")
        self.dtypes[str(key)] = dtype
        part = pid[5] if len(pid) > 5 else None  # the older format: its key, offset and size
        return _Stored(str(key), dtype, offset=part[1] if part else 0)

    @staticmethod
    def _view(storage: _Stored, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> _Stored:
        return storage._replace(offset=storage.offset + offset, shape=tuple(shape), stride=tuple(stride))

    def forget_state(self) -> None:
        """In place of setting the state of an object."""
        self.stack.pop()  # type: ignore[attr-defined]

    dispatch = pickle._Unpickler.dispatch | {pickle.BUILD[0]: forget_state}  # type: ignore[assignment]


def _weights(content: Any) -> dict[str, _Stored] | None:
    """The dictionary of tensors in a file's content, wherever training checkpoints keep it."""
    if not isinstance(content, Mapping):
        return None
    if content and all(isinstance(name, str) and isinstance(value, _Stored) for name, value in content.items()):
        return dict(content)
    return next((found for place in PLACES if (found := _weights(content.get(place))) is not None), None)


def _tensors(weights: Mapping[str, _Stored], numbers: _Numbers) -> dict[str, Tensor]:
    @cache
    def storage(key: str, dtype: torch.dtype) -> Tensor:
        content = bytearray(numbers(key))
        return torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)

    # as_strided refuses what lies outside the storage.
    return {
        name: storage(stored.key, stored.dtype).as_strided(stored.shape, stored.stride, stored.offset)
        for name, stored in weights.items()
    }


def _described(content: Any) -> str:
    if isinstance(content, Mapping):
        names = ", ".join(str(name)[:30] for name in list(content)[:5])
        return f"a dictionary of {len(content)} entries ({names})" if content else "an empty dictionary"
    if isinstance(content, _Stored):
        return f"one tensor {content.shape}"
    return "an object" if isinstance(content, Foreign) else f"a {type(content).__name__}"
