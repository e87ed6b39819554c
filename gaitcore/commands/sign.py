"""``gaitcore sign``: the manifest of a results folder signed with an SSH key."""

import argparse

from gaitcore.commands.paths import add_file, add_folder

SUMMARY = "sign the manifest.json of a results folder with an SSH key"
EXAMPLE = "gaitcore sign results/demo --key ~/.ssh/id_ed25519"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_folder(parser, "folder", metavar="FOLDER", help="e.g. results/demo")
    add_file(parser, "--key", metavar="FILE", required=True, help="your private key, e.g. ~/.ssh/id_ed25519")


def run(options: argparse.Namespace) -> int:
    """Write manifest.json.sig."""
    from gaitcore.audit.manifest import results_folder
    from gaitcore.audit.signature import sign_manifest

    print(f"{sign_manifest(results_folder(options.folder), options.key)}: written; publish it beside the manifest.")
    return 0
