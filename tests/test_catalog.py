"""What the Snakemake workflow catalog and snakedeploy ask of a repository."""

import json

import yaml
from places import REPOSITORY
from test_docs import blocks

from gaitcore import __version__
from gaitcore.settings.files import load_config


def test_the_catalog_finds_the_workflow_its_settings_and_its_schema():
    assert 'include: "../Snakefile"' in (REPOSITORY / "workflow" / "Snakefile").read_text(encoding="utf-8")
    usage = yaml.safe_load((REPOSITORY / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))["usage"]
    assert sorted(usage) == ["mandatory-flags", "report", "software-stack-deployment"]
    assert sorted(usage["mandatory-flags"]) == ["desc", "flags"]
    assert usage["software-stack-deployment"] == {"conda": False, "apptainer": True, "apptainer+conda": False}
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8").lower()
    assert "snakemake" in readme  # by these words the catalog finds repositories
    assert "workflow" in readme
    schema = json.loads((REPOSITORY / "workflow" / "schemas" / "config.schema.json").read_text(encoding="utf-8"))
    assert schema == json.loads((REPOSITORY / "config.schema.json").read_text(encoding="utf-8"))


def test_the_configuration_that_snakedeploy_copies_is_valid():
    template = yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text(encoding="utf-8"))
    assert load_config(REPOSITORY / "config.yaml", template).experiment == "demo"


def test_the_page_for_the_catalog_installs_the_version_of_the_workflow():
    text = "".join(blocks(REPOSITORY / "config" / "README.md", "sh"))
    assert f"gaitcore@v{__version__}" in text
    assert f"--tag v{__version__}" in text
