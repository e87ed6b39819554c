"""The settings of a system (a network with its recipe), put together from the configuration; and its runs."""

from collections.abc import Iterable, Mapping

from gaitcore.merging import lineage_of, merged
from gaitcore.networks import model_names, model_title
from gaitcore.settings.experiment import Config, System

Run = tuple[str, int | None]  # a system and the seed of its training; None for weights from a file


def system_settings(config: Config, name: str) -> System:
    """A system's settings: the common ones; over them those of the system named in ``like``; over them its own.

    Weights that name an experiment and no system are those of the system of which this one is a variant, or of itself.
    """
    values = config.model_dump(include={"network", "input", "training", "evaluation"})
    lineage = lineage_of(name, config.systems)
    for ancestor in lineage:
        values = merged(values, config.systems.get(ancestor, {}))
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


def is_trained(config: Config, name: str) -> bool:
    """Whether a system is trained in this experiment; the weights of others come from elsewhere."""
    return system_settings(config, name).weights is None


def runs_of(config: Config, systems: Iterable[str] | None = None) -> list[Run]:
    """The runs of an experiment, or of some of its systems: one for each seed, and one for weights from a file."""
    runs: list[Run] = []
    for system in config.compare if systems is None else systems:
        weights = system_settings(config, system).weights
        runs += [(system, None)] if weights and weights.path else [(system, seed) for seed in config.seeds]
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
