"""Every door through which files and settings come in: a small good input, and what a job does with it.

A door is entered in a folder that holds its files, one of which is mutated. It raises a GaitError, or returns an
:class:`Entered`, which says what is wrong with the result, so that nothing bad is accepted silently.
"""

import contextlib
import hashlib
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import experiment
import inputs
import numpy as np
import pandas as pd
import torch
import yaml
from experiment import SmallExperiment
from mutations import DEEP_JSON
from places import REPOSITORY

from gaitcore import extensions
from gaitcore.__main__ import main
from gaitcore.artefacts.embeddings import read_embeddings
from gaitcore.artefacts.metrics import read_metrics
from gaitcore.artefacts.run_record import read_run
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.subjects import read_subjects
from gaitcore.artefacts.summary import read_summary
from gaitcore.artefacts.table_cells import read_cells
from gaitcore.artefacts.training_history import read_history
from gaitcore.errors import GaitError
from gaitcore.keys import KEY_COLUMNS, is_key, parse_sequence_name
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.keypoints.table import PoseTable, list_sequences
from gaitcore.modalities.keypoints.video.listing import find_videos
from gaitcore.modalities.report import read_report, write_report
from gaitcore.modalities.silhouettes.reading import read_silhouettes
from gaitcore.modalities.silhouettes.table import list_sequences as list_silhouettes
from gaitcore.modalities.silhouettes.table import read_blocks
from gaitcore.networks import build_model, load_published_weights
from gaitcore.settings.files import load_config
from gaitcore.systems import system_settings
from gaitcore.training.checkpoints import Checkpoints
from gaitcore_workflow.checked_stages import check_stages

FARTHEST = 100_000.0  # pixels from the frame's corner; no camera has as many
MOST_SURE = 10.0  # a confidence; maxima of heat maps are a little above 1


class Entered(NamedTuple):
    """What came of an input that was accepted.

    Attributes:
        problems: what is wrong with the result; a sentence each.
        result: a digest that has to be the good input's, where the door recognises every change; None elsewhere.
        entries: how many rows or frames arrived.
        reported: how many were left out with a line in a report.
    """

    problems: list[str]
    result: str | None = None
    entries: int = 0
    reported: int = 0


class CommandError(GaitError):
    """What a command printed before it ended with an exit status other than 0."""


@dataclass(frozen=True)
class Door:
    """A way in.

    Attributes:
        name: as in the table of docs/reliability.md.
        files: makes the good input, name -> content.
        enter: does in the working folder what a job does with it.
        mutated: patterns of the files that are mutated; the last one of a form's pattern decides.
        whole: whether the bytes are mutated too, and not only the values in them.
        words: a message need not name the file where it has one of these.
    """

    name: str
    files: Callable[[], inputs.Files]
    enter: Callable[[], Entered]
    mutated: tuple[str, ...] = ("raw/*",)
    form: str | None = None
    whole: bool = True
    words: tuple[str, ...] = ()

    def targets(self) -> list[str]:
        """The names of the files that are mutated."""
        return [name for name in good_files(self) if any(fnmatch(name, pattern) for pattern in self.mutated)]


GOOD_FILES: dict[str, inputs.Files] = {}  # of each door, by its name, once they are made


def good_files(door: Door) -> inputs.Files:
    """The good input of a door, made once."""
    if door.name not in GOOD_FILES:
        GOOD_FILES[door.name] = door.files()
    return GOOD_FILES[door.name]


_FORMS = {
    ".csv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".yaml": "yaml",
    ".pkl": "pickle",
    ".parquet": "parquet",
    ".png": "png",
}
_FORMS |= {".safetensors": "safetensors", ".pt": "torch", ".checkpoint": "checkpoint", ".arguments": "arguments"}


def form_of(name: str) -> str:
    """The form in which the values of a file are mutated."""
    return _FORMS.get(Path(name).suffix, "bytes")


# Frames.


