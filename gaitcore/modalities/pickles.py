"""Arrays from pickles, without running any code of the pickle's choosing.

A pickle can ask for any code to be run; here it gets numpy arrays and plain values, nothing else.
"""

import io
import pickle
from pathlib import Path

import numpy as np

from gaitcore.errors import DataError

_ARRAY_GLOBALS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("_codecs", "encode"),  # how protocols 0 to 2 spell bytes
}


def read_bytes(path: Path, holds: str) -> bytes:
    """A file's bytes; raises a DataError that says what the file ``holds`` ("poses") where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}), expected a pickle of {holds}.") from error


def load_array(path: Path, content: bytes, expected: str) -> np.ndarray:
    """The array of numbers a pickle holds (a list of numbers will do), without running any code of its choosing.

    Args:
        path: where the pickle is from, for messages.
        content: its bytes.
        expected: what it should hold, for messages: "one array (T, 17, 3) of numbers".

    Raises:
        DataError: the pickle needs any other class, holds no numbers or is damaged.
    """
    try:
        array = np.asarray(_ArrayUnpickler(path, io.BytesIO(content), expected).load())
    except DataError:
        raise
    except Exception as error:  # a damaged pickle can raise anything
        raise DataError(f"{path}: not a readable pickle ({error}), expected {expected}; fetch it again.") from error
    if array.dtype.kind not in "fiu":
        raise DataError(f"{path}: holds {array.dtype} values, expected {expected}; remove it.")
    return array


class _ArrayUnpickler(pickle.Unpickler):
    def __init__(self, path: Path, file: io.BytesIO, expected: str) -> None:
        super().__init__(file)
        self._path, self._expected = path, expected

    def find_class(self, module: str, name: str) -> object:
        module = module.replace("numpy.core.", "numpy._core.")  # numpy before 2.0
        if (module, name) not in _ARRAY_GLOBALS:
            raise DataError(
                f"{self._path}: the pickle needs {module}.{name}, expected {self._expected}; "
                f"nothing in it was executed, remove it."
            )
        return super().find_class(module, name)
