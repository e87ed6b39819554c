"""The folder with config.yaml, experiments/ and results/, in which commands on experiments are run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gaitcore.errors import ConfigError
from gaitcore.settings.experiment import Config
from gaitcore.settings.files import load_config

CONFIG = Path("config.yaml")


def check_repository() -> None:
    """Refuse another folder than that of config.yaml.

    Raises:
        ConfigError: there is no config.yaml.
    """
    if not CONFIG.is_file():
        raise ConfigError(f"{Path.cwd()}: no config.yaml in it; run the command in the repository's folder.")


def load_experiment(name: str, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration of an experiment of this repository.

    Raises:
        ConfigError: this is not the repository's folder, or what :func:`gaitcore.settings.files.load_config` raises.
    """
    check_repository()
    return load_config(CONFIG, {**(overrides or {}), "experiment": name})
