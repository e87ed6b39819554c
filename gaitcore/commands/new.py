"""``gaitcore new``: an experiment on files of one's own, as far as the files say what it needs."""

import argparse
import sys
from pathlib import Path

from gaitcore.commands.arguments import frame_rate, frame_size
from gaitcore.commands.paths import EXPERIMENTS, add_folder
from gaitcore.workflow_command import workflow_command

SUMMARY = "look at poses, silhouettes or videos and write an experiment for them"
EXAMPLE = "gaitcore new mywalks --from data/raw/mywalks"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="of the experiment; experiments/NAME.yaml is written")
    add_folder(parser, "--from", dest="source", metavar="FOLDER", required=True, help="the data, or a single file")
    parser.add_argument(
        "--frame-size", metavar="WxH", type=frame_size, help="of the camera's frame in pixels: 1920x1080"
    )
    parser.add_argument(
        "--fps", metavar="RATE", type=frame_rate, help="frames per second, where the files do not say it"
    )
    parser.add_argument("--force", action="store_true", help="replace an experiment of this name")


def run(options: argparse.Namespace) -> int:
    """Print what was recognised and write the overlay."""
    from dataclasses import replace

    from gaitcore.commands.proposal import propose
    from gaitcore.commands.repository import check_repository, load_experiment
    from gaitcore.errors import ConfigError
    from gaitcore.files import write_text
    from gaitcore.modalities.recognition import recognise
    from gaitcore.names import checked_name

    check_repository()
    try:
        name = checked_name(options.name)
    except ValueError as error:
        raise ConfigError(f"The experiment's name {error}.") from None
    overlay = EXPERIMENTS / f"{name}.yaml"
    if overlay.exists() and not options.force:
        raise ConfigError(f"{overlay}: exists already; choose another name, or replace it with --force.")
    first, *others = recognise(Path(options.source))
    first = replace(first, size=options.frame_size or first.size, fps=options.fps or first.fps)
    proposal = propose(name, first)
    print("\n".join(proposal.recognised))
    for other in others:
        print(f"Also readable: {len(other.sequences)} sequences as {other.format} ({other.modality}).")
    for path, text in proposal.files.items():
        write_text(path, text)
        print(f"{path}: written.")
    if proposal.unknown:
        print("The files do not say the following; look for it in the overlay:")
        print("\n".join(f"- {sentence}" for sentence in proposal.unknown))
    if not proposal.complete:
        missing = f"fill in what is missing; gaitcore check {name} names it"
        print(f"{overlay} is not complete: {missing}.", file=sys.stderr)
        return 1
    load_experiment(name)
    print(f"Next: gaitcore check {name}, then: {workflow_command('tables', name)}")
    return 0
