"""The configuration's files: layers merged, validated once, and one sentence for a mistake.

``config.yaml`` holds the paper's settings, the chosen experiment's overlay is merged over it, and the
command line over both. Every message names the key, its file and, where there is one, its line.
"""

import copy
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gaitcore import extensions
from gaitcore.errors import ConfigError, short, shown
from gaitcore.keys import canonical, parse_sequence_name
from gaitcore.merging import lineage_of, merged
from gaitcore.names import checked_name
from gaitcore.networks import network_options
from gaitcore.settings.check_sweep import check_sweep
from gaitcore.settings.checks import check_config
from gaitcore.settings.command_line import typed
from gaitcore.settings.experiment import Config
from gaitcore.settings.kept import tell_kept_settings
from gaitcore.settings.layers import COMMAND_LINE, UNFILLED, Layer, Layers, merged_layers, source_of, unfilled
from gaitcore.settings.network import Network
from gaitcore.settings.sentences import full_stop, sentence
from gaitcore.settings.values import Folders
from gaitcore.suggest import nearest
from gaitcore.systems import crossed
from gaitcore.words import listed
from gaitcore.yaml_files import read_yaml

log = logging.getLogger(__name__)

RENAMED = {  # keys of the previous release; those inside a section are also renamed inside systems.<name>
    "models": "compare",
    "evaluation.views": "evaluation.test_time_augmentation",
    "training.batch.views": "training.batch.copies",
}

_MOST_LAYERS = 100
_FOLDERS = (  # beside those of the systems
    *("benchmarks", "checkpoints", "figures", "inspection", "logs", "movies", "overlay", "poses", "silhouettes"),
    *("tables", "verify", "cross", "sweep", "receipts"),
)


def load_config(
    base: str | Path,
    overrides: Mapping[str, Any] | None = None,
    *,
    experiments: str | Path | None = None,
    source: str = COMMAND_LINE,
) -> Config:
    """The configuration in use: ``base``, the overlay of its experiment, then ``overrides``.

    Args:
        base: path of ``config.yaml``; the overlay is ``experiments/<experiment>.yaml`` beside it.
        overrides: the settings of the command line (``--config``), nested as in the file.
        experiments: another folder of overlays, whose files come before those beside ``base`` with the same name.
        source: where the overrides come from, for messages.

    Raises:
        ConfigError: a file is missing or not YAML, a key is unknown, a value is not allowed. One sentence that
            names the key, the file, what was found and what is expected.

    The folders in ``extensions`` are searched for networks, losses, readers and protocols from then on.
    """
    base = Path(base)
    command_line = Layer(source, typed(overrides or {}, Config), {})
    bottom = _layer(base)
    folders = (*([Path(experiments)] if experiments else []), base.parent / "experiments")
    name = _experiment(bottom, command_line, folders)
    overlays = _overlays(folders, name)
    layers = [_with_new_names(layer) for layer in (bottom, *overlays, command_line)]
    _check_filled(layers)
    _search_extensions(layers)
    _check_systems(layers)
    try:
        config = Config.model_validate({**merged_layers(layers), "experiment": name})
    except ValidationError as error:
        raise ConfigError(sentence(error, layers)) from None
    config = _crossed(config, layers)
    check_config(config, layers)
    check_sweep(config, layers)
    tell_kept_settings(config, layers)
    return config


def paper_config(base: str | Path) -> Config:
    """The paper's settings: ``base``, the path of ``config.yaml``, as it stands, without an experiment's overlay.

    Raises:
        ConfigError: as :func:`load_config`.
    """
    layer = _layer(Path(base))
    try:
        return Config.model_validate(layer.content)
    except ValidationError as error:
        raise ConfigError(sentence(error, [layer])) from None


def sequence_to_draw(value: Any) -> str | None:
    """The sequence that ``--config sequence=...`` names for the movie, None where there is none.

    Raises:
        ConfigError: it is not the name of a sequence.
    """
    if value is not None and (not isinstance(value, str) or parse_sequence_name(value) is None):
        raise ConfigError(f"{COMMAND_LINE}: sequence: {shown(value)} is not a valid name, expected e.g. 001-nm-01-090.")
    return value


