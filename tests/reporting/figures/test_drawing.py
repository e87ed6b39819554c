"""What holds of all figures."""

import subprocess
import sys

import pytest

LOAD_ALL = """
import pkgutil, sys
from importlib import import_module
from gaitcore.reporting import figures

names = [found.name for found in pkgutil.iter_modules(figures.__path__)]
modules = [import_module(f"gaitcore.reporting.figures.{name}") for name in names]
print(sum(hasattr(module, "draw") for module in modules), "torch" in sys.modules)
"""


@pytest.mark.slow
def test_no_figure_loads_torch_which_would_cost_each_of_them_seconds():
    done = subprocess.run([sys.executable, "-c", LOAD_ALL], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["12", "False"]
