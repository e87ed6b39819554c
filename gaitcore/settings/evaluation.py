"""How test sequences are embedded, compared and measured: the section ``evaluation``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gaitcore.settings.values import Frames, Ranks, Settings, Whole, unique


def _one_and_five(ranks: tuple[int, ...]) -> tuple[int, ...]:
    if not {1, 5} <= set(ranks):
        raise ValueError(f"{list(ranks)} lacks 1 or 5, which the summary and the tables report")
    return ranks


Copies = Annotated[tuple[Literal["original", "reversed", "swapped"], ...], Field(min_length=1), AfterValidator(unique)]


class Evaluation(Settings):
    """How test sequences are embedded, compared and measured."""

    windows: Literal["centre", "three_windows_and_reverse", "even_windows", "whole_sequence"] = Field(
        description="centre (the paper's text), three_windows_and_reverse (the published code), even_windows (at even "
        "distances over the sequence) or whole_sequence (all frames in one pass, as networks of silhouettes are tested)"
    )
    window_step: Frames = Field(description="frames between the three windows")
    window_count: Annotated[Whole, Field(ge=1, le=1000)] = Field(20, description="how many even_windows")
    test_time_augmentation: Copies = Field(
        description="copies of each window: original, reversed in time, left and right joints exchanged; "
        "three_windows_and_reverse includes reversed windows"
    )
    combine: Literal["mean", "concatenated"] = Field(description="how the embeddings of the copies are combined")
    distance: Literal["cosine", "euclidean"] = Field(description="distance between embeddings")
    parts: Literal["mean", "concatenated"] = Field(
        "mean",
        description="of an embedding with parts: the mean of the parts' distances, or the distance of the parts end to "
        "end; the two rank differently",
    )
    ranks: Annotated[Ranks, AfterValidator(_one_and_five)] = Field(description="k of the rank-k accuracies")