def _read_poses(source_format: str) -> Entered:
    place = {"gaitgraph_csv": "raw/poses.csv", "pose_table": "raw/poses.parquet"}.get(source_format, "raw")
    table, report = read_poses(source_format, place, dataset="small", **inputs.CAMERA)
    table.write("poses.parquet")
    write_report(report, "poses_report.csv")
    problems = _problems_of_poses(table.sequences, table.frame, table.keypoints)
    return Entered(problems, entries=len(table), reported=len(read_report("poses_report.csv")))


def _problems_of_poses(sequences: pd.DataFrame, frame: np.ndarray, keypoints: np.ndarray) -> list[str]:
    problems = _problems_of_frames(sequences, frame)
    if not np.isfinite(keypoints).all():
        problems.append("a coordinate is NaN or infinite")
    elif len(keypoints):
        if np.abs(keypoints[..., :2]).max() > FARTHEST:
            problems.append(f"a coordinate of {np.abs(keypoints[..., :2]).max():g} pixels")
        if np.abs(keypoints[..., 2]).max() > MOST_SURE:
            problems.append(f"a confidence of {np.abs(keypoints[..., 2]).max():g}")
        if (keypoints[..., :2] == 0).all(axis=(1, 2)).any():
            problems.append("a frame with every joint at (0, 0)")
    return problems


def _problems_of_frames(sequences: pd.DataFrame, frame: np.ndarray) -> list[str]:
    problems = [f"{value!r} is no {key}" for key in KEY_COLUMNS for value in sequences[key] if not is_key(value)]
    if sequences.duplicated(list(KEY_COLUMNS)).any():
        problems.append("a sequence twice")
    if sequences["frames"].sum() != len(frame):
        problems.append("other frames than the sequences list")
        return problems
    if len(frame) and frame.min() < 0:
        problems.append(f"a frame number of {frame.min()}")
    first = np.zeros(len(frame), bool)
    first[np.cumsum([0, *sequences["frames"]])[:-1]] = True
    if (np.diff(frame.astype(np.int64), prepend=-1)[~first] <= 0).any():
        problems.append("frames that are not ascending")
    return problems


def _read_silhouettes(source_format: str) -> Entered:
    _, report = read_silhouettes(source_format, "raw", "silhouettes.parquet", dataset="small")
    write_report(report, "silhouettes_report.csv")
    return _silhouettes()._replace(reported=len(read_report("silhouettes_report.csv")))


def _silhouettes() -> Entered:
    sequences = list_silhouettes("silhouettes.parquet")
    blocks = list(read_blocks("silhouettes.parquet"))
    frame = np.concatenate([block.frame for block in blocks]) if blocks else np.empty(0, np.int32)
    return Entered(_problems_of_frames(sequences, frame), entries=len(frame))


def _silhouette_table() -> inputs.Files:
    def make(folder: Path) -> None:
        with contextlib.chdir(folder):
            for name, content in inputs.opengait_pickles().items():
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_bytes(content)
            read_silhouettes("opengait_pickles", "raw", "silhouettes.parquet", dataset="small")

    return {"silhouettes.parquet": inputs.made(make)["silhouettes.parquet"]}


def _videos() -> Entered:
    listing = find_videos(["raw"], "list.csv")
    problems = [f"{name!r} names no sequence" for name in listing.videos if parse_sequence_name(name) is None]
    inside = Path("raw").resolve()
    problems += [f"{path} is outside" for path in listing.videos.values() if inside not in Path(path).resolve().parents]
    if len(set(listing.videos.values())) < len(listing.videos):
        problems.append("one video is two sequences")
    return Entered(problems, entries=len(listing.videos), reported=len(listing.left_out))


# Jobs on our own files. A result other than the good one's has to be refused.


def _digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _same(job: Callable[[SmallExperiment], Any], outputs: Callable[[SmallExperiment], list[Path]]) -> Entered:
    small = SmallExperiment()
    for path in outputs(small):
        path.unlink(missing_ok=True)
    job(small)
    return Entered([], _digest(*outputs(small)))


