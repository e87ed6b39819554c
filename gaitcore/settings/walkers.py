"""The built-in synthetic walkers: subjects, walks, cameras and errors of the pose estimator: ``data.walkers``."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gaitcore.settings.values import Fraction, Frames, Number, Seed, Settings, Whole, listed, unique

Factor = Annotated[Number, Field(ge=0, le=100)]
Degrees = Annotated[Whole, Field(ge=0, le=359)]
Views = Annotated[tuple[Degrees, ...], Field(min_length=1), BeforeValidator(listed), AfterValidator(unique)]


class WalkerSettings(Settings):
    """The synthetic walkers. Every number changes the difficulty of the demo."""

    subjects: Annotated[Whole, Field(ge=1, le=999)] = Field(36, description="subjects; their names have 3 digits")
    seed: Seed = Field(1, description="seed of every draw; a subject depends on this and its own number alone")
    width: Annotated[Whole, Field(ge=1, le=10_000)] = Field(320, description="pixels")
    height: Annotated[Whole, Field(ge=1, le=10_000)] = Field(240, description="pixels")
    views: Views = Field(
        tuple(range(0, 181, 18)), description="of the cameras, degrees: 0 is walked toward, 90 sees the left side"
    )
    fps: Annotated[Number, Field(gt=0, le=1000)] = Field(25.0, description="frames per second")
    min_frames: Frames = Field(
        68, description="fewest frames of a walk; an estimator that loses the person may leave fewer"
    )
    max_frames: Frames = Field(110, description="most frames of a walk")
    path: Annotated[Number, Field(gt=0, le=1000)] = Field(3.6, description="metres walked, plus or minus 8 %")
    between_bodies: Factor = Field(
        1.0, description="factor on the spread of height and proportions between subjects: 1 is the literature's"
    )
    between_postures: Factor = Field(
        1.0, description="the same of posture and pace: mean angles, rate and length of steps"
    )
    between_subjects: Factor = Field(4.0, description="the same of movement: ranges, phases and shapes of the curves")
    within_subject: Factor = Field(
        0.8, description="factor on the spread of the gait between one subject's walks: larger is harder"
    )
    placement: Factor = Field(1.0, description="factor on the random offset, heading and camera distance of a walk")
    bag: Factor = Field(1.2, description="0: no effect, 1: one arm bound, the trunk leaning")
    coat: Factor = Field(1.4, description="0: no effect, 1: hips and knees wide, blurred and stiff")
    noise: Factor = Field(0.8, description="factor on the estimator's errors, about 1 to 2 pixels at 1")
    missing: Fraction = Field(0.02, description="fraction of the frames in which no person is found")
    short: Fraction = Field(0.004, description="fraction of the sequences cut off half-way")
    outliers: Fraction = Field(0.003, description="fraction of the joints thrown far off")
    swaps: Fraction = Field(0.04, description="fraction of the frames, in profile, with left and right leg exchanged")

    @model_validator(mode="after")
    def _a_range_of_frames(self) -> "WalkerSettings":
        if self.min_frames > self.max_frames:
            raise ValueError(f"min_frames is {self.min_frames} and max_frames {self.max_frames}, expected no more")
        return self
