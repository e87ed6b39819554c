"""What the scripts of rules share."""

from pathlib import Path
from types import SimpleNamespace

from places import REPOSITORY, workflow_script


def test_the_table_that_lists_the_sequences_is_an_input_of_its_own_or_none(monkeypatch):
    """Snakemake passes what an input function returns as a list, also where it has one path."""
    monkeypatch.syspath_prepend(REPOSITORY / "workflow_scripts")
    listing_table = workflow_script("job").listing_table
    for paths, expected in (([], None), (["results/x/poses.parquet"], Path("results/x/poses.parquet"))):
        assert listing_table(SimpleNamespace(input=SimpleNamespace(listing=paths))) == expected
