"""The configuration's schema: every setting, what it means and what values it may have.

The classes hold values and do nothing else, so that any part of gaitcore can take the section it needs as an
argument. gaitcore/config_files.py fills them from config.yaml; docs/configuration.md is generated from them.

A section that comes in several kinds (the batch, the loss) says which in ``kind``.
"""

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gaitcore.models import model_names, model_title
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


class Detector(Settings):
    """What finds the people in a frame."""

    kind: Literal["mediapipe", "yolox"] = Field(description="mediapipe (nothing to fetch) or yolox (an ONNX model)")
    weights: str | None = Field(None, description="file of a YOLOX model, relative to the repository")
    sha256: str | None = Field(None, description="SHA-256 of that file; another file is refused")
    score: Probability = Field(0.5, description="people the detector is less sure of do not count")


class Video(Settings):
    """How poses are made from videos; only for data.format: video."""

    list: str | None = Field(
        description="CSV that names subject, condition, sequence and view of each video; null: the files' names do"
    )
    estimator: Literal["hrnet", "mediapipe", "onnx"] = Field(description="what finds the joints of a person")
    weights: str | None = Field(description="file of the weights (hrnet) or the model (onnx)")
    sha256: str | None = Field(description="SHA-256 of that file; another file is refused")
    channels: Literal["bgr", "rgb"] = Field(description="order of the colours an ONNX pose model wants")
    detector: Detector
    people: Literal["exactly_one", "track"] = Field(
        description="exactly_one drops frames with more or fewer people; track follows the largest person"
    )
    detect_every: Count = Field(description="frames from one detection to the next; between, keypoints make the box")


class Data(Settings):
    """Where the poses come from and what they are."""

    dataset: str = Field(description="name of the data set, as it stands in captions")
    format: Literal[
        "gaitgraph_csv", "pickle_tree", "psymo_json", "alphapose_json", "openpose_json", "pose_table", "video"
    ] = Field(description="source format of the poses; video makes them")
    path: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)] = Field(
        description="file or files (CSV), or folder (pickles, JSON), relative to the repository"
    )
    frame_width: Count = Field(description="pixels; where x and y are fractions, both are divided by it")
    frame_height: Count = Field(description="pixels")
    fps: Positive = Field(description="frames per second")
    pose_source: str = Field(description="the pose estimator, recorded in the pose table; video records its own")
    mixed_pose_sources: bool = Field(False, description="allow poses of several estimators in one table")
    help: str = Field("", description="where to get the data; shown when it is missing")
    walkers: dict[str, Any] | None = Field(
        None, description="make the data from synthetic walkers with these settings; null reads the user's own"
    )
    video: Video | None = Field(None, description="how poses are made, if the format is video")


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


Channels = Annotated[tuple[Literal["x", "y", "z", "confidence"], ...], Field(min_length=1), AfterValidator(_unique)]
Views = Annotated[tuple[Literal["original", "reversed", "swapped"], ...], Field(min_length=1), AfterValidator(_unique)]


class Input(Settings):
    """What a network is given of a pose."""

    channels: Channels = Field(description="of each joint; z is left out, saying so, where the poses have none")
    unit: Literal["frame_width", "pixels"] = Field(
        description="of x, y and z: fractions of the frame's width (both axes), or pixels as they are"
    )
    short_sequences: Literal["excluded", "reflected"] = Field(
        description="one that is shorter than the window: excluded (by protocol.min_frames), or run back and forth"
    )


class BalancedBatch(Settings):
    """So many subjects, so many sequences of each."""

    kind: Literal["balanced"] = "balanced"
    subjects: Count = Field(description="subjects in a batch; all of them if there are fewer")
    sequences: Annotated[int, Field(ge=2)] = Field(description="sequences of each subject")


class ShuffledBatch(Settings):
    """All sequences in random order, so many at a time."""

    kind: Literal["shuffled"]
    size: Count = Field(description="sequences in a batch; the last one of an epoch may have fewer")
    views: Count = Field(1, description="how often each of them is in it, augmented anew each time")


