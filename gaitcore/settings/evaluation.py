"""How test sequences are embedded, compared and measured: the section ``evaluation``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gaitcore.settings.values import Frames, Ranks, Settings, unique


def _one_and_five(ranks: tuple[int, ...]) -> tuple[int, ...]:
    if not {1, 5} <= set(ranks):
        raise ValueError(f"{list(ranks)} lacks 1 or 5, which the summary and the tables report")
    return ranks


Copies = Annotated[tuple[Literal["original", "reversed", "swapped"], ...], Field(min_length=1), AfterValidator(unique)]


class Evaluation(Settings):
    """How test sequences are embedded, compared and measured."""

    windows: Literal["centre", "three_windows_and_reverse"] = Field(
        description="centre (the paper's text) or three_windows_and_reverse (the published code)"
    )
    window_step: Frames = Field(description="frames between the three windows")
    test_time_augmentation: Copies = Field(
        description="copies of each window: original, reversed in time, left and right joints exchanged; "
        "three_windows_and_reverse includes reversed windows"
    )
    combine: Literal["mean", "concatenated"] = Field(description="how the embeddings of the copies are combined")
    distance: Literal["cosine", "euclidean"] = Field(description="distance between embeddings")
    ranks: Annotated[Ranks, AfterValidator(_one_and_five)] = Field(description="k of the rank-k accuracies")
