"""The settings of a system (a network with its recipe), put together from the configuration; and its runs."""

from collections.abc import Iterable, Mapping
from typing import Any

from gaitcore.merging import lineage_of, merged
from gaitcore.networks import model_names, model_title
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.experiment import Config, System
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.training import Training
from gaitcore.settings.values import Settings

Run = tuple[str, int | None]  # a system and the seed of its training; None for weights from a file


def system_settings(config: Config, name: str) -> System:
    """A system's settings: the common ones; over them those of the system named in ``like``; over them its own.

    Weights that name an experiment and no system are those of the system of which this one is a variant, or of itself.
    """
    lineage = lineage_of(name, config.systems)
    values = _own(config, name, config.model_dump(include={"network", "input", "training", "evaluation"}))
    values.pop("like", None)
    title = model_title(name) if name in model_names() else name
    values["title"] = config.systems.get(name, {}).get("title", title)
    values["network"]["name"] = lineage[0]
    own = lineage[-2] if len(lineage) > 1 else name
    for section, key in ((values, "weights"), (values["training"], "start_from")):
        weights = section.get(key) if isinstance(section, Mapping) else None
        if isinstance(weights, Mapping) and weights.get("experiment") and not weights.get("system"):
            section[key] = {**weights, "system": own}
    return System.model_validate(values)


def system_title(config: Config, name: str) -> str:
    """The title of a system; of the configuration it needs only ``systems``."""
    title = model_title(name) if name in model_names() else name
    return str(config.systems.get(name, {}).get("title", title))


def system_network(config: Config, name: str) -> str:
    """The name of the network that a system is based on; of the configuration it needs only ``systems``."""
    return lineage_of(name, config.systems)[0]


def system_section(config: Config, name: str, section: str) -> Any:
    """One section of a system's settings: network, training or evaluation; it needs that section and ``systems``."""
    values = _own(config, name, config.model_dump(include={section}))[section]
    if section == "network":
        values["name"] = system_network(config, name)
    return _KINDS[section].model_validate(values)


_KINDS: dict[str, type[Settings]] = {"network": SystemNetwork, "training": Training, "evaluation": Evaluation}


def _own(config: Config, name: str, common: Mapping[str, Any]) -> dict[str, Any]:
    """Settings, with those of the systems that this one is like over them, and its own over these."""
    values = dict(common)
    for ancestor in lineage_of(name, config.systems):
        values = merged(values, config.systems.get(ancestor, {}))
    return values


def _weights(config: Config, name: str) -> Mapping[str, Any] | None:
    """The setting ``weights`` of a system."""
    return _own(config, name, {}).get("weights")


def is_trained(config: Config, name: str) -> bool:
    """Whether a system is trained in this experiment; the weights of others come from elsewhere."""
    return _weights(config, name) is None


def runs_of(config: Config, systems: Iterable[str] | None = None) -> list[Run]:
    """The runs of an experiment, or of some of its systems: one for each seed, and one for weights from a file."""
    runs: list[Run] = []
    for system in config.compare if systems is None else systems:
        weights = _weights(config, system)
        runs += [(system, None)] if weights and weights.get("path") else [(system, seed) for seed in config.seeds]
    return runs


def run_name(seed: int | None) -> str:
    """The folder of a run in that of its system: ``seed-0``, or ``imported`` for weights from a file."""
    return "imported" if seed is None else f"seed-{seed}"


def crossed(config: Config) -> Config:
    """The configuration with the systems that ``cross`` stands for: each trained one with the weights of the others.

    A system ``gaitmixer_from_casia_b`` that the experiment has already keeps its own settings.
    """
    systems, compare = dict(config.systems), list(config.compare)
    for experiment in config.cross:
        for name in config.compare:
            own = system_settings(config, name)
            if own.weights is None and own.training.epochs:
                weights = {"experiment": experiment, "system": name}
                settings = {"like": name, "title": f"{own.title}, trained on {experiment}", "weights": weights}
                derived = f"{name}_from_{experiment}"
                systems[derived] = {**settings, **systems.get(derived, {})}
                compare += [] if derived in compare else [derived]
    return config.model_copy(update={"systems": systems, "compare": tuple(compare)})
