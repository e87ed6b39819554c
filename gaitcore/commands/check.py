"""``gaitcore check``: what can be known of an experiment before it is run."""

import argparse

from gaitcore.commands.paths import experiment_name

SUMMARY = "show what an experiment will use and need before it is run: data, split, time, memory, disk"
EXAMPLE = "gaitcore check demo"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "experiment", metavar="EXPERIMENT", type=experiment_name, help="its name, or experiments/NAME.yaml"
    )
    parser.add_argument("--no-timing", action="store_true", help="measure no training step, which takes seconds each")


def run(options: argparse.Namespace) -> int:
    """Print the tables; 1 where the disk is too small."""
    from gaitcore.commands.planning import (
        data_lines,
        data_of,
        disk,
        measured_systems,
        run_lines,
        split_lines,
        sweep_lines,
    )
    from gaitcore.commands.repository import load_experiment
    from gaitcore.protocols.derivation import derive_roles_of

    config = load_experiment(options.experiment)
    data = data_of(config)
    print("\n".join(data_lines(config, data)))
    listed = {name: one.sequences for name, one in data.items()}
    roles = {name: derive_roles_of(name, listed, config.protocol) for name in data}
    print("\n".join(split_lines(config, roles)))
    runs = measured_systems(config, timed=not options.no_timing)
    compared = {name: runs[name] for name in config.compare}
    print("\n".join([*run_lines(config, compared, roles), *sweep_lines(config, runs, roles)]))
    needed = disk(config, compared, data, roles)
    print("\n".join(needed.lines))
    return 0 if needed.fits else 1
