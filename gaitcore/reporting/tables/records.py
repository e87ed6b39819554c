"""The files that tables and reports are made from, as they are read."""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd


def read_summary(path: Path) -> pd.DataFrame:
    """summary.csv as :func:`gaitcore.evaluation.statistics.summarise` gave it."""
    return pd.read_csv(path, dtype={"view": str, "condition": str, "system": str})


def read_runs(paths: Iterable[Path]) -> list[dict]:
    """The content of each run.json."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]
