"""``gaitcore check-manifest``: the files of a results folder beside its manifest."""

import argparse
import sys

from gaitcore.commands.paths import add_file, add_folder, finished_experiment

SUMMARY = "compare every file of a results folder with its manifest.json"
EXAMPLE = "gaitcore check-manifest results/demo"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_folder(parser, "folder", metavar="FOLDER", help="results/demo, or the experiment's name")
    add_file(parser, "--signers", metavar="FILE", help="verify the signature, too: the signers you trust, a line each")


def run(options: argparse.Namespace) -> int:
    """Print every difference; 1 if there is one."""
    from gaitcore.audit.manifest import check_manifest
    from gaitcore.audit.signature import verify_signature

    folder = finished_experiment(options.folder)
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
