"""A small data set on disk for runs from files to files."""

import shutil

import numpy as np
import pytest
from resumable_training import PROTOCOL

from gaitcore.artefacts.split import write_split
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.protocols.cross_view import assign_roles


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with poses.parquet and split.csv of five subjects, three of whom train; nobody writes there."""
    folder = tmp_path_factory.mktemp("drawn")
    generator = np.random.default_rng(0)
    walks = {}
    for subject in range(1, 6):
        for sequence in range(1, 5):
            poses = (generator.uniform(50, 200, (15, 17, 3)) / (1, 1, 200)).astype(np.float32)
            walks[SequenceKey(f"{subject:03d}", "nm", sequence, 0)] = (np.arange(1, 16, dtype=np.int32), poses)
    table = table_of_sequences(walks, PoseInfo("test", 320, 240, 25.0, "drawn", "1", "0" * 64))
    table.write(folder / "poses.parquet")
    write_split(assign_roles(table.sequences, PROTOCOL), folder / "split.csv")
    return folder


@pytest.fixture
def data(drawn, tmp_path):
    """A copy of these files in the test's own folder."""
    return shutil.copytree(drawn, tmp_path, dirs_exist_ok=True)
