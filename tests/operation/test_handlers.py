"""The handlers of a workflow that is a module of another one run, once, whatever the main Snakefile has."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from places import REPOSITORY

from gaitcore.errors import ConfigError
from gaitcore_workflow.handlers import add_handlers

MODULE = f"""\
import sys

sys.path.append({str(REPOSITORY)!r})
from gaitcore_workflow.handlers import add_handlers

rule all:
    output: "made"
    shell: "touch {{output}}"

onstart:
    print("module starts", flush=True)

onsuccess:
    print("module ends", flush=True)

if not workflow.modifier.is_main_snakefile():
    add_handlers(workflow, {{"onstart": onstart, "onsuccess": onsuccess}})
"""
USE = 'module other:\n    snakefile: "module.smk"\n\nuse rule * from other\n'
OWN = 'onstart:\n    print("project starts", flush=True)\n'
CALLING = OWN + "    other.onstart()\n"


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("snakefile", "expected"),
    [
        (USE, ["module starts", "module ends"]),
        (OWN + USE, ["project starts", "module starts", "module ends"]),
        (CALLING + USE, ["project starts", "module starts", "module ends"]),
        (USE + CALLING, ["project starts", "module starts", "module ends"]),
    ],
    ids=["none", "own", "calling_before_the_module", "calling_after_the_module"],
)
def test_the_handlers_of_a_module_run_once_after_those_of_the_project(tmp_path, snakefile, expected):
    (tmp_path / "module.smk").write_text(MODULE)
    (tmp_path / "Snakefile").write_text(snakefile)
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if line.endswith((" starts", " ends"))]
    assert said == expected


def test_a_snakemake_without_the_attribute_needs_a_snakefile_that_calls_the_handlers(tmp_path):
    snakefile = tmp_path / "Snakefile"
    snakefile.write_text(USE)
    later = SimpleNamespace(main_snakefile=str(snakefile))
    with pytest.raises(ConfigError) as raised:
        add_handlers(later, {"onstart": print})
    assert str(raised.value) == (
        f"{snakefile}: this version of Snakemake does not run the handlers of a module; call them there, as in the "
        "section Handlers of config/README.md, or install the versions of requirements.lock."
    )
    snakefile.write_text(USE + CALLING)
    add_handlers(later, {"onstart": print})
    assert vars(later).keys() == {"main_snakefile"}
