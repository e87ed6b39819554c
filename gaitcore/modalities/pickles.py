"""Arrays from pickles and .npy files, without running any code of the file's choosing.

A pickle can ask for any code to be run, and a small one for any amount of memory. Here it gets numbers, lists and the
stand-ins below in place of numpy's arrays; nothing of numpy itself can be called by a pickle.
"""

import io
import math
import pickle
import pickletools
import re
import reprlib
import zipfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gaitcore.errors import DataError, shown

_MOST_NUMBERS = 1 << 24  # in nested lists, which can hold one list many times; 330,000 frames of 17 joints
_DEEPEST = 6  # levels of lists and arrays of arrays
_SHOWN = 8  # keys of a dict that a message names
_TORCH_BEFORE_1_6 = 0x1950A86A20F9469CFC6C  # the number at the start of torch.save's files without a ZIP archive
_TYPE = re.compile("[biuf?][0-9]{0,2}|O[48]?")
_NUMBERS = "fiu"  # numpy's kinds
_COMPRESSED = {b"\x1f\x8b": "gzip", b"\xfd7zXZ": "xz", b"BZh": "bzip2"}
_PUTS, _GETS = {"PUT", "BINPUT", "LONG_BINPUT"}, {"GET", "BINGET", "LONG_BINGET"}
_TUPLES = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}
_HASHING = {"SETITEM", "SETITEMS", "DICT", "ADDITEMS", "FROZENSET"}
_MOST_NESTED_TUPLES = 20
_CUT_SHORT = "pickle data was truncated"


def load_array(path: Path, content: bytes, expected: str) -> np.ndarray:
    """The array of numbers that a pickle or a .npy file holds, without running any code of its choosing.

    A list of numbers will do, and so will a list or an array of arrays of one shape, as ``np.asarray`` makes them of
    frames.

    Args:
        path: where the content is from, for messages.
        content: the file's bytes.
        expected: what it should hold, for messages: "one array (T, 17, 3) of numbers".

    Raises:
        DataError: the pickle needs any other class, holds something other than numbers or more of them than its size
            explains, is of another format (torch.save, an archive) or damaged.
    """
    other = _other_format(content)
    if other:
        raise DataError(f"{path}: {other}, expected {expected}; write the array with numpy.save or pickle.")
    try:
        if content.startswith(np.lib.format.MAGIC_PREFIX):
            return _npy_array(content)
        _check_opcodes(content)
        return _array(_ArrayUnpickler(content).load())
    except _ForeignNameError as error:
        raise DataError(
            f"{path}: the pickle needs {error}, expected {expected}; nothing in it was executed, remove it."
        ) from None
    except _NoNumbersError as error:
        raise DataError(f"{path}: holds {error}, expected {expected}; {error.remedy}.") from None
    except Exception as error:  # a damaged pickle can raise anything
        kind = ".npy file" if content.startswith(np.lib.format.MAGIC_PREFIX) else "pickle"
        raise DataError(
            f"{path}: not a readable {kind} ({_one_line(error)}), expected {expected}; fetch it again."
        ) from error


def load_numbers(path: Path, content: bytes, expected: str) -> dict[str, int]:
    """The whole numbers by name that a pickle of a dict holds, as :func:`load_array` without running any code.

    Raises:
        DataError: the pickle needs any class but numpy's numbers, holds something else or is damaged.
    """
    try:
        _check_opcodes(content)
        value = _ArrayUnpickler(content).load()
    except _ForeignNameError as error:
        raise DataError(
            f"{path}: the pickle needs {error}, expected {expected}; nothing in it was executed, remove it."
        ) from None
    except Exception as error:  # a damaged pickle can raise anything
        raise DataError(f"{path}: not a readable pickle ({_one_line(error)}), expected {expected}.") from error
    if not isinstance(value, dict):
        raise DataError(f"{path}: holds {_described(value)[0]}, expected {expected}.")
    for name, number in value.items():
        if not isinstance(name, str) or isinstance(number, bool) or not isinstance(number, int | np.integer):
            raise DataError(f"{path}: {shown(name)} is {shown(number)}, expected {expected}.")
    return {name: int(number) for name, number in value.items()}


class _ForeignNameError(Exception):
    """A class or function that is not given to a pickle."""


class _NoNumbersError(Exception):
    """What a pickle holds in place of numbers, and what to do about it."""

    def __init__(self, found: str, remedy: str = "remove it") -> None:
        super().__init__(found)
        self.remedy = remedy


