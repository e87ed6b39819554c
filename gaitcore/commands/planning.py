"""What an experiment will use and need, computed from its configuration, its data and a few training steps."""

import math
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from gaitcore import modalities
from gaitcore.commands.paths import RESULTS
from gaitcore.commands.repository import load_experiment
from gaitcore.commands.texts import text_table
from gaitcore.errors import DataError
from gaitcore.keys import KEY_COLUMNS, SequenceKey
from gaitcore.modalities.report import read_report
from gaitcore.networks import modality
from gaitcore.percent import in_percent
from gaitcore.protocols.derivation import excludes_identical_view, gaps
from gaitcore.protocols.roles import EXCLUDED, ROLES
from gaitcore.protocols.sides import GALLERY, PROBE, compared, in_tables_order
from gaitcore.settings.experiment import Config
from gaitcore.sweeps import runs_of_sweep, tries_of, with_tries
from gaitcore.systems import is_trained, runs_of, system_settings
from gaitcore.words import counted

if TYPE_CHECKING:
    from gaitcore.training.estimate import StepTime

_THREADS = 2  # of a training job, rules/train.smk
_BYTES_OF_A_FRAME = {"keypoints": 204, "silhouettes": 210}  # in its table; silhouettes are packed 20 times smaller
_UNPACKED_SILHOUETTE = 64 * 64  # bytes, beside the table while a run trains
_BYTES_OF_A_WEIGHT = 4 + 2 * 3 * 4  # the weights, and two checkpoints with the optimiser's two numbers of each


class Frames(NamedTuple):
    """The frames of one modality: where they were read, their sequences with ``frames``, and what was left out."""

    source: str
    sequences: pd.DataFrame
    left_out: int
    first_reason: str


@dataclass(frozen=True)
class MeasuredSystem:
    """A system as it will be trained.

    Attributes:
        parameters: number of weights.
        embedding: numbers of an embedding.
        time: of a step; None where nothing is trained or nothing was measured.
        memory: bytes, the peak of a process that trained a few steps; None likewise.
        device: "cpu", or the GPU's name.
    """

    parameters: int
    embedding: int
    time: "StepTime | None"
    memory: int | None
    device: str


class Disk(NamedTuple):
    """Lines on the disk, and whether it has enough room."""

    lines: list[str]
    fits: bool


# --- data ---


def data_of(config: Config) -> dict[str, Frames]:
    """The frames of each modality: from the experiment's results where they are there, else from the source."""
    results = RESULTS / config.experiment
    frames: dict[str, Frames] = {}
    for name in tqdm(config.data.modality, "Reading the data", delay=2, leave=False, disable=None):
        table = results / modalities.table_name(name)
        if table.exists():
            report = read_report(table.with_name(f"{table.stem}_report.csv"))
            frames[name] = _frames(str(table), modalities.part(name, "table").list_sequences(table), report)
        elif name == "silhouettes":
            frames[name] = _silhouettes(config, frames)
        else:
            frames[name] = _poses(config)
    return frames


def _frames(source: str, sequences: pd.DataFrame, report: pd.DataFrame) -> Frames:
    reason = f"{report.iloc[0]['file']}: {report.iloc[0]['reason']}" if len(report) else ""
    return Frames(source, sequences[[*KEY_COLUMNS, "frames"]], len(report), reason)


def _poses(config: Config) -> Frames:
    from gaitcore.modalities.keypoints.reading import read_poses, reading_arguments

    data = config.data
    if data.format == "video":
        return _videos(config)
    paths = list(data.path)
    with tempfile.TemporaryDirectory() as folder:
        if data.walkers is not None:
            from gaitcore.modalities.keypoints.walkers.walkers import write_walkers

            paths = [str(Path(folder) / "walkers.csv")]
            write_walkers(Path(paths[0]), data.walkers)
        table, report = read_poses(data.format, paths, **reading_arguments(data))
    source = "synthetic walkers" if data.walkers is not None else ", ".join(map(str, data.path))
    return _frames(source, table.sequences, report)


