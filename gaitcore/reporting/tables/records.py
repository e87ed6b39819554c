"""The files that tables and reports are made from, as they are read; and how a text is written."""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from gaitcore.files import replacing


def read_summary(path: Path) -> pd.DataFrame:
    """summary.csv as :func:`gaitcore.evaluation.statistics.summarise` gave it."""
    return pd.read_csv(path, dtype={"view": str, "condition": str, "system": str})


def read_runs(paths: Iterable[Path]) -> list[dict]:
    """The content of each run.json."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    with replacing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
