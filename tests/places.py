"""Where tests find things: the repository, golden values, and the real data beside the checkout."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

REPOSITORY = Path(__file__).parents[1]
GOLDEN = REPOSITORY / "tests" / "golden"
REAL_DATA = REPOSITORY / ".." / "shared" / "data"  # absent from a user's checkout; tests on it then skip
CASES = REPOSITORY / ".." / "shared" / "cases"  # malformed inputs and situations from bug reports, likewise


def workflow_script(name: str) -> ModuleType:
    """A module of workflow_scripts/, which is a folder of scripts and not a package."""
    spec = spec_from_file_location(f"workflow_scripts_{name}", REPOSITORY / "workflow_scripts" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