def _silhouettes(config: Config, frames: Mapping[str, Frames]) -> Frames:
    from gaitcore.modalities.silhouettes.reading import read_silhouettes

    given = config.data.silhouettes
    if given is None:
        raise DataError(f"{config.experiment} has no data.silhouettes, expected where the silhouettes come from.")
    if given.format == "video":
        return _videos(config)
    if given.format == "bodies":
        poses = frames.get("keypoints") or _poses(config)
        return poses._replace(source=f"bodies round the poses of {poses.source}")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "silhouettes.parquet"
        read = read_silhouettes(given.format, given.path, table, dataset=config.data.dataset, tree=given.tree)
    return _frames(", ".join(given.path), *read)


def _videos(config: Config) -> Frames:
    """The videos, with the frames that their headers name at the rate in use."""
    from gaitcore.modalities.keypoints.video.decoding import read_camera
    from gaitcore.modalities.keypoints.video.listing import find_videos

    video = config.data.video
    listing = find_videos(config.data.path, video.list if video else None, bool(video and video.list_outside))
    rows = []
    for name, path in tqdm(listing.videos.items(), "Opening videos", delay=2, leave=False, disable=None):
        camera = read_camera(Path(path))
        frames = round(camera.frames * config.data.fps / camera.fps) if camera else 0
        rows.append([*SequenceKey(*name.split("-")), frames])
    first = f"{listing.left_out[0].file}: {listing.left_out[0].reason}" if listing.left_out else ""
    sequences = pd.DataFrame(rows, columns=[*KEY_COLUMNS, "frames"])
    source = f"{', '.join(config.data.path)}, frames by the videos' headers"
    return Frames(source, sequences, len(listing.left_out), first)


def data_lines(config: Config, data: Mapping[str, Frames]) -> list[str]:
    """The data of each modality."""
    lines = [f"{config.experiment}: {config.data.dataset}"]
    for name, frames in data.items():
        sequences, counts = frames.sequences, frames.sequences["frames"]
        remarks = (
            f"{frames.left_out:,}, e.g. {frames.first_reason}" if frames.left_out else "none; nothing was left out"
        )
        people = counted(sequences["subject"].nunique(), "person", "people")
        conditions, views = (counted(sequences[column].nunique(), column) for column in ("condition", "view"))
        least, most = counts.min(), counts.max()
        each = f"{least} to {most} a sequence, median {counts.median():g}" if least < most else f"{least} a sequence"
        lines += ["", f"Data: {name} from {frames.source}"]
        lines += [
            f"  sequences  {len(sequences):,} of {people} in {conditions} and {views}",
            f"  frames     {counts.sum():,}, {each}",
            f"  remarks    {remarks}",
        ]
    return lines


# --- split ---


def split_lines(config: Config, roles: Mapping[str, pd.DataFrame]) -> list[str]:
    """Roles, reasons of exclusion and denominators for each modality."""
    lines = []
    for name, assigned in roles.items():
        lines += ["", f"Split {config.protocol.split}: {name}", *_indented(_roles(assigned))]
        excluded = assigned[assigned["role"] == EXCLUDED]["reason"].str.replace(
            r"^\d+ frames", "too few frames", regex=True
        )
        lines += [f"  excluded: {number} with {reason}" for reason, number in excluded.value_counts().items()]
        lines += [*_indented(_denominators(config, assigned)), *(f"  {gap}" for gap in gaps(assigned, config.protocol))]
    return lines


def _roles(assigned: pd.DataFrame) -> str:
    rows = [
        [role, rows["subject"].nunique(), len(rows), int(rows["frames"].sum())]
        for role in ROLES
        if len(rows := assigned[assigned["role"] == role])
    ]
    return text_table(rows, ["role", "people", "sequences", "frames"])


