"""The command line: ``python -m gaitcore trace``, ``check-manifest`` and ``sign``."""

import argparse
import sys
from collections.abc import Callable

from gaitcore.errors import GaitError, short


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit status: 0 if everything is as recorded, 1 after a difference or an error."""
    parser = argparse.ArgumentParser(prog="python -m gaitcore", description="Inspect the results of an experiment.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_trace(commands)
    _add_check_manifest(commands)
    _add_sign(commands)
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except GaitError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:  # a name that is too long, a folder that may not be read
        print(f"{short(error.filename)}: {error.strerror}, expected a file or folder of results.", file=sys.stderr)
        return 1


def _add_trace(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = (
        "list the files behind a number in a table: seeds, weights, data, configuration, code, revision and machine"
    )
    trace = commands.add_parser("trace", help=summary, description=summary)
    trace.add_argument("table", metavar="TABLE", help="e.g. results/demo/tables/table2.csv")
    trace.add_argument("row", metavar="ROW", help="the method, e.g. GaitMixer")
    trace.add_argument(
        "column", metavar="COLUMN", help="condition (NM), probe view (90) or mean; in a cross.csv the test set"
    )
    trace.add_argument(
        "--block", help="the block, for a method in several blocks: NM in Table 1; in a cross.csv the training set"
    )
    trace.set_defaults(run=_trace)


def _add_check_manifest(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "compare every file of a results folder with its manifest.json"
    check = commands.add_parser("check-manifest", help=summary, description=summary)
    check.add_argument("folder", metavar="FOLDER", help="e.g. results/demo")
    check.add_argument(
        "--signers", metavar="FILE", help="verify the signature, too: the signers you trust, a line each"
    )
    check.set_defaults(run=_check_manifest)


def _add_sign(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "sign the manifest.json of a results folder with an SSH key"
    sign = commands.add_parser("sign", help=summary, description=summary)
    sign.add_argument("folder", metavar="FOLDER", help="e.g. results/demo")
    sign.add_argument("--key", metavar="FILE", required=True, help="your private key, e.g. ~/.ssh/id_ed25519")
    sign.set_defaults(run=_sign)


def _trace(options: argparse.Namespace) -> int:
    from gaitcore.audit.cells import table_path
    from gaitcore.audit.trace import trace_cell, trace_text
    from gaitcore.audit.trace_cross import CROSS, trace_cross

    table = table_path(options.table)
    traced = trace_cross if table.stem == CROSS else trace_cell
    trace = traced(table, options.row, options.column, options.block)
    print(trace_text(trace))
    return 0 if trace.holds else 1


def _check_manifest(options: argparse.Namespace) -> int:
    from gaitcore.audit.manifest import check_manifest, results_folder
    from gaitcore.audit.signature import verify_signature

    folder = results_folder(options.folder)
    signer = verify_signature(folder, options.signers) if options.signers else None
    check = check_manifest(folder)
    for problem in ("changed", "missing", "unlisted"):
        for name in getattr(check, problem):
            print(f"{problem}: {name}")
    for name, source in check.outdated:
        print(f"outdated: {name} (made from another {source})")
    total = len(check.good) + len(check.changed) + len(check.missing)
    print(f"{options.folder}: {len(check.good)} of {total} artefacts are as listed.")
    if signer:
        print(f"{options.folder}: signed by {signer}.")
    if not check.passes:
        print("docs/results.md#manifestjson says what to do.", file=sys.stderr)
    return 0 if check.passes else 1


def _sign(options: argparse.Namespace) -> int:
    from gaitcore.audit.manifest import results_folder
    from gaitcore.audit.signature import sign_manifest

    print(f"{sign_manifest(results_folder(options.folder), options.key)}: written; publish it beside the manifest.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
