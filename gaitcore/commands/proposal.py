"""The overlay that ``gaitcore new`` proposes for recognised data: YAML with a comment on everything it assumes."""

import csv
import io
from dataclasses import dataclass, field
from itertools import count, takewhile
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from gaitcore.commands.paths import EXPERIMENTS
from gaitcore.keys import KEY_COLUMNS, canonical, natural, some_of
from gaitcore.modalities.recognition import VIDEO, Recognised
from gaitcore.settings.layers import UNFILLED
from gaitcore.words import counted

_SCHEMA = "# yaml-language-server: $schema=../config.schema.json"  # editors read it
_TRAINING_SHARE = 0.6  # of the subjects, as CASIA-B's 74 of 124
_GALLERY_SHARE = 2 / 3  # of the walks of the gallery's condition, as CASIA-B's 4 of 6
_FEWEST_SUBJECTS = 4  # two to train on and two to tell apart
_WINDOW, _SHORTEST_WINDOW = 60, 10  # frames
_LONG_ENOUGH = 0.9  # of the sequences have more frames than the window
_BATCH = 74  # subjects, of the paper
_LARGE = 37  # training subjects from which the paper's learning rate is kept
_SIZES = ((320, 240), (640, 480), (854, 480), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160))


@dataclass
class Proposal:
    """What was recognised, the files to write and what they leave open.

    Attributes:
        recognised: lines for the user.
        files: path -> text; the overlay is the first one.
        unknown: sentences on what the files do not say.
        complete: whether the workflow can run as it is.
    """

    recognised: list[str]
    files: dict[Path, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    complete: bool = True


def propose(name: str, data: Recognised) -> Proposal:
    """The experiment of this name on the recognised data."""
    proposal = Proposal(_lines(data))
    overlay = EXPERIMENTS / f"{name}.yaml"
    proposal.files[overlay] = ""
    sections = [
        f"{_SCHEMA}\n# {name}: proposed by `gaitcore new`; every setting is explained in docs/configuration.md."
    ]
    sections += [f"experiment: {_yaml(name)}", _data(name, data, proposal), _protocol(data, proposal)]
    sections += [_training(data), _systems(data), _tables(data)]
    proposal.files[overlay] = "\n\n".join(section for section in sections if section) + "\n"
    return proposal


def _lines(data: Recognised) -> list[str]:
    """What was recognised."""
    keys = data.sequences
    lines = [f"Recognised: {', '.join(map(str, data.paths[:3]))} as {data.format} ({data.modality})"]
    if data.tree:
        constants = ", ".join(f"{key} {value}" for key, value in data.tree.constant.items())
        lines.append(f"  folders      {data.tree.folders}{f' (all: {constants})' if constants else ''}, guessed")
    for title, column in zip(("people", "conditions", "walks", "views"), KEY_COLUMNS, strict=True):
        values = _conditions(keys) if column == "condition" else sorted(keys[column].unique(), key=natural)
        lines.append(f"  {title:<12} {len(values)}: {some_of(values)}")
    lines.append(f"  sequences    {len(keys)}")
    if len(data.frames):
        read = "" if len(data.frames) == len(keys) else f", of {len(data.frames)} that were opened"
        least, most = data.frames.min(), data.frames.max()
        counts = f"{least} to {most}" if least < most else f"{least}"
        lines.append(f"  frames       {counts} a sequence{read}")
    if data.size:
        lines.append(f"  frame size   {data.size[0]} x {data.size[1]} pixels")
    if data.fps:
        lines.append(f"  rate         {data.fps:g} frames per second")
    return [*lines, *(f"  remark       {remark}" for remark in data.remarks)]


def _data(name: str, data: Recognised, proposal: Proposal) -> str:
    lines = [f"  dataset: {_yaml(name)} # its name in captions"]
    paths = _yaml([_shown(path) for path in data.paths] if len(data.paths) > 1 else _shown(data.paths[0]))
    if data.modality == "silhouettes":
        lines += ["  modality: silhouettes", "  silhouettes:", f"    format: {data.format}", f"    path: {paths}"]
        lines += _tree(data, "    ")
    else:
        lines += [f"  format: {data.format}", f"  path: {paths}", *_tree(data, "  ")]
        lines += _camera(data, proposal)
    if data.format == VIDEO:
        lines += [
            "  video:",
            "    estimator: mediapipe # needs no weights; docs/poses.md has others",
            "    # people: track # follows the walker among other people; without it, frames with others are dropped",
        ]
        lines += _list(name, data, proposal)
        lines += [
            "  # modality: [keypoints, silhouettes] # silhouettes of the same videos too; with the next line",
            "  # silhouettes: {format: video}",
        ]
    elif data.modality == "keypoints":
        lines.append(f"  pose_source: {_yaml(data.label)} # the pose estimator; name it with its version if you can")
        proposal.unknown.append("data.pose_source: the pose estimator and its version; the format is recorded.")
    lines.append(f"  help: {_yaml(f'The files of {name} were at {_shown(data.paths[0])}.')}")
    return "\n".join(["data:", *lines])


def _tree(data: Recognised, indent: str) -> list[str]:
    if data.tree is None:
        return []
    lines = [f"{indent}tree: # guessed from the names of the folders; docs/data-formats.md#trees-of-folders"]
    lines.append(f"{indent}  folders: {_yaml(data.tree.folders)}")
    if data.tree.constant:
        lines.append(f"{indent}  constant: {_yaml(dict(data.tree.constant))} # named by no folder")
    return lines


def _camera(data: Recognised, proposal: Proposal) -> list[str]:
    """Frame size and rate; where the files do not say them, a guess or a key to fill in."""
    if data.size is not None:
        lines = [f"  frame_width: {data.size[0]} # pixels", f"  frame_height: {data.size[1]}"]
    elif data.reach is not None:
        width, height = _smallest(*data.reach)
        why = f"the smallest usual frame for joints at x up to {data.reach[0]:.0f} and y up to {data.reach[1]:.0f}"
        lines = [f"  frame_width: {width} # guessed: {why}", f"  frame_height: {height}"]
        proposal.unknown.append(f"data.frame_width and frame_height: {width} x {height} is {why}.")
    else:
        lines = [f"  frame_width: {UNFILLED} # pixels, e.g. 1920", f"  frame_height: {UNFILLED} # e.g. 1080"]
        proposal.unknown.append("data.frame_width and frame_height of the videos.")
        proposal.complete = False
    if data.fps is not None:
        return [*lines, f"  fps: {data.fps:g} # frames per second"]
    proposal.unknown.append("data.fps: config.yaml's 25 frames per second until you write yours.")
    return [*lines, "  # fps: 25 # frames per second"]


def _smallest(x: float, y: float) -> tuple[int, int]:
    """The smallest usual frame, upright or not, that holds a joint at x, y pixels; else one that just holds it."""
    upright = [(height, width) for width, height in _SIZES]
    holding = [(w, h) for w, h in (*_SIZES, *upright) if x <= w and y <= h]
    return min(holding, key=lambda size: size[0] * size[1], default=(ceil(x), ceil(y)))


def _list(name: str, data: Recognised, proposal: Proposal) -> list[str]:
    """The list of videos that are not named by their sequences."""
    if not data.listed:
        return []
    path = EXPERIMENTS / f"{name}_videos.csv"
    text = io.StringIO()
    rows = ([video, *(key or [""] * len(KEY_COLUMNS))] for video, key in data.listed)
    csv.writer(text, lineterminator="\n").writerows([["video", *KEY_COLUMNS], *rows])
    proposal.files[path] = text.getvalue()
    empty = sum(key is None for _, key in data.listed)
    what = f"{empty} of {len(data.listed)} videos name nobody; fill in" if empty else "guessed from the names; look at"
    proposal.unknown.append(f"{path}: who walks in which video: {what} its columns.")
    proposal.complete = proposal.complete and not empty
    return [f"    list: {_yaml(str(path))} # who walks in which video"]


def _protocol(data: Recognised, proposal: Proposal) -> str:
    """Who trains, who is tested, gallery and probes; what the data are too few for is to be filled in."""
    keys = data.sequences
    subjects = sorted(keys["subject"].unique(), key=natural)
    walks = _gallery_and_probes(keys)
    lack = _lack(len(subjects), walks is not None)
    title = f"protocol:{f' # the data have {lack}' if lack else ''}"
    one_view = keys["view"].nunique() == 1
    lines = ["  kind: whole_gallery # there is one view, which cannot be left out"] if one_view else []
    train = max(2, round(_TRAINING_SHARE * len(subjects)))
    split = f"{train}/{len(subjects) - train}"
    if len(subjects) < _FEWEST_SUBJECTS:
        lines.append(f"  split: {UNFILLED} # a name, e.g. mine")
        lines.append(f"  splits: {UNFILLED} # who trains and who is tested, e.g. {{mine: {{train: 1-3, test: 4-6}}}}")
    else:
        people = f"{{train: {_people(subjects[:train])}, test: {_people(subjects[train:])}}}"
        lines.append(f"  split: {_yaml(split)} # the first {train} people train, the others are tested")
        lines += ["  splits:", f"    {_yaml(split)}: {people}"]
    gallery, probes = map(_yaml, walks) if walks else (UNFILLED, UNFILLED)
    example = ("", "") if walks else (", e.g. {nm: [1]}", ", e.g. {nm: [2]}")
    lines.append(f"  gallery: {gallery} # walks of the people to be found{example[0]}")
    lines.append(f"  probes: {probes} # walks that are looked up, in the tables' order{example[1]}")
    window = _window(data)
    if window != _WINDOW:
        lines.append(f"  min_frames: {window + 1} # shorter sequences are left out; more than network.frames")
    proposal.complete = proposal.complete and not lack
    proposal.unknown.append(
        f"protocol: the data have {lack}."
        if lack
        else f"protocol: a published split and walks, if there are any; proposed are {split} people."
    )
    return "\n".join([title, *lines])


def _lack(people: int, several_walks: bool) -> str:
    """What the data lack for a protocol, in words; "" if nothing."""
    if people < _FEWEST_SUBJECTS:
        return f"{counted(people, 'person', 'people')}, expected {_FEWEST_SUBJECTS} or more"
    return "" if several_walks else "one walk of each person, so that there is nothing to find it by"


def _gallery_and_probes(keys: pd.DataFrame) -> tuple[dict[str, list[Any]], dict[str, list[Any]]] | None:
    """The walks of gallery and probes by condition; None where everybody has one walk."""
    walks = {
        condition: sorted(rows["sequence"].unique(), key=natural)
        for condition, rows in keys.groupby("condition", sort=False)
    }
    if not walks:
        return None
    first, *others = _conditions(keys)
    number = min(len(walks[first]) - 1, max(1, round(_GALLERY_SHARE * len(walks[first]))))
    probes = {first: walks[first][number:], **{name: walks[name] for name in others}}
    gallery = {first: walks[first][:number]}
    if number == 0:  # one walk of the first condition
        gallery, probes = {first: walks[first]}, {name: walks[name] for name in others}
    if not probes:
        return None
    return _numbers(gallery), _numbers(probes)


def _numbers(walks: dict[str, list[str]]) -> dict[str, list[Any]]:
    return {name: [_number(one) for one in several] for name, several in walks.items()}


def _conditions(keys: pd.DataFrame) -> list[str]:
    """The conditions, that of the gallery first: nm, or the one with the most walks."""
    walks = keys.groupby("condition", sort=False)["sequence"].nunique()
    return sorted(walks.index, key=lambda name: (name.lower() != "nm", -walks[name], natural(name)))


def _window(data: Recognised) -> int:
    """Frames of a window: the paper's, or fewer where too many sequences are shorter."""
    if data.modality == "silhouettes" or not len(data.frames):
        return _WINDOW
    shortest = int(np.quantile(data.frames, 1 - _LONG_ENOUGH, method="lower"))
    return max(_SHORTEST_WINDOW, min(_WINDOW, shortest - 1))


def _training(data: Recognised) -> str:
    if data.modality == "silhouettes":
        return ""
    subjects = data.sequences["subject"].nunique()
    train = max(2, round(_TRAINING_SHARE * subjects))
    window, lines = _window(data), []
    network = f"network:\n  frames: {window} # of a window, which {_LONG_ENOUGH:.0%} of the sequences have\n\n"
    lines.append("  # epochs: 300 # config.yaml's, the paper's; `gaitcore check` says how long they take")
    if train < _BATCH:
        lines.append(f"  batch: {{subjects: {train}, sequences: 4}} # all training people")
    if set(data.sequences["condition"]) != {"nm", "bg", "cl"}:
        lines.append("  repeat: {} # every sequence once")
    if train < _LARGE:
        lines.append("  learning_rate: 3.0e-3 # half of the paper's, whose batch is larger; less if a run collapses")
    return (network if window != _WINDOW else "") + "\n".join(["training:", *lines])


def _systems(data: Recognised) -> str:
    if data.modality != "silhouettes":
        return ""
    return "compare: [gei, gaitset] # a mean picture without learning, and a network; docs/systems.md has others"


def _tables(data: Recognised) -> str:
    conditions = _conditions(data.sequences)
    labels = f"\n  conditions: {_yaml({name: name.upper() for name in conditions})}" if conditions else ""
    return f"tables:\n  published: false # the paper's numbers are for CASIA-B{labels}"


def _people(subjects: list[str]) -> str:
    """Subjects as the protocol names them: ``1-74``, or a list."""
    numbers = [canonical(subject) for subject in subjects]
    if all(number.isdecimal() for number in numbers):
        first = int(numbers[0])
        run = list(takewhile(lambda pair: pair[0] == int(pair[1]), zip(count(first), numbers, strict=False)))
        if len(run) == len(numbers) > 1:
            return f"{first}-{numbers[-1]}"
    return _yaml([_number(number) for number in numbers])


def _number(text: str) -> str | int:
    """A number where the text is one, as people write it: 1 for 01."""
    return int(text) if text.isascii() and text.isdecimal() else text


def _shown(path: Path) -> str:
    """A path relative to the repository where it lies in it."""
    absolute, here = path.absolute(), Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else absolute.as_posix()


def _yaml(value: Any) -> str:
    """A value on one line of YAML, in quotes where YAML would read something else."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9)
    return text.removesuffix("\n").removesuffix("\n...")
