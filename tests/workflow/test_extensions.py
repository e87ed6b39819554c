"""A network, an input, a loss and a reader from outside the repository, in a folder or a package, in the real DAG."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from gaitcore.keys import KEY_COLUMNS, SequenceKey
from gaitcore.modalities.keypoints.table import PoseTable

pytestmark = pytest.mark.workflow

NETWORK = '''\
"""The mean pose of a window, mapped linearly."""

from torch import nn

from .layers import unit

TITLE = "MeanPose"
MODALITY = "keypoints"
MAP = "the input, mapped linearly"


class MeanPose(nn.Module):
    """The mean pose of a window, mapped linearly."""

    def __init__(self, frames, joints, in_channels, embedding_dim, *, width: int = 8):
        super().__init__()
        self.widen = nn.Linear(in_channels, width)
        self.head = nn.Linear(joints * width, embedding_dim)

    def forward(self, x):
        return self.read(*self.last_map(x))

    def last_map(self, x):
        return (self.widen(x),)

    def read(self, x):
        return unit(self.head(x.mean(dim=1).flatten(1)))
'''

LAYERS = """\
from torch.nn import functional as F


def unit(x):
    return F.normalize(x)
"""

LOSS = '''\
"""Cross entropy of the cosine similarities to a learnt prototype of each subject."""

import torch
from torch import nn
from torch.nn import functional as F

from gaitcore.settings.values import Positive

TITLE = "prototype loss"


class Loss(nn.Module):
    """Cross entropy of the cosine similarities to a learnt prototype of each subject.

    Args:
        scale: what similarities are multiplied by.
    """

    def __init__(self, *, subjects: int, embedding_dim: int, scale: Positive = 8.0):
        super().__init__()
        self.prototypes = nn.Parameter(torch.randn(subjects, embedding_dim))
        self.scale = scale

    def forward(self, embeddings, labels):
        return F.cross_entropy(self.scale * embeddings @ F.normalize(self.prototypes).T, labels), 0
'''

READER = '''\
"""Poses as NumPy files: one for each sequence, (T, 17, 3) x, y and confidence."""

import hashlib
from dataclasses import replace

import numpy as np

from gaitcore.keys import parse_sequence_name
from gaitcore.modalities.keypoints.table import combined_digest, table_of_sequences

LABEL = "NumPy files"
EXPECTED = "a folder with files like 001-nm-01-090.npy"


def read(paths, info, report):
    poses, digests = {}, []
    for path in sorted(file for folder in paths for file in folder.iterdir()):
        key = parse_sequence_name(path.stem)
        if key is None:
            report.add(path, f"names no sequence, expected {EXPECTED}")
            continue
        keypoints = np.load(path)
        poses[key] = np.arange(len(keypoints), dtype=np.int32), keypoints
        digests.append((path.name, hashlib.sha256(path.read_bytes()).hexdigest()))
    return table_of_sequences(poses, replace(info, source_digest=combined_digest(digests)))
'''

PROTOCOL = '''
"""The tiny experiment's roles, gallery and probes exchanged."""
from gaitcore.protocols import cross_view
TITLE = "exchanged"
METRICS = "whole_gallery"
COMPARISON = "gallery and probes exchanged"
EXCHANGED = {"gallery": "probe", "probe": "gallery"}
def assign_roles(sequences, protocol):
    assigned = cross_view.assign_roles(sequences, protocol)
    return assigned.assign(role=assigned["role"].replace(EXCHANGED))