class _Budget:
    """The bytes that a pickle may still make of its texts, which it can name many times."""

    def __init__(self, content: bytes) -> None:
        self._left = 2 * len(content)

    def as_bytes(self, data: Any) -> Any:
        """A text as bytes, as protocols 0 to 2 and Python 2 spell them; bytes unchanged."""
        if not isinstance(data, str):
            return data
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("more bytes than in the file")
        return data.encode("latin-1")


class _Type:
    """In place of ``numpy.dtype``: numbers, truth values and objects."""

    def __init__(self, _: _Budget, name: str, *__: object) -> None:
        if not _TYPE.fullmatch(name):
            raise _NoNumbersError(f"{name[:20]} values")
        self.dtype = np.dtype(name)

    def __setstate__(self, state: Sequence[Any]) -> None:
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """In place of ``numpy.ndarray``: an array of numbers, or the items of an array of objects and its shape."""

    def __init__(self, budget: _Budget, *_: object) -> None:
        self._budget = budget
        self.shape: tuple[int, ...] = (0,)
        self.numbers: np.ndarray | None = None
        self.items: list[object] = []

    def __setstate__(self, state: Sequence[Any]) -> None:
        _, self.shape, kind, fortran, data = state
        if kind.dtype.kind == "O":
            if not isinstance(data, list) or len(data) != math.prod(self.shape):
                raise ValueError("an array of objects that is not complete")
            self.items = data
        else:
            self.numbers = _from_bytes(self._budget.as_bytes(data), kind, self.shape, "F" if fortran else "C")

    def value(self) -> np.ndarray | list[object]:
        """The numbers, or the items as a list; that of a second dimension is made by reshaping."""
        return self.items if self.numbers is None else self.numbers


def _from_bytes(data: Any, kind: _Type, shape: tuple[int, ...], order: Any) -> np.ndarray:
    return np.frombuffer(data, kind.dtype).reshape(shape, order=order)


def _from_buffer(budget: _Budget, data: Any, kind: _Type, shape: tuple[int, ...], order: Any) -> _Array:
    array = _Array(budget)
    array.shape, array.numbers = shape, _from_bytes(data, kind, shape, order)
    return array


def _scalar(budget: _Budget, kind: _Type, data: Any) -> np.generic:
    return _from_bytes(budget.as_bytes(data), kind, (1,), "C")[0]


def _raw_bytes(budget: _Budget, text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"bytes encoded as {encoding[:20]}")
    return budget.as_bytes(text)


_GIVEN: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    ("_codecs", "encode"): _raw_bytes,
}


class _ArrayUnpickler(pickle.Unpickler):
    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="latin-1")
        self._budget = _Budget(content)

    def find_class(self, module: str, name: str) -> object:
        module = module.replace("numpy.core.", "numpy._core.")  # numpy before 2.0
        if (module, name) not in _GIVEN:
            raise _ForeignNameError(f"{module}.{name}"[:100])
        return partial(_GIVEN[module, name], self._budget)


def _check_opcodes(content: bytes) -> None:
    """Refuse what would cost Python much more time or memory than the file's size.

    These are memo entries with a number that no pickle of this size has, for which Python reserves memory, and tuples
    within tuples as keys, whose hash takes time that doubles with each level.
    """
    count, memo, tuples, fetched, hashing, after_tuple = 0, 0, set[int](), 0, False, False
    try:
        for opcode, argument, _ in pickletools.genops(content):
            name = opcode.name
            number = int(argument or 0) if name in _PUTS | _GETS else memo
            count += 1
            if count > 2 * _MOST_NUMBERS:
                raise _NoNumbersError(
                    f"more than {_MOST_NUMBERS:,} numbers in lists", "write the array with numpy.save"
                )
            hashing = hashing or name in _HASHING
            if name == "MEMOIZE" or name in _PUTS:
                if number > count:
                    raise EOFError(f"memo entry {number}")
                memo += 1
                if after_tuple:
                    tuples.add(number)
            fetched += name in _GETS and number in tuples
            after_tuple = name in _TUPLES
    except ValueError as error:
        cut = "exhausted" in str(error) or "remain" in str(error)
        raise EOFError("Ran out of input" if not content else _CUT_SHORT if cut else str(error)) from None
    if hashing and fetched > _MOST_NESTED_TUPLES:
        raise _NoNumbersError("a dict or a set of tuples", "save the array alone")


