"""Weights that were trained elsewhere: of a system that is not trained here, or those a training starts from."""

from pydantic import Field, model_validator

from gaitcore.settings.input import Channels, Unit
from gaitcore.settings.values import Frames, Line, Name, PathText, Pixels, Positive, Settings, Sha256


class TrainedOn(Settings):
    """What weights were trained on, where neither a run.json beside the file nor the network's file says it."""

    dataset: Line | None = Field(None, description="name of the data set")
    pose_source: Line | None = Field(None, description="pose estimator")
    fps: Positive | None = Field(None, description="frames per second")
    frame_width: Pixels | None = Field(None, description="of the camera frame, pixels")
    channels: Channels | None = Field(None, description="channels of each joint")
    unit: Unit | None = Field(None, description="unit of the coordinates")
    frames: Frames | None = Field(None, description="window length, frames")


class Weights(Settings):
    """A file with its digest, or the runs of another experiment."""

    path: PathText | None = Field(
        None, description="file of weights: the authors' released one, or a weights.safetensors of a run"
    )
    sha256: Sha256 | None = Field(None, description="of that file, the output of sha256sum; another file is refused")
    trained_on: TrainedOn | None = Field(
        None, description="what the file was trained on; null: as its run.json says, or the network's file"
    )
    experiment: Name | None = Field(
        None, description="in place of path: another experiment, whose runs have the weights; each seed takes its own"
    )
    system: Name | None = Field(None, description="the system in that experiment; null: the one of the same name")

    @model_validator(mode="after")
    def _one_source(self) -> "Weights":
        if (self.path is None) == (self.experiment is None):
            found = "both path and experiment" if self.path else "neither path nor experiment"
            raise ValueError(f"{found} are set, expected one of them: a file with its sha256, or another experiment")
        if self.path and self.sha256 is None:
            raise ValueError("sha256 is missing, expected the output of sha256sum for the file in path")
        for_file, for_runs = (self.sha256 or self.trained_on), self.system
        if (self.experiment and for_file) or (self.path and for_runs):
            wrong = ("sha256" if self.sha256 else "trained_on") if self.experiment else "system"
            raise ValueError(f"{wrong} belongs to {'path' if self.experiment else 'experiment'}, which is not set")
        return self