def _denominators(config: Config, assigned: pd.DataFrame) -> str:
    """Of each condition: its probes, with how many gallery sequences each is compared, chance, the worth of a probe."""
    identical = excludes_identical_view(config.protocol)
    rows = []
    for part in compared(assigned, config.protocol).values():
        gallery, probes = (part[part["role"] == role] for role in (GALLERY, PROBE))
        people = gallery["subject"].nunique()
        for condition in in_tables_order(probes["condition"].unique(), config.protocol):
            own = probes[probes["condition"] == condition]
            met = [len(gallery) - identical * int((gallery["view"] == view).sum()) for view in own["view"].unique()]
            span = f"{min(met):,}" if min(met) == max(met) else f"{min(met):,} to {max(met):,}"
            chance = f"{in_percent(1 / people):.3g} %" if people else "-"
            rows.append([condition, len(own), span, chance, f"{in_percent(1 / len(own)):.2f} points"])
    return text_table(rows, ["condition", "probes", "gallery sequences of each", "chance", "one probe is"])


def _indented(table: str) -> list[str]:
    return [f"  {line}" for line in table.splitlines()]


# --- runs ---


def measured_systems(config: Config, timed: bool) -> dict[str, MeasuredSystem]:
    """Each system of the comparison and of the sweep, measured in a process of its own, whose memory is its own."""
    varied = [config.sweep.system] if config.sweep else []
    names = list(dict.fromkeys([*config.compare, *varied]))
    systems = tqdm(names, "Measuring steps", delay=2, leave=False, disable=None)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        return {name: pool.submit(_measured, config.experiment, name, timed).result() for name in systems}


def _measured(experiment: str, name: str, timed: bool) -> MeasuredSystem:
    import torch

    from gaitcore.execution import compute
    from gaitcore.networks import build_model
    from gaitcore.training.estimate import seconds_per_step
    from gaitcore.training.optimisation import all_epochs

    system = system_settings(load_experiment(experiment), name)
    device = compute.prepare(min(_THREADS, os.cpu_count() or 1))
    time = memory = None
    if timed and system.weights is None and all_epochs(system.training):
        time = seconds_per_step(system.network, system.input, system.training, device)
        memory = torch.cuda.max_memory_allocated() if device.type == "cuda" else compute.peak_memory()
    frames = system.network.frames
    store = modalities.part(modality(system.network.name), "store").made_up_store(
        np.array([frames]), system.input, device
    )
    model = build_model(**store.network_arguments(), **system.network.model_dump()).to(device).eval()
    window = store.windows(torch.zeros(1, dtype=torch.int64, device=device), torch.arange(frames, device=device)[None])
    with torch.no_grad():
        embedding = model(store.network_input(window)).numel()
    parameters = sum(weight.numel() for weight in model.parameters())
    return MeasuredSystem(parameters, embedding, time, memory, compute.device_name(device))