'''

INPUT = """
from gaitcore.modalities.keypoints.input import InputTransform
TITLE = "joints from the hips"
class Transform(InputTransform):
    names = ("x", "y")
    @classmethod
    def of(cls, settings, values, frame_width):
        return cls()
    def __call__(self, poses):
        return poses[..., :2] - poses[..., [11, 12], :2].mean(dim=-2, keepdim=True)
"""

FILES = {
    "networks/meanpose.py": NETWORK,
    "networks/layers.py": LAYERS,
    "losses/prototype.py": LOSS,
    "readers/numpy_files.py": READER,
    "protocols/exchanged.py": PROTOCOL,
    "inputs/from_hips.py": INPUT,
}

METADATA = "Metadata-Version: 2.1\nName: gait-extra\nVersion: 1.0\n"
ENTRY_POINTS = """\
[gaitcore.networks]
meanpose = gait_extra.networks.meanpose
[gaitcore.losses]
prototype = gait_extra.losses.prototype
[gaitcore.readers]
numpy_files = gait_extra.readers.numpy_files
[gaitcore.inputs]
from_hips = gait_extra.inputs.from_hips
[gaitcore.protocols]
exchanged = gait_extra.protocols.exchanged
"""

EXPERIMENT = """\
experiment: {name}
extends: tiny
{extensions}
data: {{format: numpy_files, path: data/raw/numpy, pose_source: "", walkers: null}}
protocol: {{kind: exchanged}}
seeds: [0]
compare: [meanpose, gaitformer]
systems:
  meanpose: {{network: {{width: 4}}, input: {{transform: from_hips}}}}
  gaitformer: {{training: {{loss: {{kind: prototype}}}}}}
"""

REPORTS = {"summary": 1, "write_tables": 1, "write_reproduction": 1, "write_manifest": 1}
ONE_RUN = {"train": 1, "evaluate": 1, **REPORTS}
AFTER_EDIT = {
    "networks/meanpose.py": (ONE_RUN, "Training meanpose, seed 0, on {}"),
    "networks/layers.py": (ONE_RUN, "Training meanpose, seed 0, on {}"),
    "inputs/from_hips.py": (ONE_RUN, "Training meanpose, seed 0, on {}"),
    "losses/prototype.py": (ONE_RUN, "Training gaitformer, seed 0, on {}"),
    "readers/numpy_files.py": (
        {"read_poses": 1, "splits": 1, "train": 2, "evaluate": 2, **REPORTS},
        "Reading the poses of {}",
    ),
    "protocols/exchanged.py": (
        {"splits": 1, "train": 2, "evaluate": 2, **REPORTS},
        "Assigning roles",
    ),
}


class Outside:
    """The files of an extension in a folder, or in an installed package, and the experiment that uses them."""

    def __init__(self, workflow, root, place):
        self.workflow, self.experiment = workflow, f"outside_{place}"
        self.files = root / "gait_extra"
        for name, text in FILES.items():
            (self.files / name).parent.mkdir(parents=True, exist_ok=True)
            (self.files / name).write_text(text)
        if place == "package":
            info = root / "gait_extra-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(METADATA)
            (info / "entry_points.txt").write_text(ENTRY_POINTS)
            workflow.packages = (root,)
        self.overlay = workflow.folder / "experiments" / f"{self.experiment}.yaml"
        self.use(self.files if place == "folder" else None)

    def use(self, folder):
        extensions = f"extensions: {folder}" if folder else ""
        self.overlay.write_text(EXPERIMENT.format(name=self.experiment, extensions=extensions))

    def plan(self):
        done = self.workflow.snakemake("tables", "-n", experiment=self.experiment)
        return done.stdout

    def result(self, name):
        return self.workflow.folder / "results" / self.experiment / name

    def json(self, name):
        return json.loads(self.result(name).read_text())

    def digests(self, *names):
        return {name: hashlib.sha256((self.files / name).read_bytes()).hexdigest() for name in names}


@pytest.fixture(scope="module", params=["folder", "package"])
def outside(request, finished, tmp_path_factory):
    """The finished workflow, and an experiment on a network, a loss and a reader that lie outside the repository."""
    _write_poses(finished)
    outside = Outside(finished, tmp_path_factory.mktemp("outside"), request.param)
    done = finished.snakemake("tables", "figures", experiment=outside.experiment)
    assert done.returncode == 0, done.stdout
    yield outside
    finished.packages = ()


def _write_poses(finished):
    """The poses of the tiny experiment in the reader's format."""
    folder = finished.folder / "data" / "raw" / "numpy"
    folder.mkdir(exist_ok=True)
    table = PoseTable.read(finished.results("poses.parquet"))
    for n, row in enumerate(table.sequences[list(KEY_COLUMNS)].itertuples(index=False)):
        frames = slice(table.offsets[n], table.offsets[n + 1])
        np.save(folder / f"{SequenceKey(*row).name}.npy", table.keypoints[frames])


def test_network_loss_and_reader_go_from_poses_to_tables_and_figures(outside):
    methods = pd.read_csv(outside.result("tables/table2.csv"))["method"]
    assert set(methods) == {"MeanPose", "GaitFormer"}
    assert "for MeanPose, the input, mapped linearly" in outside.result("figures/frequency.txt").read_text()
    assert "GaitFormer after 1 epoch, prototype loss " in outside.result("figures/training.txt").read_text()
    assert PoseTable.read(outside.result("poses.parquet")).info.source == "NumPy files"
    assert outside.workflow.jobs(experiment=outside.experiment) == {}


def test_a_protocol_from_outside_decides_roles_and_how_they_are_measured(outside):
    split, tiny = (pd.read_csv(path) for path in (outside.result("split.csv"), outside.workflow.results("split.csv")))
    exchanged = {"gallery": "probe", "probe": "gallery"}
    assert split["role"].tolist() == tiny["role"].replace(exchanged).tolist()
    metrics = outside.json("meanpose/seed-0/metrics.json")
    assert set(metrics["means"]) == {"rank1", "rank5", "mAP", "mINP"}
    assert [condition["views"] for condition in metrics["conditions"].values()] == [["all"]]
    assert "gallery and probes exchanged" in outside.result("tables/table2.md").read_text()
    assert not list(outside.result("figures").glob("cross_view_*"))


def test_records_name_the_files_from_outside_and_no_place_on_this_machine(outside):
    network = ("inputs/from_hips.py", "networks/layers.py", "networks/meanpose.py")
    loss, protocol = ("losses/prototype.py",), ("protocols/exchanged.py",)  # the protocol derives the roles again
    run = "{}/seed-0/{}.json"
    assert outside.json(run.format("meanpose", "run"))["extensions"] == outside.digests(*network, *protocol)
    assert outside.json(run.format("meanpose", "metrics"))["extensions"] == outside.digests(*network, *protocol)
    assert outside.json(run.format("gaitformer", "run"))["extensions"] == outside.digests(*loss, *protocol)
    assert outside.json(run.format("gaitformer", "metrics"))["extensions"] == outside.digests(*protocol)
    manifest = outside.json("manifest.json")
    assert manifest["extensions"] == outside.digests(
        *loss, *network, "readers/numpy_files.py", "protocols/exchanged.py"
    )
    reproduction = outside.result("reproduction.md").read_text()
    for name, digest in outside.digests(*loss, *network).items():
        assert f"{name} (SHA-256 {digest})" in reproduction
    assert "joints from the hips: MeanPose" in reproduction
    for name in manifest["artefacts"]:
        assert str(outside.files).encode() not in outside.result(name).read_bytes(), name
    assert str(outside.files) not in outside.result("manifest.json").read_text()


def test_a_number_of_theirs_is_traced_without_them(outside):
    table = outside.result("tables/table2.csv").relative_to(outside.workflow.folder)
    arguments = (str(table), "MeanPose", "NM")
    command, place = [sys.executable, "-m", "gaitcore", "trace", *arguments], outside.workflow.place
    done = subprocess.run(command, **place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for name, digest in outside.digests("inputs/from_hips.py", "networks/layers.py", "networks/meanpose.py").items():
        assert f"extension {name} {digest[:12]}" in " ".join(done.stdout.split())


def test_adding_them_reruns_nothing(outside, edited):
    assert outside.workflow.jobs() == {}
    edited("config.yaml", lambda text: text.replace("extensions: []", f"extensions: {outside.files}"))
    outside.workflow.packages, packages = (), outside.workflow.packages
    assert outside.workflow.jobs() == {}
    outside.workflow.packages = packages


@pytest.mark.parametrize("name", AFTER_EDIT)
def test_editing_one_reruns_what_uses_it(outside, name):
    jobs, message = AFTER_EDIT[name]
    file = outside.files / name
    file.write_text(f"{FILES[name]}\n# an edit\n")
    said = outside.plan()
    file.write_text(FILES[name])
    assert outside.workflow.planned(said) == jobs
    assert message.format(outside.experiment) in said


def test_editing_all_of_them_reruns_nothing_of_another_experiment(outside):
    for name, text in FILES.items():
        (outside.files / name).write_text(f"{text}\n# an edit\n")
    planned = outside.workflow.jobs()
    for name, text in FILES.items():
        (outside.files / name).write_text(text)
    assert planned == {}


def test_a_folder_that_moves_reruns_nothing(outside, tmp_path):
    if outside.workflow.packages:
        pytest.skip("a package has no folder in the configuration")
    outside.files.rename(tmp_path / "moved")
    outside.use(tmp_path / "moved")
    said = outside.plan()
    (tmp_path / "moved").rename(outside.files)
    outside.use(outside.files)
    assert outside.workflow.planned(said) == {}


def test_a_broken_file_ends_in_one_sentence(outside):
    file = outside.files / "networks" / "meanpose.py"
    file.write_text(NETWORK.replace("MODALITY", "MODALTY"))
    said = outside.plan()
    file.write_text(NETWORK)
    assert f"{file}: declares no MODALITY, which a network needs, expected a line like MODALITY = " in said
    assert "Traceback" not in said
