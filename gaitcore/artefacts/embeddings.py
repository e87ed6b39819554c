"""embeddings.parquet: the embedding of each gallery and probe sequence of one run."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gaitcore.artefacts.metrics import read_metrics
from gaitcore.artefacts.records import check_unchanged
from gaitcore.artefacts.split import read_split
from gaitcore.errors import REMEDY, DataError
from gaitcore.files import replacing
from gaitcore.keys import KEY_COLUMNS, text_keys
from gaitcore.protocols.roles import SUBMITTED, TESTED

KEYS = (*KEY_COLUMNS, "role")
_SHAPE = b"shape"  # of an embedding with parts, in the file's metadata


def write_embeddings(embeddings: np.ndarray, keys: pd.DataFrame, path: str | Path) -> None:
    """Write embeddings.parquet, whole or not at all.

    Args:
        embeddings: (N, D), or (N, parts, D).
        keys: N rows with subject, condition, sequence, view and role.
        path: the file.
    """
    keys = text_keys(keys)
    columns = {name: pa.array(keys[name]) for name in KEYS}
    flat = pa.array(embeddings.ravel(), pa.float32())
    columns["embedding"] = pa.FixedSizeListArray.from_arrays(flat, int(np.prod(embeddings.shape[1:])))
    table = pa.table(columns)
    if embeddings.ndim > 2:
        table = table.replace_schema_metadata({_SHAPE: json.dumps(embeddings.shape[1:])})
    with replacing(path) as unfinished:
        pq.write_table(table, unfinished)


def read_embeddings(path: str | Path) -> tuple[np.ndarray, pd.DataFrame]:
    """The embeddings (N, D) or (N, parts, D) float32, and N rows with subject, condition, sequence, view and role.

    Raises:
        DataError: the file is missing, cut off or not Parquet, has other columns or types, or is not the one whose
            SHA-256 the metrics.json beside it records, with those of the weights and frames it was made of.
    """
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; run the workflow to make it.") from None
    except (pa.ArrowException, OSError):
        raise DataError(f"{path}: cut off, damaged or not a Parquet file; {REMEDY}.") from None
    expected = [*KEYS, "embedding"]
    if table.column_names != expected:
        raise DataError(
            f"{path}: has the columns {', '.join(table.column_names)}, expected {', '.join(expected)}; {REMEDY}."
        )
    _check_origin(Path(path))
    column = table.column("embedding").combine_chunks()
    if not pa.types.is_fixed_size_list(column.type) or column.type.value_type != pa.float32():
        raise DataError(f"{path}: the column embedding holds {column.type}, expected lists of D float; {REMEDY}.")
    shape = json.loads((table.schema.metadata or {}).get(_SHAPE, f"[{column.type.list_size}]"))
    embeddings = column.flatten().to_numpy().reshape(len(table), *shape)
    return embeddings, table.select(list(KEYS)).to_pandas()


def _check_origin(path: Path) -> None:
    """Refuse embeddings that are not those of the evaluation beside them."""
    record = path.with_name("metrics.json")
    if record.exists():
        check_unchanged(path, record, read_metrics(record).outputs, "evaluation")


def read_tested(path: str | Path, split: str | Path) -> tuple[np.ndarray, pd.DataFrame]:
    """The embeddings as :func:`read_embeddings` returns them, and the rows of split.csv of their sequences.

    Those have the side of a sequence in each comparison of the protocol, and in its submission.

    Raises:
        DataError: a file is missing or damaged, or the two do not list the same sequences.
    """
    embeddings, keys = read_embeddings(path)
    listed = read_split(split)
    listed = listed[listed["role"].isin((*TESTED, *SUBMITTED))].reset_index(drop=True)
    if listed[list(KEY_COLUMNS)].to_numpy().tolist() != keys[list(KEY_COLUMNS)].to_numpy().tolist():
        raise DataError(f"{path}: does not list the tested sequences of {split}; {REMEDY}.")
    return embeddings, listed
