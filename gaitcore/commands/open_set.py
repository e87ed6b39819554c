"""``gaitcore open-set``: the table of equal error rates and of TAR at a FAR."""

import argparse

from gaitcore.commands.paths import add_folder, finished_experiment

SUMMARY = "print the open-set table of a finished experiment: EER and TAR at FAR 1 % and 0.1 %, with intervals"
EXAMPLE = "gaitcore open-set demo"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_folder(parser, "experiment", metavar="EXPERIMENT", help="a finished experiment, or its results folder")


def run(options: argparse.Namespace) -> int:
    """Print the table; 1 where the summary has no open-set figures."""
    from gaitcore.artefacts.summary import MEAN, read_summary
    from gaitcore.commands.comparison import read_runs
    from gaitcore.commands.texts import text_table
    from gaitcore.errors import REMEDY, DataError
    from gaitcore.evaluation.open_set import EER, FARS, TAR_METRICS
    from gaitcore.protocols.sides import in_tables_order
    from gaitcore.reporting.tables.estimates import estimates, interval, with_spread

    folder = finished_experiment(options.experiment)
    path = folder / "summary.csv"
    summary = read_summary(path)
    if not (summary["metric"] == EER).any():
        raise DataError(f"{path}: no open-set figures, which an earlier release did not compute; {REMEDY}.")
    titles = {EER: "EER", **{TAR_METRICS[far]: f"TAR at FAR {far:.1%}" for far in FARS}}
    rows = []
    by_metric = {metric: estimates(summary, metric) for metric in titles}
    systems = dict.fromkeys(system for system, *_ in by_metric[EER])
    conditions = in_tables_order(
        dict.fromkeys(condition for _, condition, _ in by_metric[EER]), read_runs(str(folder)).protocol
    )
    for key in ((system, condition, MEAN) for system in systems for condition in conditions):
        if key not in by_metric[EER]:
            continue
        row = [*key[:2]]
        for found in by_metric.values():
            row.append(f"{with_spread(found[key])} {interval(found[key])}".strip() if key in found else "-")
        rows.append(row)
    print(text_table(rows, ["system", "condition", *titles.values()]))
    print("Percent, mean ± standard deviation over seeds, bootstrap interval over subjects and seeds.")
    print("A dash: the impostor pairs are too few to tell it (docs/protocol.md#open-set-figures).")
    return 0
