"""What the schema cannot say of a sweep: its system, its split, and each of its tries as a system of its own."""

from typing import Any

from gaitcore.errors import ConfigError, short, shown
from gaitcore.networks import model_names, network_options
from gaitcore.settings.checks import check_system
from gaitcore.settings.experiment import Config, System
from gaitcore.settings.layers import Layer, Layers, source_of
from gaitcore.settings.network import Network
from gaitcore.settings.sweep import Sweep
from gaitcore.suggest import nearest
from gaitcore.sweeps import sections, tries_of, with_tries

_OWN = ("sweep", "settings")
_SECTIONS = ("network", "input", "training", "evaluation")


def check_sweep(config: Config, layers: Layers) -> None:
    """Refuse a sweep whose tries are no systems of this experiment, or that has nobody to validate on.

    Raises:
        ConfigError: one sentence with the file, the line and the key: ``sweep.settings.KEY`` for a value of a try.
    """
    if config.sweep is None:
        return
    system = _check_base(config, config.sweep, layers)
    _check_validation(config, layers)
    for key in config.sweep.settings:
        _check_key(key, config.sweep, system, layers)
    try:
        tries = tries_of(config.sweep)
    except ConfigError as error:
        raise ConfigError(f"{source_of(_OWN, layers)}: sweep.settings: {error}.") from None
    nested, varied = [_nested(layer) for layer in layers], with_tries(config)
    for one in tries:
        called = f"the try with {', '.join(f'{key} {shown(value)}' for key, value in one.settings.items())}"
        check_system(varied, one.name, nested, _OWN, called)


def _check_base(config: Config, sweep: Sweep, layers: Layers) -> System:
    where = f"{source_of(['sweep', 'system'], layers)}: sweep.system"
    known = {*model_names(), *config.systems}
    if sweep.system not in known:
        raise ConfigError(f'{where}: there is no system "{sweep.system}"{nearest(sweep.system, known)}')
    system = check_system(config, sweep.system, layers)
    if system.weights is not None:
        raise ConfigError(f"{where} is {sweep.system}, whose weights were trained elsewhere; name one trained here.")
    return system


def _check_validation(config: Config, layers: Layers) -> None:
    protocol = config.protocol
    split = protocol.splits.get(protocol.split)
    if split is None:
        raise ConfigError(
            f"{source_of(['protocol', 'split'], layers)}: protocol.split is the file {protocol.split}, which holds no "
            "validation subjects out, but the sweep needs some; name a split in protocol.splits with validation there."
        )
    if not split.validation:
        raise ConfigError(
            f"{source_of(['protocol', 'splits', protocol.split], layers)}: protocol.splits.{protocol.split}.validation "
            "is empty, but the sweep is measured on validation subjects; name some of the train subjects there."
        )


def _check_key(key: str, sweep: Sweep, system: System, layers: Layers) -> None:
    where = f"{source_of([*_OWN, key], layers)}: sweep.settings.{short(key)}"
    section, _, rest = key.partition(".")
    if section not in _SECTIONS or not all(rest.split(".")) or key == "network.name":
        raise ConfigError(
            f"{where} is no setting of a system, expected one of {', '.join(_SECTIONS)} with a dot, e.g. "
            "training.learning_rate or network.kernel."
        )
    if within := [other for other in sweep.settings if key.startswith(f"{other}.")]:
        raise ConfigError(f"{where} is a part of {within[0]}, which sweep.settings names too; keep one of them.")
    option = rest.partition(".")[0]
    known = {*Network.model_fields, *network_options(system.network.name)}
    if section == "network" and option not in known:
        raise ConfigError(f"{where}: unknown setting{nearest(option, known)}")


def _nested(layer: Layer) -> Layer:
    """The layer with the settings of its sweep in sections, as those of a system are, so that a mistake is found."""
    sweep = layer.content.get("sweep")
    if not isinstance(sweep, dict) or not isinstance(settings := sweep.get("settings"), dict):
        return layer
    content: dict[str, Any] = {**layer.content, "sweep": {**sweep, "settings": sections(settings)}}
    lines = {
        (*_OWN, *str(place[2]).split("."), *place[3:]) if place[:2] == _OWN and len(place) > 2 else place: line
        for place, line in layer.lines.items()
    }
    return layer._replace(content=content, lines=lines)