def _overlay(folders: tuple[Path, ...], name: str) -> Path:
    """The overlay of this name: in the first folder that has one."""
    candidates = [folder / f"{name}.yaml" for folder in folders]
    return next((path for path in candidates if path.exists()), candidates[0])


def _known(folders: tuple[Path, ...]) -> list[str]:
    return sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})


def _layer(path: Path) -> Layer:
    content, lines = read_yaml(path)
    return Layer(str(path), content, lines)


def _experiment(bottom: Layer, command_line: Layer, folders: tuple[Path, ...]) -> str:
    """The name of the experiment in use, which the command line or config.yaml gives.

    Snakemake reads ``--config experiment=007`` as the number 7: a number is the overlay 007 if that is the only one.
    """
    layers = [bottom, command_line]
    where = f"{source_of(['experiment'], layers)}: experiment"
    values = merged_layers(layers)
    if "experiment" not in values:
        raise ConfigError(f"{where} is missing, expected the name of an overlay, e.g. demo.")
    name = _name(values["experiment"], where)
    if isinstance(values["experiment"], int) and not _overlay(folders, name).exists():
        spelled = [other for other in _known(folders) if canonical(other) == name]
        return spelled[0] if len(spelled) == 1 else name
    return name


def _name(value: Any, where: str) -> str:
    try:
        return checked_name(value)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}.") from None


def _overlays(folders: tuple[Path, ...], name: str, within: tuple[str, ...] = ()) -> Layers:
    """An experiment's overlay, after the overlays it extends."""
    overlay = _overlay(folders, name)
    if not overlay.exists():
        raise ConfigError(f'There is no experiment "{name}" (no file {overlay}){_hint(folders, name)}')
    if name in within:
        raise ConfigError(f"{overlay}: circular `extends`: {' -> '.join([*within, name])}.")
    layer = _layer(overlay)
    where = f"{source_of(['extends'], [layer])}: extends"
    extended = layer.content.pop("extends", [])
    if isinstance(extended, str):
        extended = [extended]
    if not isinstance(extended, list):
        raise ConfigError(f"{where} is {shown(extended)}, expected the name of an experiment, or a list of names.")
    before: Layers = []
    for other in extended:
        before += _overlays(folders, _name(other, where), (*within, name))
        if len(before) > _MOST_LAYERS:
            raise ConfigError(f"{where} leads to more than {_MOST_LAYERS} overlays, expected fewer.")
    _check_own_name(layer, name)
    return [*before, layer]


def _hint(folders: tuple[Path, ...], name: str) -> str:
    known = _known(folders)
    spelled = [other for other in known if canonical(other) == canonical(name)]
    if not known:
        return f"; {folders[0]} has no overlays in it, expected files like demo.yaml."
    if spelled:
        return f"; expected {' or '.join(spelled)}, of which only one may exist if the command line gives a number."
    return nearest(name, known)


def _check_own_name(overlay: Layer, name: str) -> None:
    """Refuse an overlay that has another name inside, by which its results would go elsewhere."""
    if "experiment" in overlay.content:
        where = f"{source_of(['experiment'], [overlay])}: experiment"
        own = _name(overlay.content["experiment"], where)
        if own != name:
            raise ConfigError(f'{where} is "{own}", but the file has the name {name}.yaml; write experiment: {name}.')


def _check_filled(layers: Layers) -> None:
    """Refuse settings that are still to be filled in, all in one sentence."""
    if locations := unfilled(layers):
        where = source_of(locations[0], layers)
        keys = [short(".".join(map(str, location))) for location in locations]
        verb, lines = ("is", "its line") if len(keys) == 1 else ("are", "their lines")
        raise ConfigError(
            f"{where}: {listed(keys)} {verb} still {UNFILLED}; write values there, as the comments in {lines} say."
        )