def run_lines(config: Config, runs: Mapping[str, MeasuredSystem], roles: Mapping[str, pd.DataFrame]) -> list[str]:
    """Time and memory of each system's runs on this machine."""
    from gaitcore.training.estimate import steps_of_run
    from gaitcore.training.progress import in_words

    rows, seconds = [], 0.0
    for name, run in runs.items():
        system = system_settings(config, name)
        assigned = roles[modality(system.network.name)]
        trained = is_trained(config, name)
        steps = steps_of_run(system.training, assigned[assigned["role"] == "train"]) if trained else 0
        number = len(runs_of(config, [name]))
        took = "-" if run.time is None else in_words(run.time.seconds)
        whole = "-" if run.time is None else in_words(run.time.seconds * steps)
        seconds += number * steps * (run.time.seconds if run.time else 0)
        partial = " or more" if run.time and run.time.measured < run.time.batch else ""
        memory = "-" if run.memory is None else f"{_bytes(run.memory)}{partial}"
        rows.append([name, run.parameters, steps, took, whole, number, memory])
    header = ["system", "weights", "steps", "a step", "a run", "runs", "memory of a run"]
    devices = " and ".join(dict.fromkeys(run.device for run in runs.values()))
    place = f"{os.cpu_count()} cores, {'no GPU' if devices == 'cpu' else devices}"
    lines = ["", f"Runs on this machine as it is now: {place}, {_bytes(_memory())} of memory"]
    lines += _indented(text_table(rows, header))
    if seconds:
        at_once = 1 if devices != "cpu" else max(1, (os.cpu_count() or 1) // _THREADS)
        lines.append(
            f"  training in all: about {in_words(seconds / at_once)}, {at_once} at a time; evaluation not counted"
        )
    return lines


def sweep_lines(config: Config, runs: Mapping[str, MeasuredSystem], roles: Mapping[str, pd.DataFrame]) -> list[str]:
    """The tries of the sweep and their time, as if a step of a try lasted as long as one of the system it varies."""
    from gaitcore.training.estimate import steps_of_run
    from gaitcore.training.progress import in_words

    if config.sweep is None:
        return []
    varied, tries = with_tries(config), tries_of(config.sweep)
    number = len(runs_of_sweep(config))
    lines = ["", f"Sweep: {len(tries)} tries of {config.sweep.system}, {number} runs, on validation subjects only"]
    measured = runs.get(config.sweep.system)
    if measured and measured.time:
        systems = [system_settings(varied, one.name) for one in tries]
        assigned = roles[modality(systems[0].network.name)]
        sequences = assigned[assigned["role"] == "train"]
        steps = sum(steps_of_run(system.training, sequences) for system in systems) * (number // len(tries))
        at_once = 1 if measured.device != "cpu" else max(1, (os.cpu_count() or 1) // _THREADS)
        lines.append(
            f"  training in all: {steps:,} steps, about {in_words(measured.time.seconds * steps / at_once)} if a step "
            f"takes as long as one of {config.sweep.system}, {at_once} at a time"
        )
    return lines


def _memory() -> int:
    """Bytes of memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


# --- disk ---


def disk(
    config: Config,
    runs: Mapping[str, MeasuredSystem],
    data: Mapping[str, Frames],
    roles: Mapping[str, pd.DataFrame],
) -> Disk:
    """Room that results/EXPERIMENT will take, beside what is free."""
    tables = sum(_BYTES_OF_A_FRAME.get(name, 0) * int(one.sequences["frames"].sum()) for name, one in data.items())
    unpacked = sum(
        _UNPACKED_SILHOUETTE * int(assigned.loc[assigned["role"] != EXCLUDED, "frames"].sum())
        for name, assigned in roles.items()
        if name == "silhouettes"
    )
    kept = 0
    for name, run in runs.items():
        assigned = roles[modality(system_settings(config, name).network.name)]
        tested = int(assigned["role"].isin((GALLERY, PROBE)).sum())
        kept += len(runs_of(config, [name])) * (_BYTES_OF_A_WEIGHT * run.parameters + 4 * run.embedding * tested)
    needed = tables + unpacked + kept
    place = next(path for path in (RESULTS.absolute(), *RESULTS.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    parts = f"tables of frames {_bytes(tables)}, runs {_bytes(kept)}"
    if unpacked:
        parts += f", unpacked silhouettes while a run trains {_bytes(unpacked)}"
    lines = ["", f"Disk: about {_bytes(needed)} ({parts}); {_bytes(free)} are free"]
    if needed > free:
        lines.append("  The disk is too small; free some space first.")
    return Disk(lines, needed <= free)


def _bytes(number: float) -> str:
    """A number of bytes as people read it: ``2.7 GB``."""
    power = min(4, int(math.log(max(number, 1), 1000)))
    value = number / 1000**power
    return f"{value:.{int(value < 9.95 and power > 0)}f} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"
