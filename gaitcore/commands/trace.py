"""``gaitcore trace``: from a number in a table to the files behind it."""

import argparse

from gaitcore.commands.paths import add_file

SUMMARY = "list the files behind a number in a table: seeds, weights, data, configuration, code, revision and machine"
EXAMPLE = "gaitcore trace results/demo/tables/table2.csv GaitMixer NM"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_file(parser, "table", metavar="TABLE", help="e.g. results/demo/tables/table2.csv")
    parser.add_argument("row", metavar="ROW", help="the method, e.g. GaitMixer; in a sweep.csv the try, or its place")
    parser.add_argument(
        "column", metavar="COLUMN", help="condition (NM), probe view (90) or mean; in a cross.csv the test set"
    )
    parser.add_argument(
        "--block", help="the block, for a method in several blocks: NM in Table 1; in a cross.csv the training set"
    )
    parser.add_argument("--full-digests", action="store_true", help="print each SHA-256 whole, as sha256sum does")


def run(options: argparse.Namespace) -> int:
    """Print the trace; 1 where a file is not what was recorded."""
    from gaitcore.audit.cells import table_path
    from gaitcore.audit.trace import trace_cell
    from gaitcore.audit.trace_cross import CROSS, trace_cross
    from gaitcore.audit.trace_sweep import SWEEP, trace_sweep
    from gaitcore.audit.trace_text import trace_text

    table = table_path(options.table)
    traced = {CROSS: trace_cross, SWEEP: trace_sweep}.get(table.stem, trace_cell)
    trace = traced(table, options.row, options.column, options.block)
    print(trace_text(trace, options.full_digests))
    return 0 if trace.holds else 1
