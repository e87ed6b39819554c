"""Arguments that are paths, which the shell completes, and experiments that are named by their paths."""

import argparse
from pathlib import Path
from typing import Any

from shtab import DIRECTORY, FILE

from gaitcore.errors import ConfigError, DataError
from gaitcore.workflow_command import workflow_command

EXPERIMENTS = Path("experiments")
RESULTS = Path("results")


def add_file(parser: argparse.ArgumentParser, name: str, **options: Any) -> None:
    """Add an argument that is a file; ``options`` are those of ``add_argument``."""
    parser.add_argument(name, **options).complete = FILE  # type: ignore[attr-defined]


def add_folder(parser: argparse.ArgumentParser, name: str, **options: Any) -> None:
    """Add an argument that is a folder; ``options`` are those of ``add_argument``."""
    parser.add_argument(name, **options).complete = DIRECTORY  # type: ignore[attr-defined]


def experiment_name(place: str) -> str:
    """The name of an experiment that a user names by itself, by its overlay or by its results folder."""
    path = Path(place)
    if path.parent == EXPERIMENTS and path.suffix == ".yaml":
        return path.stem
    return path.name if path.parent == RESULTS else place


def finished_experiment(place: str) -> Path:
    """The results folder of an experiment that a user names: by its path, its manifest, its name or its overlay.

    Raises:
        DataError: there is no such folder, here or in results/.
    """
    from gaitcore.audit.receipts import MANIFEST

    if Path(place).name == MANIFEST and Path(place).is_file():
        return Path(place).parent
    name = experiment_name(place)
    for path in (Path(place), RESULTS / name):
        if path.is_dir():
            return path
    if (EXPERIMENTS / f"{name}.yaml").is_file():
        command = workflow_command("tables", name)
        raise DataError(f"{RESULTS / name}: no such folder, the experiment has not been run; run it with: {command}")
    raise DataError(f"{place!r}: no such folder, expected that of an experiment, e.g. results/demo.")


def check_output(path: Path, ending: str, option: str) -> None:
    """Refuse a file that cannot be written later, before the work is done.

    Args:
        path: the file to write.
        ending: of its name, e.g. ".png".
        option: by which the user names it, e.g. "--picture".

    Raises:
        ConfigError: the name has another ending.
        DataError: there is no such folder.
    """
    if path.suffix.lower() != ending:
        example = f"{path.stem or 'file'}{ending}"
        raise ConfigError(f"{path}: not the name of a file *{ending}, expected one like {example} ({option}).")
    if not path.parent.is_dir():
        raise DataError(f"{path.parent}: no such folder; make it, or name a file elsewhere ({option}).")
