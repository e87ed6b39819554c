"""The command line as a whole: the commands by their files, exit statuses, messages."""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from gaitcore.declared import declared
from gaitcore.errors import GaitError, short
from gaitcore.suggest import nearest
from gaitcore.workflow_command import workflow_command

FAILED, WRONG_WORDS, INTERRUPTED = 1, 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit status.

    Args:
        arguments: the words behind ``gaitcore``; by default those of this process.

    Returns:
        0 if all is well, 1 after a difference or an error, 2 after wrong words, 130 after Ctrl-C.
    """
    parser, words = command_line(), sys.argv[1:] if arguments is None else arguments
    if not words:
        parser.print_help(sys.stderr)
        return WRONG_WORDS
    if not words[0].startswith("-") and words[0] not in command_names():
        parser.error(f'there is no command "{short(words[0])}"{nearest(words[0], command_names())}')
    options = parser.parse_args(words)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except GaitError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:  # the reader of the output has left, e.g. `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # a name that is too long, a folder that may not be read
        print(f"{short(error.filename)}: {error.strerror}, expected a file or folder of results.", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted; nothing was written.", file=sys.stderr)
        return INTERRUPTED
    return FAILED


def command_names() -> tuple[str, ...]:
    """The commands, e.g. ``("check", "check-manifest", ...)``."""
    files = Path(__file__).parent.glob("*.py")
    return tuple(sorted(file.stem.replace("_", "-") for file in files if "SUMMARY" in declared(file)))


def command_line() -> argparse.ArgumentParser:
    """The parser of all commands; ``parse_args`` gives options whose ``run`` is the command's function."""
    parser = argparse.ArgumentParser(
        prog="gaitcore",
        description="Prepare experiments and look at results. The workflow makes results: "
        + workflow_command("tables"),
        epilog="docs/commands.md shows each command at work. `gaitcore COMMAND --help` explains its arguments.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in command_names():
        module = import_module(f"gaitcore.commands.{name.replace('-', '_')}")
        command = commands.add_parser(
            name,
            help=module.SUMMARY.replace("%", "%%"),
            description=f"{module.SUMMARY[0].upper()}{module.SUMMARY[1:]}.",  # argparse keeps a lone % here
            epilog=f"example:\n  {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.arguments(command)
        command.set_defaults(run=module.run)
    return parser
