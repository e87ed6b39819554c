"""A new network is one file and its entry in the configuration; it is found by its name and reruns nothing else."""

import pandas as pd
import pytest

pytestmark = pytest.mark.workflow

NETWORK = '''\
"""The mean pose of a window, mapped linearly."""

from torch import nn
from torch.nn import functional as F

TITLE = "MeanPose"
MODALITY = "keypoints"
MAP = "the input, mapped linearly"


class MeanPose(nn.Module):
    def __init__(self, frames, joints, in_channels, embedding_dim, width=8):
        super().__init__()
        self.widen = nn.Linear(in_channels, width)
        self.head = nn.Linear(joints * width, embedding_dim)

    def forward(self, x):
        return self.read(*self.last_map(x))

    def last_map(self, x):
        return (self.widen(x),)

    def read(self, x):
        return F.normalize(self.head(x.mean(dim=1).flatten(1)))
'''

EXPERIMENT = """\
experiment: sixth
extends: tiny
seeds: [0]
compare: [meanpose, gaitformer]
systems:
  meanpose: {network: {width: 4}}
"""


@pytest.fixture(scope="module")
def added(finished):
    """The finished workflow with a sixth network in it; it is taken out again afterwards."""
    network = finished.folder / "gaitcore" / "networks" / "meanpose.py"
    network.write_text(NETWORK)
    (finished.folder / "experiments" / "sixth.yaml").write_text(EXPERIMENT)
    yield finished
    network.unlink()


def test_adding_a_network_reruns_nothing(added):
    assert added.jobs() == {}


def test_it_goes_from_poses_to_tables_and_figures(added):
    done = added.snakemake("tables", "figures", experiment="sixth")
    assert done.returncode == 0, done.stdout
    results = added.folder / "results" / "sixth"
    assert set(pd.read_csv(results / "tables" / "table2.csv")["method"]) == {"MeanPose", "GaitFormer"}
    caption = (results / "figures" / "frequency.txt").read_text()
    assert "for MeanPose, the input, mapped linearly" in caption


def test_editing_it_reruns_its_own_jobs_and_no_others(added):
    network = added.folder / "gaitcore" / "networks" / "meanpose.py"
    network.write_text(NETWORK.replace("width=8", "width=16"))
    planned = added.snakemake("tables", "-n", experiment="sixth").stdout
    network.write_text(NETWORK)
    assert "Training meanpose, seed 0, on sixth" in planned
    assert "Training gaitformer" not in planned
    assert added.jobs() == {}


def test_an_option_it_does_not_have_ends_in_one_sentence(added):
    done = added.snakemake("-n", experiment="sixth", config=("systems={meanpose: {network: {widht: 4}}}",))
    assert done.returncode == 1
    assert "systems.meanpose.network.widht: unknown setting; did you mean" in done.stdout
