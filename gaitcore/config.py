"""The configuration's schema: every setting, what it means and what values it may have.

The classes hold values and do nothing else, so that any part of gaitcore can take the section it needs as an
argument. gaitcore/config_files.py fills them from config.yaml; docs/configuration.md is generated from them.
"""

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gaitcore.models import model_names
from gaitcore.suggest import nearest

_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


class Settings(BaseModel):
    """A section: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _subject_list(value: Any) -> Any:
    """``1-74`` or ``1-59, 80`` or a list of subjects -> a tuple of subject numbers or names."""
    if isinstance(value, int):
        value = str(value)
    if not isinstance(value, str):
        return value
    subjects: list[str] = []
    for part in filter(None, (text.strip() for text in value.split(","))):
        match = _RANGE.fullmatch(part)
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise ValueError(f'"{part}" is not a range of subjects like 1-74')
        subjects += [str(n) for n in range(int(match[1]), int(match[2] or match[1]) + 1)]
    return subjects


def canonical_subject(subject: str | int) -> str:
    """Subject names compare as numbers where they are numbers: 001 and 1 are the same subject."""
    text = str(subject)
    return str(int(text)) if text.isdigit() else text


def _unique(values: tuple) -> tuple:
    for earlier, later in itertools.combinations(values, 2):
        if earlier == later:
            raise ValueError(f"{earlier} is given twice")
    return values


def _known(models: tuple[str, ...]) -> tuple[str, ...]:
    for model in models:
        if model not in model_names():
            raise ValueError(f'there is no model "{model}"{nearest(model, model_names())}')
    return models


def _one_and_five(ranks: tuple[int, ...]) -> tuple[int, ...]:
    if not {1, 5} <= set(ranks):
        raise ValueError(f"{list(ranks)} lacks 1 or 5, which the summary and the tables report")
    return ranks


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | int | Path) else value


Subjects = Annotated[
    tuple[Annotated[str, BeforeValidator(canonical_subject)], ...],
    BeforeValidator(_subject_list),
    AfterValidator(_unique),
]
Numbers = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), BeforeValidator(_listed), AfterValidator(_unique)
]
Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


class Data(Settings):
    """Where the poses come from and what they are."""

    dataset: str = Field(description="name of the data set, as it stands in captions")
    format: Literal["gaitgraph_csv", "pickle_tree", "psymo_json"] = Field(description="source format of the poses")
    path: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)] = Field(
        description="file or files (CSV), or folder (pickles, JSON), relative to the repository"
    )
    frame_width: Count = Field(description="pixels; x and y are both divided by it")
    frame_height: Count = Field(description="pixels")
    fps: Positive = Field(description="frames per second")
    pose_source: str = Field(description="the pose estimator, recorded in the pose table")
    help: str = Field("", description="where to get the data; shown when it is missing")
    walkers: dict[str, Any] | None = Field(
        None, description="make the data from synthetic walkers with these settings; null reads the user's own"
    )


class Split(Settings):
    """Who trains and who is tested; no subject may do both."""

    train: Subjects = Field(description="subjects to train on, e.g. 1-74")
    test: Subjects = Field(description="subjects to test on, e.g. 75-124")
    validation: Subjects = Field((), description="training subjects held out to choose the epoch, e.g. 60-74")

    @model_validator(mode="after")
    def _nobody_trains_and_is_tested(self) -> "Split":
        both = [subject for subject in self.train if subject in set(self.test)]
        if both:
            raise ValueError(f"subject {both[0]} is in both train and test; a test subject must never be trained on")
        strangers = [subject for subject in self.validation if subject not in set(self.train)]
        if strangers:
            raise ValueError(f"validation subject {strangers[0]} is not one of the train subjects it is held out of")
        return self


Walks = dict[str, Numbers]


class Protocol(Settings):
    """Who trains, what is gallery and what is probe."""

    split: str = Field(description="which of the splits below")
    splits: dict[str, Split] = Field(description="the splits one can choose from, by name")
    gallery: Walks = Field(description="gallery sequences per condition", min_length=1)
    probes: Walks = Field(description="probe sequences per condition, in the tables' order", min_length=1)
    min_frames: Count = Field(description="sequences with fewer usable frames are excluded everywhere")

    @model_validator(mode="after")
    def _consistent(self) -> "Protocol":
        if self.split not in self.splits:
            raise ValueError(f'there is no split "{self.split}"{nearest(self.split, self.splits)}')
        for condition, sequences in self.probes.items():
            both = set(sequences) & set(self.gallery.get(condition, ()))
            if both:
                raise ValueError(f"{condition}-{min(both):02d} is both gallery and probe")
        return self

    @property
    def subjects(self) -> Split:
        """The split in use."""
        return self.splits[self.split]


class Batch(Settings):
    """A balanced batch: so many subjects, so many sequences of each."""

    subjects: Count = Field(description="subjects in a batch; all of them if there are fewer")
    sequences: Annotated[int, Field(ge=2)] = Field(description="sequences of each subject")


class Augmentation(Settings):
    """What a training window goes through, in this order."""

    mirror: Probability = Field(description="probability of reflecting x about each frame's mean x")
    reverse: Probability = Field(description="probability of reversing the sequence in time")
    point_noise: NotNegative = Field(description="std per joint and frame, pixels of a 320-wide frame")
    joint_noise: NotNegative = Field(description="std per joint, one offset for the whole window, same pixels")


class Training(Settings):
    """The recipe: batches, augmentation, loss, optimiser, schedule."""

    epochs: Count = Field(description="passes over the training sequences")
    batch: Batch
    repeat: dict[str, Count] = Field(description="how often a condition's sequences are listed; others once")
    augmentation: Augmentation
    miner_epsilon: NotNegative = Field(description="multi-similarity miner's epsilon (cosine similarity)")
    margin: Positive = Field(description="triplet margin, Euclidean distance of unit embeddings")
    learning_rate: Positive = Field(description="peak of the one-cycle schedule")
    weight_decay: NotNegative = Field(description="Adam's coupled weight decay")
    warmup: Probability = Field(description="share of all steps in which the learning rate rises")
    start_divisor: Positive = Field(description="the learning rate starts at its peak over this")
    end_divisor: Positive = Field(description="and ends at its start over this")
    momentum: tuple[Probability, Probability] = Field(description="beta1 at the peak and at both ends")
    precision: Literal["float32", "bfloat16"] = Field(
        description="of the network's products in training; bfloat16 takes two thirds of the memory and is coarser"
    )
    select: Literal["last", "best_validation"] = Field(
        description="which epoch's weights are kept; best_validation needs validation subjects in the split"
    )
    validate_every: Count = Field(description="epochs between validations, if the epoch is chosen by them")
    collapse_margins: NotNegative = Field(
        description="a run has collapsed if its embeddings end, on average, fewer margins than this from one another"
    )


class Evaluation(Settings):
    """How a test sequence becomes an embedding, and what is counted."""

    windows: Literal["centre", "three_windows_and_reverse"] = Field(
        description="centre (the paper's text) or three_windows_and_reverse (the published code)"
    )
    window_step: Count = Field(description="frames between the three windows")
    ranks: Annotated[Numbers, AfterValidator(_one_and_five)] = Field(description="k of the rank-k accuracies")


class Network(Settings):
    """What every network is built with."""

    frames: Count = Field(description="window length, frames")
    embedding_dim: Count = Field(description="length of the unit embedding")


class SystemNetwork(Network):
    """The same, with the system's own options beside it."""

    model_config = ConfigDict(extra="allow", frozen=True)


