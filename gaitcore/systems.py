"""The settings of a system (a network with its recipe), put together from the configuration."""

from gaitcore.merging import lineage_of, merged
from gaitcore.networks import model_names, model_title
from gaitcore.settings.experiment import Config, System


def system_settings(config: Config, name: str) -> System:
    """A system's settings: the common ones; over them those of the system named in ``like``; over them its own."""
    values = config.model_dump(include={"network", "input", "training", "evaluation"})
    lineage = lineage_of(name, config.systems)
    for ancestor in lineage:
        values = merged(values, config.systems.get(ancestor, {}))
    values.pop("like", None)
    title = model_title(name) if name in model_names() else name
    values["title"] = config.systems.get(name, {}).get("title", title)
    values["network"]["name"] = lineage[0]
    return System.model_validate(values)