def _array(value: object) -> np.ndarray:
    """The numbers of a value of which only :class:`_Array`, lists and numbers are expected."""
    if isinstance(value, _Array) and value.numbers is not None:
        return _checked(value.numbers)
    count = _count(value, _DEEPEST, {})
    if count > _MOST_NUMBERS:
        raise _NoNumbersError(f"{count:,} numbers and lists, one within the other")
    try:
        return _checked(np.asarray(_nested(value)))
    except ValueError:
        shapes = ", ".join(_shapes(value))
        raise _NoNumbersError(f"parts of different shapes ({shapes})", "make one array of it") from None


def _count(value: object, levels: int, known: dict[int, int]) -> int:
    """The numbers and lists in a value, each list counted once and multiplied: nothing is expanded."""
    if isinstance(value, _Array):
        value = value.value()
    if isinstance(value, np.ndarray):
        return _checked(value).size
    if isinstance(value, list | tuple):
        if not levels:
            raise _NoNumbersError(f"lists in more than {_DEEPEST} levels")
        if id(value) not in known:
            known[id(value)] = 1 + sum(_count(one, levels - 1, known) for one in value)
        return known[id(value)]
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return 1
    raise _NoNumbersError(*_described(value))


def _nested(value: object) -> object:
    """The same numbers as arrays and lists of one shape."""
    if isinstance(value, _Array):
        inner = value.value()
        if isinstance(inner, np.ndarray):
            return inner
        parts = np.asarray([_nested(one) for one in inner])
        return parts.reshape(*value.shape, *parts.shape[1:])
    if isinstance(value, list | tuple) and any(isinstance(one, _Array | list | tuple) for one in value):
        return [_nested(one) for one in value]
    return value


def _shapes(value: object) -> Iterable[str]:
    """The different shapes of a value's parts, three at most."""
    parts = value.value() if isinstance(value, _Array) else value
    shapes: dict[str, None] = {}
    for part in parts if isinstance(parts, list | tuple) else ():
        try:
            shapes[str(np.asarray(_nested(part)).shape)] = None
        except ValueError:
            shapes["of several shapes"] = None
    names = list(shapes)
    return names[:3] + (["..."] if len(names) > 3 else [])


def _described(value: object) -> tuple[str, str]:
    if isinstance(value, dict):
        keys = [reprlib.repr(key)[:40] for key in list(value)[:_SHOWN]] + ["..."] * (len(value) > _SHOWN)
        return f"a dict with the keys {', '.join(keys)}" if value else "an empty dict", "save the array alone"
    if isinstance(value, bool):
        return "bool values", "remove it"
    return ("None" if value is None else "text" if isinstance(value, str) else f"a {type(value).__name__}"), "remove it"


def _npy_array(content: bytes) -> np.ndarray:
    file = io.BytesIO(content)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, fortran, kind = readers[np.lib.format.read_magic(file)](file)
    if kind.kind not in _NUMBERS:
        raise _NoNumbersError(
            "an array of objects" if kind.hasobject else f"{kind} values", "save one array of numbers"
        )
    found, expected = len(content) - file.tell(), math.prod(shape) * kind.itemsize
    if found != expected:
        raise EOFError(f"{found:,} bytes of numbers, expected {expected:,}")
    return np.frombuffer(content, kind, offset=file.tell()).reshape(shape, order="F" if fortran else "C")


def _checked(array: np.ndarray) -> np.ndarray:
    """The array, where it has a number in each place."""
    if array.dtype.kind not in _NUMBERS:
        large = array.dtype.kind == "O"
        raise _NoNumbersError("whole numbers of more than 64 bits" if large else f"{array.dtype} values")
    return array


def _other_format(content: bytes) -> str | None:
    """What a file is that is no pickle of an array, as far as its first bytes show."""
    if content.startswith(b"PK\x03\x04"):
        try:
            names = zipfile.ZipFile(io.BytesIO(content)).namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return "a damaged ZIP archive"
        if any(name.endswith("data.pkl") for name in names):
            return "a file of torch.save"
        return "an archive of arrays (.npz)" if any(name.endswith(".npy") for name in names) else "a ZIP archive"
    if _TORCH_BEFORE_1_6.to_bytes(10, "little") in content[:32]:
        return "a file of torch.save"
    return next((f"compressed ({name})" for magic, name in _COMPRESSED.items() if content.startswith(magic)), None)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
