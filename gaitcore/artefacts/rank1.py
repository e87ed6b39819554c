"""rank1.json: the mean rank-1 accuracy of each system and condition, for programs that compare experiments."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import RootModel

from gaitcore.artefacts.records import read_record
from gaitcore.files import write_json

Means = Mapping[str, Mapping[str, float]]  # system -> condition, or "mean" -> fraction


class _Schema(RootModel[dict[str, dict[str, float]]]):
    pass


def write_rank1(means: Means, path: str | Path) -> None:
    """Write rank1.json, whole or not at all."""
    write_json(path, dict(means))


def read_rank1(path: str | Path) -> Means:
    """System -> condition (or "mean", over conditions) -> mean rank-1, a fraction.

    Raises:
        DataError: the file is missing or damaged, or holds something else.
    """
    return read_record(path, _Schema).root
