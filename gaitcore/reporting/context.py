"""What a table says beside its numbers: the data set, the protocol and the runs behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class TableContext:
    """Everything the tables and ``summary.md`` print that is not in ``summary.csv``.

    ``condition_titles`` gives the conditions' order. ``excluded`` counts sequences left out, by what they were and
    why ("probe, fewer than 61 frames": 3). ``chance`` is the rank-1 accuracy of guessing, a fraction:
    1 / number of gallery subjects. ``epoch`` completes the sentence "Reported is ...". ``runs`` has one row per
    trained network: model, seed, collapsed (bool), spread (of its embeddings, 0 when all are one point).
    """

    experiment: str
    dataset: str
    train_subjects: int
    test_subjects: int
    gallery: str  # "NM#1-4"
    probe_labels: Mapping[str, str]  # {"nm": "NM#5-6"}
    condition_titles: Mapping[str, str]  # {"nm": "NM"}
    model_titles: Mapping[str, str]  # {"gaitmixer": "GaitMixer"}
    windows: str  # the setting evaluation.windows
    epoch: str  # "the last epoch"
    chance: float
    excluded: Mapping[str, int]
    runs: pd.DataFrame
    show_published: bool = False
    confidence: float = 0.95

    def model_title(self, model: str) -> str:
        """The model's printed name; its own name where none was given."""
        return self.model_titles.get(model, model)

    def collapsed_seeds(self, model: str) -> list[int]:
        """Seeds of this model whose embeddings became one point."""
        runs = self.runs[(self.runs["model"] == model) & self.runs["collapsed"].astype(bool)]
        return sorted(int(seed) for seed in runs["seed"])
