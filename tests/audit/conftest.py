"""A results folder with a manifest."""

from pathlib import Path

import pytest
from results_folder import Results


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Poses, a split made from them, and the manifest."""
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/poses.csv").write_text("poses")
    made = Results()
    poses, split = made.folder / "poses.parquet", made.folder / "split.csv"
    made.make("poses", "read_poses", ["data/poses.csv"], [poses])
    made.make("splits", "splits", [str(poses)], [split])
    made.write_manifest()
    return made
