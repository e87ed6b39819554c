"""``gaitcore compare``: two experiments, what differs in them first and then number by number."""

import argparse

from gaitcore.commands.paths import add_folder

SUMMARY = "compare two finished experiments: settings and code first, then number by number with the paired test"
EXAMPLE = "gaitcore compare demo results/demo-before"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    for name, which in (("a", "first"), ("b", "second")):
        add_folder(parser, name, metavar=name.upper(), help=f"the {which} experiment, or its results folder")
    parser.add_argument(
        "--systems", nargs=2, metavar=("SYSTEM_A", "SYSTEM_B"), help="compare two systems of different names"
    )


def run(options: argparse.Namespace) -> int:
    """Print the comparison."""
    from gaitcore.commands.comparison import difference_lines, number_lines, read_runs, system_pairs

    a, b = read_runs(options.a), read_runs(options.b)
    pairs = system_pairs(a, b, options.systems)
    print(f"A: {a.folder}\nB: {b.folder}")
    print("\n".join(difference_lines(a, b, pairs)))
    for pair in pairs:
        print("\n".join(number_lines(a, b, *pair)))
    return 0