def _train() -> Entered:
    return _same(SmallExperiment.train, lambda small: [small.run / "weights.safetensors"])


def _evaluate() -> Entered:
    names = ("embeddings.parquet", "subjects.csv")
    return _same(SmallExperiment.evaluate, lambda small: [small.run / name for name in names])


def _summarise() -> Entered:
    return _same(SmallExperiment.summarise, lambda small: [small.summary])


def _tabulate() -> Entered:
    names = ("table1.tex", "table2.csv", "summary.md")
    return _same(SmallExperiment.tabulate, lambda small: [small.tables / name for name in names])


def _reproduce() -> Entered:
    return _same(SmallExperiment.reproduce, lambda small: [small.results / "reproduction.md"])


@cache
def _finished() -> inputs.Files:
    return experiment.finished_files()


def _interrupted() -> inputs.Files:
    """The small experiment with the checkpoints of its training, as a kill leaves them."""
    finished = _finished()

    def make(folder: Path) -> None:
        with contextlib.chdir(folder):
            for name, content in finished.items():
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_bytes(content)
            with mock.patch.object(Checkpoints, "discard"):
                SmallExperiment().train(checkpoint_minutes=0)

    return inputs.made(make)


# Records, each by its own reader.

_READERS: dict[str, Callable[[Path], Any]] = {
    "run.json": read_run,
    "metrics.json": read_metrics,
    "subjects.csv": read_subjects,
    "summary.csv": read_summary,
    "training.csv": read_history,
    "table1.csv": read_cells,
    "table2.csv": read_cells,
    "poses_report.csv": read_report,
    "split.csv": read_split,
    "embeddings.parquet": lambda path: read_embeddings(path)[0],
}


def _records() -> Entered:
    problems = []
    for path in sorted(Path("results").rglob("*")):
        if path.name in _READERS and not _finite(_READERS[path.name](path)):
            problems.append(f"{path.name} holds a number that is infinite, or NaN where none may be")
    return Entered(problems)


