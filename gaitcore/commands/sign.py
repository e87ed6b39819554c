"""``gaitcore sign``: the manifest of a results folder signed with an SSH key."""

import argparse

from gaitcore.commands.paths import add_file, add_folder, finished_experiment

SUMMARY = "sign the manifest.json of a results folder with an SSH key"
EXAMPLE = "gaitcore sign results/demo --key ~/.ssh/id_ed25519"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_folder(parser, "folder", metavar="FOLDER", help="results/demo, or the experiment's name")
    add_file(parser, "--key", metavar="FILE", required=True, help="your private key, e.g. ~/.ssh/id_ed25519")


def run(options: argparse.Namespace) -> int:
    """Write manifest.json.sig."""
    from gaitcore.audit.signature import sign_manifest

    signature = sign_manifest(finished_experiment(options.folder), options.key)
    print(f"{signature}: written; publish it beside the manifest.")
    return 0