class Augmentation(Settings):
    """What a training window goes through, in this order. Pixels are those of a frame 320 wide."""

    mirror: Probability = Field(description="probability of reflecting x about each frame's mean x")
    reverse: Probability = Field(description="probability of reversing the sequence in time")
    swap: Probability = Field(0, description="probability of exchanging the left and the right joints")
    noise: Literal["normal", "uniform"] = Field(
        "normal", description="distribution of the noise; its amount is a standard deviation, or the bound on each side"
    )
    point_noise: NotNegative = Field(description="per joint and frame, pixels")
    joint_noise: NotNegative = Field(description="per joint, one offset for the whole window, pixels")
    confidence_noise: NotNegative = Field(0, description="per joint and frame; confidences stay between 0 and 1")
    move: tuple[NotNegative, NotNegative] = Field(
        (0, 0), description="of all joints and frames together in x and y, uniform to each side, pixels"
    )


class TripletLoss(Settings):
    """Triplet margin loss of mined triplets."""

    kind: Literal["triplet"] = "triplet"
    miner_epsilon: NotNegative = Field(description="multi-similarity miner's epsilon (cosine similarity)")
    margin: Positive = Field(description="triplet margin, Euclidean distance of unit embeddings")


class SupervisedContrastiveLoss(Settings):
    """Each embedding against all others of its batch; those of its subject are the positives."""

    kind: Literal["supervised_contrastive"]
    temperature: Positive = Field(description="what similarities are divided by")
    base_temperature: Positive | None = Field(
        None, description="the loss is multiplied by the temperature over this; null leaves it as it is"
    )
    similarity: Literal["cosine", "euclidean"] = Field(
        description="of two embeddings of unit length: cosine, or minus their Euclidean distance"
    )


class SoftmaxCentreLoss(Settings):
    """Cross entropy of a linear classifier on the embedding, and its distance from the subject's centre."""

    kind: Literal["softmax_centre"]
    centre_weight: NotNegative = Field(description="of the squared distance from the centre, beside the cross entropy")
    centre_rate: Probability = Field(description="how far a step moves a centre towards the batch's embeddings")


class Phase(Settings):
    """Training again from where it ended, with an optimiser and a schedule of its own."""

    epochs: Count = Field(description="passes over the training sequences")
    learning_rate: Positive = Field(description="peak of its schedule")


class Training(Settings):
    """The recipe: batches, augmentation, loss, optimiser, schedule."""

    epochs: Count = Field(description="passes over the training sequences")
    second_phase: Phase | None = Field(None, description="what follows them: epochs and learning_rate; null is nothing")
    batch: BalancedBatch | ShuffledBatch = Field(discriminator="kind")
    repeat: dict[str, Count] = Field(description="how often a condition's sequences are listed; others once")
    augmentation: Augmentation
    loss: TripletLoss | SupervisedContrastiveLoss | SoftmaxCentreLoss = Field(discriminator="kind")
    optimiser: Literal["adam", "adamw"] = Field("adam", description="adam (coupled weight decay) or adamw (decoupled)")
    learning_rate: Positive = Field(description="peak of the schedule")
    weight_decay: NotNegative = Field(description="the optimiser's")
    schedule: Literal["one_cycle", "constant"] = Field("one_cycle", description="of the learning rate, over all steps")
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
    collapse_distance: NotNegative = Field(
        description="a run has collapsed if two of its embeddings end, on average, less than this of their length apart"
    )

    @property
    def phases(self) -> tuple[Phase, ...]:
        """One, or two."""
        first = Phase(epochs=self.epochs, learning_rate=self.learning_rate)
        return (first, self.second_phase) if self.second_phase else (first,)

    @property
    def all_epochs(self) -> int:
        """Of all phases."""
        return sum(phase.epochs for phase in self.phases)


class Evaluation(Settings):
    """How a test sequence becomes an embedding, and what is counted."""

    windows: Literal["centre", "three_windows_and_reverse"] = Field(
        description="centre (the paper's text) or three_windows_and_reverse (the published code)"
    )
    window_step: Count = Field(description="frames between the three windows")
    views: Views = Field(description="of each window: as it is, reversed in time, left and right joints exchanged")
    combine: Literal["mean", "concatenated"] = Field(description="what is made of the embeddings of the views")
    distance: Literal["cosine", "euclidean"] = Field(description="by which the nearest gallery sequence is found")
    ranks: Annotated[Numbers, AfterValidator(_one_and_five)] = Field(description="k of the rank-k accuracies")


