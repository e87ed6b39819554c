"""The recipe: batches, augmentation, loss, optimiser, schedule: the section ``training``.

A section of several kinds (the batch, the loss) names its own in ``kind``; each loss is a file of its own.
"""

from functools import partial
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny

from gaitcore.settings.chosen import Chosen, ChosenSection, validated_section
from gaitcore.settings.values import Count, NotNegative, Positive, Probability, Settings


class BalancedBatch(Settings):
    """A fixed number of subjects, and of sequences of each."""

    kind: Literal["balanced"] = "balanced"
    subjects: Count = Field(description="subjects in a batch; all of them if there are fewer")
    sequences: Annotated[int, Field(ge=2)] = Field(description="sequences of each subject")


class ShuffledBatch(Settings):
    """All sequences in random order, a fixed number at a time."""

    kind: Literal["shuffled"]
    size: Count = Field(description="sequences in a batch; the last one of an epoch may have fewer")
    copies: Count = Field(1, description="augmented copies of each sequence in a batch")


class Augmentation(Settings):
    """Augmentation of a training window, in this order. Pixels are those of a frame 320 wide."""

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
        (0, 0), description="largest shift of the whole window in x and in y, uniform to each side, pixels"
    )


LOSSES = Chosen("losses", common=("subjects", "embedding_dim", "parts"))
Loss = Annotated[SerializeAsAny[ChosenSection], BeforeValidator(partial(validated_section, LOSSES)), LOSSES]


class Phase(Settings):
    """A second phase that continues the training with a new optimiser and schedule."""

    epochs: Count = Field(description="passes over the training sequences")
    learning_rate: Positive = Field(description="peak of its schedule")


class Training(Settings):
    """The recipe: batches, augmentation, loss, optimiser, schedule."""

    epochs: Count = Field(description="passes over the training sequences")
    second_phase: Phase | None = Field(
        None, description="a phase after these epochs, with epochs and learning_rate of its own; null: none"
    )
    batch: BalancedBatch | ShuffledBatch = Field(discriminator="kind")
    repeat: dict[str, Count] = Field(
        description="how often a condition's sequences are listed in an epoch; others once"
    )
    augmentation: Augmentation
    loss: Loss
    optimiser: Literal["adam", "adamw"] = Field("adam", description="adam (coupled weight decay) or adamw (decoupled)")
    learning_rate: Positive = Field(description="peak of the schedule")
    weight_decay: NotNegative = Field(description="weight decay of the optimiser")
    schedule: Literal["one_cycle", "constant"] = Field(
        "one_cycle", description="schedule of the learning rate, over all steps"
    )
    warmup: Probability = Field(description="share of all steps in which the learning rate rises")
    start_divisor: Positive = Field(description="the learning rate starts at its peak divided by this")
    end_divisor: Positive = Field(description="and ends at its start divided by this")
    momentum: tuple[Probability, Probability] = Field(description="beta1 at the peak and at both ends")
    precision: Literal["float32", "bfloat16"] = Field(
        description="of the network's products in training; bfloat16 needs two thirds of the memory and is less exact"
    )
    select: Literal["last", "best_validation"] = Field(
        description="which epoch's weights are kept; best_validation needs validation subjects in the split"
    )
    validate_every: Count = Field(description="epochs between validations; only for best_validation")
    collapse_distance: NotNegative = Field(
        description="a run has collapsed if the typical distance of its last embeddings over their length is below this"
    )
