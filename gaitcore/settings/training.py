"""The recipe: batches, augmentation, loss, optimiser, schedule: the section ``training``.

A section of several kinds (the batch, the loss) names its own in ``kind``; each loss is a file of its own.
"""

from functools import partial
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator

from gaitcore.settings.chosen import Chosen, ChosenSection, validated_section
from gaitcore.settings.values import (
    Condition,
    Count,
    Fraction,
    NotNegative,
    Number,
    Positive,
    Probability,
    Settings,
    Truth,
    Whole,
)
from gaitcore.settings.weights import Weights

Epochs = Annotated[Whole, Field(ge=1, le=100_000)]
LearningRate = Annotated[Number, Field(gt=0, le=100)]
Noise = Annotated[Number, Field(ge=0, le=1000)]


class BalancedBatch(Settings):
    """A fixed number of subjects, and of sequences of each."""

    kind: Literal["balanced"] = "balanced"
    subjects: Annotated[Whole, Field(ge=1, le=100_000)] = Field(
        description="subjects in a batch; all of them if there are fewer"
    )
    sequences: Annotated[Whole, Field(ge=2, le=10_000)] = Field(description="sequences of each subject")


class ShuffledBatch(Settings):
    """All sequences in random order, a fixed number at a time."""

    kind: Literal["shuffled"]
    size: Count = Field(description="sequences in a batch; the last one of an epoch may have fewer")
    copies: Annotated[Whole, Field(ge=1, le=100)] = Field(1, description="augmented copies of each sequence in a batch")


class DrawnBatch(Settings):
    """Subjects, and sequences of each, drawn anew for every batch; the recipe counts steps and not epochs."""

    kind: Literal["drawn"]
    subjects: Count = Field(description="subjects in a batch, each at most once; all of them if there are fewer")
    sequences: Annotated[Whole, Field(ge=2, le=10_000)] = Field(description="sequences of each subject")
    replacement: Truth = Field(
        False,
        description="whether a sequence may be in a batch twice; where a subject has too few it may in any case",
    )
    steps: Count = Field(description="steps that are counted as an epoch, which is a row of training.csv")


class WindowSampling(Settings):
    """Consecutive frames at a random position."""

    kind: Literal["window"] = "window"


class OrderedSampling(Settings):
    """Frames in order from a run at a random position."""

    kind: Literal["ordered"]
    skip: Annotated[Whole, Field(ge=0, le=10_000)] = Field(
        0, description="frames of the run that are left out, drawn at random"
    )


class UnorderedSampling(Settings):
    """Frames from anywhere in the sequence, in no order."""

    kind: Literal["unordered"]
    replacement: Truth = Field(False, description="whether a frame may be drawn more than once")


Sampling = WindowSampling | OrderedSampling | UnorderedSampling


class Augmentation(Settings):
    """Augmentation of a training window, in this order. Pixels are those of a frame 320 wide."""

    mirror: Probability = Field(description="probability of reflecting x about each frame's mean x")
    reverse: Probability = Field(description="probability of reversing the sequence in time")
    swap: Probability = Field(0, description="probability of exchanging the left and the right joints")
    swap_each: Literal["window", "frame"] = Field(
        "window", description="whether left and right are exchanged in a window as a whole or in each frame on its own"
    )
    noise: Literal["normal", "uniform"] = Field(
        "normal", description="distribution of the noise; its amount is a standard deviation, or the bound on each side"
    )
    point_noise: Noise = Field(description="per joint and frame, pixels")
    joint_noise: Noise = Field(description="per joint, one offset for the whole window, pixels")
    confidence_noise: Probability = Field(0, description="per joint and frame; confidences stay between 0 and 1")
    move: tuple[Noise, Noise] = Field(
        (0, 0), description="largest shift of the whole window in x and in y, uniform to each side, pixels"
    )


LOSSES = Chosen("losses", common=("subjects", "embedding_dim", "parts"))
Loss = Annotated[SerializeAsAny[ChosenSection], BeforeValidator(partial(validated_section, LOSSES)), LOSSES]


class Phase(Settings):
    """A second phase that continues the training with a new optimiser and schedule."""

    epochs: Epochs = Field(description="passes over the training sequences")
    learning_rate: LearningRate = Field(description="peak of its schedule")


class Training(Settings):
    """The recipe: batches, augmentation, loss, optimiser, schedule."""

    epochs: Annotated[Whole, Field(ge=0, le=100_000)] = Field(
        description="passes over the training sequences; 0 leaves the network as it is drawn, for a network without "
        "weights and to see what training adds"
    )
    start_from: Weights | None = Field(
        None, description="weights with which the training begins (fine-tuning); null: those that the seed draws"
    )
    second_phase: Phase | None = Field(
        None, description="a phase after these epochs, with epochs and learning_rate of its own; null: none"
    )
    batch: BalancedBatch | ShuffledBatch | DrawnBatch = Field(discriminator="kind")
    sampling: Sampling = Field(WindowSampling(), discriminator="kind", description="which frames a batch has")
    repeat: dict[Condition, Annotated[Whole, Field(ge=1, le=1000)]] = Field(
        description="how often a condition's sequences are listed in an epoch; others once"
    )
    augmentation: Augmentation
    loss: Loss
    optimiser: Literal["adam", "adamw", "sgd"] = Field(
        "adam", description="adam (coupled weight decay), adamw (decoupled) or sgd (with momentum)"
    )
    learning_rate: LearningRate = Field(description="peak of the schedule")
    weight_decay: Annotated[Number, Field(ge=0, le=100)] = Field(description="weight decay of the optimiser")
    schedule: Literal["one_cycle", "three_phases", "steps", "constant"] = Field(
        "one_cycle",
        description="schedule of the learning rate, over all steps; three_phases is a cycle that falls as long as it "
        "rises and then ends, steps multiplies the rate by decay at each milestone",
    )
    milestones: tuple[Count, ...] = Field((), description="steps after which the rate is multiplied, for steps")
    decay: Probability = Field(0.1, description="the factor, for steps")
    warmup: Probability = Field(description="share of all steps in which the learning rate rises")
    start_divisor: Positive = Field(description="the learning rate starts at its peak divided by this")
    end_divisor: Positive = Field(description="and ends at its start divided by this")
    momentum: tuple[Fraction, Fraction] = Field(
        description="beta1, or the momentum of sgd, at the peak and at both ends; the second one where nothing cycles"
    )
    precision: Literal["float32", "bfloat16"] = Field(
        description="of the network's products in training; bfloat16 needs two thirds of the memory and is less exact"
    )
    select: Literal["last", "best_validation"] = Field(
        description="which epoch's weights are kept; best_validation needs validation subjects in the split"
    )
    validate_every: Epochs = Field(description="epochs between validations; only for best_validation")
    collapse_distance: NotNegative = Field(
        description="a run has collapsed if the typical distance of its last embeddings over their length is below this"
    )

    @model_validator(mode="after")
    def _steps_have_milestones(self) -> "Training":
        if self.schedule == "steps" and not self.milestones:
            raise ValueError("schedule is steps, but milestones is empty; name the steps after which the rate falls")
        if self.milestones and self.schedule != "steps":
            remedy = "write schedule: steps, or milestones: []"
            raise ValueError(f"schedule is {self.schedule}, but there are milestones; {remedy}")
        return self
