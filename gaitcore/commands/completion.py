"""``gaitcore completion``: the words of the command line, completed by the shell."""

import argparse

import shtab

SUMMARY = "print the script by which a shell completes commands, options and files"
EXAMPLE = "gaitcore completion bash > ~/.local/share/bash-completion/completions/gaitcore"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("shell", choices=shtab.SUPPORTED_SHELLS, help="the shell")


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    from gaitcore.commands.line import command_line

    print(shtab.complete(command_line(), options.shell))
    return 0