def _finite(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(np.isfinite(value).all())
    if isinstance(value, pd.DataFrame):
        numbers = value.select_dtypes("number").to_numpy(float, na_value=np.nan)
        return not np.isinf(numbers).any()
    if hasattr(value, "model_dump"):
        return _finite(value.model_dump())
    if isinstance(value, dict | list | tuple):
        return all(map(_finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def _poses_of_our_own() -> Entered:
    path = Path("results/small/poses.parquet")
    table = PoseTable.read(path)
    list_sequences(path)
    return Entered(_problems_of_poses(table.sequences, table.frame, table.keypoints), entries=len(table))


# Configuration.


def configured(overrides: dict[str, Any], overlay: str = "small") -> Entered:
    """Load the configuration and build the networks it compares."""
    config = load_config("config.yaml", {"experiment": overlay, **overrides})
    problems = []
    names = [config.experiment, *config.compare]
    problems += [f"{name!r} becomes a folder" for name in names if not _is_folder_name(name)]
    problems += [f"seed {seed!r}" for seed in config.seeds if isinstance(seed, bool) or not 0 <= seed < 2**63]
    if not _finite(config.model_dump(mode="json")):
        problems.append("a setting is NaN or infinite")
    for name in config.compare:
        system = system_settings(config, name)
        arguments = (
            {"joints": 17, "in_channels": len(system.input.channels)} if hasattr(system.input, "channels") else {}
        )
        model = build_model(**{"in_channels": 2, **arguments, **system.network.model_dump()}).eval()
        with torch.no_grad():
            shape = (1, system.network.frames, 17, arguments.get("in_channels", 2))
            if not torch.isfinite(model(torch.zeros(shape))).all():
                problems.append(f"{name} gives NaN")
    return Entered([*problems, *_misread(config, overrides)])


def _is_folder_name(name: str) -> bool:
    return bool(name) and not set(name) & set("/\\{}\0\n$;`<>|&*?'\"") and name.strip(".") != "" and len(name) <= 100


def _misread(config: Any, overrides: dict[str, Any]) -> list[str]:
    """The settings of the topmost layer that are not in the configuration as they were written."""
    overlay = overrides or yaml.safe_load(Path("experiments/small.yaml").read_text(encoding="utf-8")) or {}
    found = config.model_dump(mode="json")
    wrong = []
    for path in (
        ("seeds",),
        ("network", "frames"),
        ("network", "embedding_dim"),
        ("training", "epochs"),
        ("data", "fps"),
    ):
        written, used = overlay, found
        for key in path:
            written = written.get(key) if isinstance(written, dict) else None
            used = used[key]
        for value in written if isinstance(written, list) else [written]:
            if isinstance(value, bool):
                wrong.append(f"{'.'.join(path)} is {value}, taken as {used}")
    return wrong


def _on_the_command_line() -> Entered:
    text = Path("command_line.json").read_text()
    return configured(json.loads(text.replace(DEEP_JSON, "[" * 500 + "]" * 500)))  # as deep as JSON can be read


_OVERRIDES = {
    "seeds": [0, 1],
    "compare": ["gaitmixer"],
    "training": {"epochs": 2, "batch": {"kind": "balanced", "subjects": 2, "sequences": 2}},
    "evaluation": {"windows": "centre"},
    "data": {"dataset": "x", "fps": 25, "frame_width": 320},
    "protocol": {"min_frames": 12},
    "network": {"frames": 10},
    "statistics": {"resamples": 50},
}


def _overrides() -> inputs.Files:
    return experiment.configuration_files() | {"command_line.json": json.dumps(_OVERRIDES).encode()}


def _stages() -> Entered:
    content = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text(encoding="utf-8"))
    runs = next(entry["runs"] for entry in content["vars"] if "runs" in entry)
    check_stages("dvc.yaml", *runs.values())
    kept = yaml.safe_load(Path("dvc.yaml").read_bytes())
    listed = next(entry["runs"] for entry in kept["vars"] if isinstance(entry, dict) and "runs" in entry)
    same = all(sorted(map(str, listed[name])) == sorted(map(str, values)) for name, values in runs.items())
    return Entered([] if same else ["dvc.yaml lists other runs"])


# Weights.


def _published() -> inputs.Files:
    def make(folder: Path) -> None:
        torch.manual_seed(0)
        torch.save(_network().state_dict(), folder / "released.pt")

    return inputs.made(make)


def _network() -> torch.nn.Module:
    return build_model("gaitmixer", frames=10, widths=[8], spatial_width=8, spatial_depth=1, heads=2, kernel=3)


def _load_published() -> Entered:
    model = _network()
    load_published_weights(model, "released.pt")
    finite = all(torch.isfinite(tensor).all() for tensor in model.state_dict().values() if tensor.is_floating_point())
    return Entered([] if finite else ["a weight is NaN or infinite"])


# The command line. What it prints is its message; exit status 0 says that all is well.


def _command(*arguments: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            status = main(list(arguments))
        except SystemExit as ended:  # argparse
            raise CommandError("usage: ") from ended
    if status != 0:
        raise CommandError(_last_sentence(printed.getvalue()))
    return printed.getvalue()


def _last_sentence(printed: str) -> str:
    """The line that says what is wrong: of several findings, the first."""
    lines = [line for line in printed.splitlines() if line.strip()]
    named = [line for line in lines if line.startswith(("changed:", "missing:", "NOT traced:"))]
    return named[0] if named else lines[-1] if lines else ""


def _check_manifest() -> Entered:
    _command("check-manifest", "results/small")
    return Entered([], _digest(*_listed_files()))


def _listed_files() -> list[Path]:
    return sorted(path for path in Path("results/small").rglob("*") if path.is_file())


def _trace() -> Entered:
    _command("trace", "results/small/tables/table2.csv", "GaitMixer", "nm")
    behind = [path for path in _listed_files() if path.name in _BEHIND_A_NUMBER]
    return Entered([], _digest(*behind))


_BEHIND_A_NUMBER = ("weights.safetensors", "training.csv", "run.json", "embeddings.parquet", "metrics.json")
_BEHIND_A_NUMBER += ("subjects.csv", "summary.csv", "table2.csv", "split.csv", "poses.parquet")


def _arguments() -> Entered:
    _command(*json.loads(Path("command.arguments").read_text()))
    return Entered([])


def _command_arguments(*arguments: str) -> inputs.Files:
    return _finished() | {"command.arguments": json.dumps(arguments).encode()}


_RUN = f"results/small/{experiment.SYSTEM}/seed-{experiment.SEED}"
_RECEIPTS = "results/small/receipts/*"

DOORS: tuple[Door, ...] = (
    *(Door(f"poses: {name}", getattr(inputs, name), partial(_read_poses, name)) for name in inputs.POSES),
    *(
        Door(f"silhouettes: {name}", getattr(inputs, name), partial(_read_silhouettes, name))
        for name in inputs.SILHOUETTES
    ),
    Door("poses.parquet", _finished, _poses_of_our_own, ("results/small/poses.parquet",)),
    Door("silhouettes.parquet", _silhouette_table, _silhouettes, ("silhouettes.parquet",)),
    Door("list of videos", inputs.videos, _videos, ("list.csv",), words=("raw/",)),
    Door("training", _finished, _train, ("results/small/poses.parquet", "results/small/split.csv", _RECEIPTS)),
    Door(
        "evaluation",
        _finished,
        _evaluate,
        (f"{_RUN}/weights.safetensors", "results/small/split.csv", "results/small/poses.parquet", _RECEIPTS),
    ),
    Door("statistics", _finished, _summarise, (f"{_RUN}/subjects.csv",)),
    Door("tables", _finished, _tabulate, ("results/small/summary.csv", "results/small/split.csv", f"{_RUN}/run.json")),
    Door(
        "reproduction report",
        _finished,
        _reproduce,
        ("results/small/poses_report.csv", "results/small/summary.csv", f"{_RUN}/run.json"),
    ),
    Door("checkpoints", _interrupted, _train, ("results/small/checkpoints/*",)),
    Door("records", _finished, _records, tuple(f"*/{name}" for name in _READERS)),
    Door("released weights", _published, _load_published, ("released.pt",)),
    Door(
        "configuration",
        experiment.configuration_files,
        partial(configured, {}),
        ("config.yaml", "experiments/small.yaml"),
        words=("experiments/", "config.yaml", "protocol."),
    ),
    Door(
        "--config",
        _overrides,
        _on_the_command_line,
        ("command_line.json",),
        whole=False,
        words=("--config", "experiments/", "protocol.", "config.yaml"),
    ),
    Door("dvc.yaml", lambda: {"dvc.yaml": (REPOSITORY / "dvc.yaml").read_bytes()}, _stages, ("dvc.yaml",)),
    Door("check-manifest", _finished, _check_manifest, ("results/*",)),
    Door("trace", _finished, _trace, tuple(f"results/*{name}" for name in (*_BEHIND_A_NUMBER, "manifest.json"))),
    Door(
        "arguments of trace",
        partial(_command_arguments, "trace", "results/small/tables/table2.csv", "GaitMixer", "nm"),
        _arguments,
        ("command.arguments",),
        whole=False,
        words=("",),
    ),
    Door(
        "arguments of check-manifest",
        partial(_command_arguments, "check-manifest", "results/small"),
        _arguments,
        ("command.arguments",),
        whole=False,
        words=("",),
    ),
)


def formats_without_a_door() -> list[str]:
    """The readers of poses and silhouettes for which no door is listed."""
    known = {*inputs.POSES, *inputs.SILHOUETTES}
    return sorted({*extensions.available("readers"), *extensions.available("silhouette_readers")} - known)