class Network(Settings):
    """What every network is built with."""

    frames: Count = Field(description="window length, frames")
    embedding_dim: Count = Field(description="length of the embedding")


class SystemNetwork(Network):
    """The same, with the network's name and its own options beside it: what build_model takes."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str


class System(Settings):
    """One system as it is trained: network, input, recipe, evaluation."""

    title: str
    network: SystemNetwork
    input: Input
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

    def title(self, condition: str) -> str:
        """How a condition is written; in capitals where nothing is said."""
        return self.conditions.get(condition, condition.upper())


class Figures(Settings):
    """What is drawn."""

    against: dict[str, tuple[str, ...]] = Field(
        description="accuracy against an option of the network: the option, and the systems that differ in it"
    )
    probe: str | None = Field(
        description="the probe whose map is shown by itself; null: one of the first condition, seen from the side"
    )
    attribution: Literal["grad_cam", "hires_cam"] = Field(
        description="grad_cam (the paper's) or hires_cam, also exact where joints are not averaged (GaitFormer)"
    )


class Config(Settings):
    """The whole configuration of an experiment."""

    experiment: str = Field(description="overlay in use: experiments/NAME.yaml; results go to results/NAME")
    data: Data
    protocol: Protocol
    systems: dict[str, dict[str, Any]] = Field(
        description="per system: its network's options, and any setting of network, input, training or evaluation it "
        "changes"
    )
    models: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1), AfterValidator(_unique)] = Field(
        description="systems to train and compare"
    )
    seeds: Numbers = Field(description="one training run per seed and system")
    network: Network
    input: Input
    training: Training
    evaluation: Evaluation
    statistics: Statistics
    tables: Tables
    figures: Figures

    @field_validator("systems")
    @classmethod
    def _each_has_a_network(cls, systems: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name in systems:
            lineage_of(name, systems)
        return systems

    @field_validator("models")
    @classmethod
    def _are_systems(cls, models: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = {*model_names(), *info.data.get("systems", {})}
        for model in models:
            if model not in known:
                raise ValueError(f'there is no model "{model}"{nearest(model, known)}')
        return models

    def system(self, model: str) -> System:
        """A system's settings: the common ones, with those of the system it is like and its own merged over them."""
        values = self.model_dump(include={"network", "input", "training", "evaluation"})
        lineage = lineage_of(model, self.systems)
        for name in lineage:
            values = merged(values, self.systems.get(name, {}))
        values.pop("like", None)
        name = model_title(model) if model in model_names() else model
        values["title"] = self.systems.get(model, {}).get("title", name)
        values["network"]["name"] = lineage[0]
        return System.model_validate(values)


def lineage_of(name: str, systems: Mapping[str, Mapping]) -> list[str]:
    """The network a system is built on, the systems in between, and itself.

    Raises:
        ValueError: there is no such network, or the systems are like one another.
    """
    lineage = [name]
    while like := (systems.get(lineage[0]) or {}).get("like"):
        if like in lineage:
            raise ValueError(f"`like` leads in a circle: {', '.join([*reversed(lineage), like])}")
        lineage.insert(0, like)
    if lineage[0] not in model_names():
        hint = "" if len(lineage) > 1 else " A variant of a system says in `like` which."
        raise ValueError(f'there is no network "{lineage[0]}"{nearest(lineage[0], model_names())}{hint}')
    return lineage


# Their keys are the user's: to replace one of these is to keep nothing of it.
_REPLACED = ("gallery", "probes", "repeat", "conditions", "against")


def merged(base: Mapping, overlay: Mapping) -> dict:
    """``overlay`` over ``base``, section by section; lists and numbers are replaced, and sections of another kind."""
    result = dict(base)
    for key, value in overlay.items():
        old = result.get(key)
        sections = isinstance(value, Mapping) and isinstance(old, Mapping) and key not in _REPLACED
        same_kind = sections and value.get("kind", old.get("kind")) == old.get("kind")
        result[key] = merged(old, value) if same_kind else value
    return result
