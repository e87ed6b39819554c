"""What scripts of rules have in common."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from places import REPOSITORY, workflow_script


@pytest.mark.parametrize(
    ("table", "others", "expected"),
    [
        ("results/x/poses.parquet", [], {"keypoints": "poses.parquet"}),
        (
            "results/x/silhouettes.parquet",
            ["results/x/poses.parquet"],
            {"silhouettes": "silhouettes.parquet", "keypoints": "poses.parquet"},
        ),
    ],
)
def test_the_tables_of_a_job_are_named_by_their_modality(table, others, expected, monkeypatch):
    monkeypatch.syspath_prepend(REPOSITORY / "workflow_scripts")
    snakemake = SimpleNamespace(input=SimpleNamespace(table=table, others=others))
    found = workflow_script("job").frame_tables(snakemake)
    assert found == {name: Path("results/x") / file for name, file in expected.items()}
    assert next(iter(found)) == next(iter(expected))  # the job's own modality comes first