class System(Settings):
    """One system as it is trained: network, recipe, evaluation."""

    network: SystemNetwork
    training: Training
    evaluation: Evaluation


class Statistics(Settings):
    """The intervals and tests over seeds and subjects."""

    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(description="level of the bootstrap interval")
    resamples: Count = Field(description="bootstrap resamples")
    seed: Annotated[int, Field(ge=0)] = Field(description="seed of the resampling")


class Tables(Settings):
    """What stands in the tables."""

    published: bool = Field(description="show the paper's rows; only for CASIA-B under the paper's protocol")
    conditions: dict[str, str] = Field(description="how a condition is written: nm -> NM")


class Config(Settings):
    """The whole configuration of an experiment."""

    experiment: str = Field(description="overlay in use: experiments/NAME.yaml; results go to results/NAME")
    data: Data
    protocol: Protocol
    models: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        Field(min_length=1),
        AfterValidator(_unique),
        AfterValidator(_known),
    ] = Field(description="systems to train and compare")
    seeds: Numbers = Field(description="one training run per seed and system")
    network: Network
    training: Training
    evaluation: Evaluation
    systems: dict[str, dict[str, Any]] = Field(
        description="per system: its network's options, and any setting of network, training or evaluation it changes"
    )
    statistics: Statistics
    tables: Tables

    def system(self, model: str) -> System:
        """A system's settings: the common ones with the system's own merged over them."""
        common = self.model_dump(include={"network", "training", "evaluation"})
        return System.model_validate(merged(common, self.systems.get(model, {})))


def merged(base: Mapping, overlay: Mapping) -> dict:
    """``overlay`` over ``base``, section by section; lists and numbers are replaced."""
    result = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result
