"""The whole configuration of an experiment."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from gaitcore.merging import lineage_of
from gaitcore.networks import model_names
from gaitcore.settings.data import Data
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input
from gaitcore.settings.network import Network, SystemNetwork
from gaitcore.settings.protocol import Protocol
from gaitcore.settings.reporting import Figures, Tables
from gaitcore.settings.statistics import Statistics
from gaitcore.settings.sweep import Sweep
from gaitcore.settings.tracking import Tracking
from gaitcore.settings.training import Training
from gaitcore.settings.values import Folders, Line, Name, Seeds, Settings, listed, unique
from gaitcore.settings.weights import Weights
from gaitcore.suggest import nearest


class System(Settings):
    """One system: network, input, recipe, evaluation; with ``weights`` it is not trained here."""

    title: Line
    network: SystemNetwork
    input: Input
    training: Training
    evaluation: Evaluation
    weights: Weights | None = Field(None, description="weights that were trained elsewhere; null: it is trained here")


class Config(Settings):
    """The whole configuration of an experiment."""

    experiment: Name = Field(description="overlay in use: experiments/NAME.yaml; results go to results/NAME")
    extensions: Folders = Field(
        (),
        exclude=True,  # extensions count by the content of their files, not by their location
        description="folders with networks, losses, readers or protocols of your own, see docs/extending.md",
    )
    tracking: Tracking = Field(
        Tracking(tool=None, folder=None),
        exclude=True,  # no result depends on it
        description="a record of each run for people to watch; changing it runs nothing again",
    )
    data: Data
    protocol: Protocol
    systems: dict[Name, dict[str, Any]] = Field(
        description="per system: its network's options, and any setting of network, input, training or evaluation it "
        "changes"
    )
    compare: Annotated[tuple[Name, ...], BeforeValidator(listed), Field(min_length=1), AfterValidator(unique)] = Field(
        description="systems to train and compare"
    )
    seeds: Seeds = Field(description="one training run per seed and system")
    cross: Annotated[tuple[Name, ...], BeforeValidator(listed), AfterValidator(unique)] = Field(
        (),
        description="other experiments: the systems that are trained here are also evaluated here with the weights of "
        "their runs, and `snakemake cross` writes the accuracies of all, data set trained on by data set tested on",
    )
    sweep: Sweep | None = Field(
        None, description="settings tried on the validation subjects, by `snakemake sweep`; null: none"
    )
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

    @field_validator("compare")
    @classmethod
    def _are_systems(cls, compare: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = {*model_names(), *info.data.get("systems", {})}
        for system in compare:
            if system not in known:
                raise ValueError(f'there is no system "{system}"{nearest(system, known)}')
        return compare
