"""Arguments that are paths, which the shell completes."""

import argparse
from typing import Any

from shtab import DIRECTORY, FILE


def add_file(parser: argparse.ArgumentParser, name: str, **options: Any) -> None:
    """Add an argument that is a file; ``options`` are those of ``add_argument``."""
    parser.add_argument(name, **options).complete = FILE  # type: ignore[attr-defined]


def add_folder(parser: argparse.ArgumentParser, name: str, **options: Any) -> None:
    """Add an argument that is a folder; ``options`` are those of ``add_argument``."""
    parser.add_argument(name, **options).complete = DIRECTORY  # type: ignore[attr-defined]
