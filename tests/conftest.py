"""Settings of the test processes, the order of the files of tests, a real walking video and a results folder."""

import os

import pytest

# Threads that wait sleep, as in the workflow's own jobs: a busy neighbour would make every step many times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


LONG = ("slurm", "workflow", "slow")  # markers of tests that take long; those with Slurm mostly wait


def pytest_collection_modifyitems(items):
    """Files with long tests first, in this order: no process is left alone with one at the end of a parallel run."""
    ranks = {item.path: len(LONG) for item in items}
    for item in items:
        for rank, marker in enumerate(LONG):
            if item.get_closest_marker(marker):
                ranks[item.path] = min(ranks[item.path], rank)
    items.sort(key=lambda item: ranks[item.path])


@pytest.fixture(scope="session")
def walking():
    """Frame number -> image (240, 320, 3) of RGB bytes: a walker seen from the side at 30 frames/s, as in CASIA-B."""
    from walking_video import WHEEL, walking_frames

    frames = walking_frames()
    if frames is None:
        pytest.skip(f"no walking video: the package {WHEEL} cannot be fetched")
    return frames


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A small results folder: poses, a split made from them, and the manifest."""
    from results_folder import Results

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/poses.csv").write_text("poses")
    made = Results()
    poses, split = made.folder / "poses.parquet", made.folder / "split.csv"
    made.make("poses", "read_poses", ["data/poses.csv"], [poses])
    made.make("splits", "splits", [str(poses)], [split])
    made.write_manifest()
    return made
