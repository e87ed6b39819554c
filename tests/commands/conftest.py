"""Two finished small experiments in a folder with their configuration: ``before``, and ``small`` that differs in a
learning rate."""

import contextlib

import inputs
import pytest
from experiment import SmallExperiment, configuration_files


@pytest.fixture(scope="session")
def two_experiments(tmp_path_factory):
    """The folder; its files must not be changed."""
    folder = tmp_path_factory.mktemp("two")
    for name, content in (configuration_files() | inputs.gaitgraph_csv()).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with contextlib.chdir(folder):
        SmallExperiment(training={"learning_rate": 1e-4}).make()
        (folder / "results/small").rename("results/before")
        SmallExperiment().make()
    return folder


@pytest.fixture
def at_two_experiments(two_experiments, monkeypatch):
    """The same, as the working folder of a test."""
    monkeypatch.chdir(two_experiments)
    return two_experiments