def _search_extensions(layers: Layers) -> None:
    """Register the extension folders; a value that is not a list of folders is refused later by the schema."""
    try:
        folders = TypeAdapter(Folders).validate_python(merged_layers(layers).get("extensions", ()))
    except ValidationError:
        pass
    else:
        try:
            extensions.search(folders)
        except ConfigError as error:
            raise ConfigError(f"{source_of(['extensions'], layers)}: extensions: {error}") from None


def _with_new_names(layer: Layer) -> Layer:
    """The layer with keys of the previous release under their new names; each is logged."""
    content = copy.deepcopy(layer.content)
    systems = content.get("systems")
    sections = {f"systems.{name}.": system for name, system in systems.items()} if isinstance(systems, dict) else {}
    for prefix, section in {"": content, **sections}.items():
        for old, new in RENAMED.items():
            _refuse_both(layer.file, prefix, section, old, new)
            if _rename(section, old.split("."), new.rpartition(".")[2]):
                log.warning(
                    "%s: %s is now called %s; the old name works until the next release.",
                    layer.file,
                    prefix + old,
                    prefix + new,
                )
    return layer._replace(content=content)


def _refuse_both(file: str, prefix: str, section: Any, old: str, new: str) -> None:
    """Refuse a key that stands under its old name and its new one."""
    for part in old.split(".")[:-1]:
        section = section.get(part) if isinstance(section, dict) else None
    if isinstance(section, dict) and {old.rpartition(".")[2], new.rpartition(".")[2]} <= section.keys():
        raise ConfigError(
            f"{file}: {prefix}{old} is the old name of {prefix}{new}, and both are set; remove the old one."
        )


def _rename(section: Any, path: list[str], name: str) -> bool:
    """Rename the key at ``path`` in place, where it keeps its position; False where there is none."""
    *parents, old = path
    for part in parents:
        section = section.get(part) if isinstance(section, dict) else None
    if not isinstance(section, dict) or old not in section:
        return False
    renamed = {name if key == old else key: value for key, value in section.items()}
    section.clear()
    section.update(renamed)
    return True


def _check_systems(layers: Layers) -> None:
    """Refuse what is no system, and network options that are no arguments of the network's class."""
    systems: dict[str, Any] = {}
    for layer in layers:
        _check_shapes(layer)
        systems = merged(systems, layer.content.get("systems", {}))
        for name, sections in layer.content.get("systems", {}).items():
            where = f"{source_of(['systems', name], [layer])}: systems.{short(name)}"
            try:
                network = lineage_of(name, systems)[0]
            except ValueError as error:
                raise ConfigError(f"{where}: {str(error).rstrip('.')}{full_stop(error)}") from None
            known = {*Network.model_fields, *network_options(network)}
            for option in sections.get("network", {}):
                if option not in known:
                    where = f"{source_of(['systems', name, 'network', option], [layer])}: systems.{name}.network"
                    raise ConfigError(f"{where}.{short(option)}: unknown setting{nearest(str(option), known)}")


def _check_shapes(layer: Layer) -> None:
    """Refuse a layer whose systems, or their networks, are not mappings, or whose `like` is no name."""

    def check(value: Any, *location: str) -> None:
        if not isinstance(value, Mapping):
            key = ".".join(map(short, location))
            where = source_of(location, [layer])
            raise ConfigError(f"{where}: {key} is {shown(value)}, expected a mapping of settings.")

    systems = layer.content.get("systems", {})
    check(systems, "systems")
    for name, sections in systems.items():
        location = ("systems", name)
        where = f"{source_of(location, [layer])}: systems"
        if _name(name, where) in _FOLDERS:
            raise ConfigError(f"{where}.{name}: results/NAME/{name}/ has other results; give the system another name.")
        check(sections, *location)
        if "network" in sections:
            check(sections["network"], *location, "network")
        if "like" in sections:
            _name(sections["like"], f"{source_of([*location, 'like'], [layer])}: systems.{name}.like")


def _crossed(config: Config, layers: Layers) -> Config:
    if config.experiment in config.cross:
        raise ConfigError(
            f"{source_of(['cross'], layers)}: cross names {config.experiment} itself, expected other experiments."
        )
    try:
        return crossed(config)
    except ValidationError:  # of a system: reported with its place as each of them is checked
        return config
