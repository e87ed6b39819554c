"""The whole configuration of an experiment, and how a system's settings are put together from it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from gaitcore.networks import model_names, model_title
from gaitcore.settings.data import Data
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input
from gaitcore.settings.network import Network, SystemNetwork
from gaitcore.settings.protocol import Protocol
from gaitcore.settings.reporting import Figures, Tables
from gaitcore.settings.statistics import Statistics
from gaitcore.settings.training import Training
from gaitcore.settings.values import Numbers, Settings, listed, unique
from gaitcore.suggest import nearest


class System(Settings):
    """One system as it is trained: network, input, recipe, evaluation."""

    title: str
    network: SystemNetwork
    input: Input
    training: Training
    evaluation: Evaluation


class Config(Settings):
    """The whole configuration of an experiment."""

    experiment: str = Field(description="overlay in use: experiments/NAME.yaml; results go to results/NAME")
    data: Data
    protocol: Protocol
    systems: dict[str, dict[str, Any]] = Field(
        description="per system: its network's options, and any setting of network, input, training or evaluation it "
        "changes"
    )
    compare: Annotated[tuple[str, ...], BeforeValidator(listed), Field(min_length=1), AfterValidator(unique)] = Field(
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

    @field_validator("compare")
    @classmethod
    def _are_systems(cls, compare: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = {*model_names(), *info.data.get("systems", {})}
        for system in compare:
            if system not in known:
                raise ValueError(f'there is no system "{system}"{nearest(system, known)}')
        return compare

    def system(self, name: str) -> System:
        """A system's settings: the common ones, with those of the system it is like and its own merged over them."""
        values = self.model_dump(include={"network", "input", "training", "evaluation"})
        lineage = lineage_of(name, self.systems)
        for ancestor in lineage:
            values = merged(values, self.systems.get(ancestor, {}))
        values.pop("like", None)
        title = model_title(name) if name in model_names() else name
        values["title"] = self.systems.get(name, {}).get("title", title)
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
