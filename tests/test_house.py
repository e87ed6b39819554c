"""The rooms of gaitcore import downwards only and in no circle, and know no workflow; see docs/house.md."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions

from places import REPOSITORY

PACKAGE = REPOSITORY / "gaitcore"
WORKFLOW = REPOSITORY / "gaitcore_workflow"  # how the workflow is run
SMALL = (
    *("errors", "suggest", "files", "csv_files", "yaml_files", "torch_files", "percent", "names", "keys", "digests"),
    *("words", "declared", "extensions", "workflow_command"),
)
ROOMS = (
    *("settings", "modalities", "sampling", "protocols", "networks", "execution", "artefacts", "elsewhere.py"),
    *("tracking.py", "evaluation", "training", "inspection", "reporting", "audit", "exporting"),
    "commands",
)
# The names of networks and modalities are read from a room's face, which loads none of them; the settings of a system
# are put together from them.
FACES = {
    *("networks/__init__.py", "modalities/__init__.py", "merging.py", "systems.py", "sweeps.py"),
    *("poses.py", "models.py", "protocol.py"),
}


def modules():
    """Each module of gaitcore, and the modules of gaitcore that it imports."""
    for file in PACKAGE.rglob("*.py"):
        yield file.relative_to(PACKAGE).as_posix(), set(imported(file))


def imported(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gaitcore":
            for alias in node.names:
                inner = "/".join([*node.module.split(".")[1:], alias.name])
                outer = "/".join(node.module.split(".")[1:])
                candidates = (f"{inner}.py", f"{inner}/__init__.py", f"{outer}.py", f"{outer}/__init__.py")
                yield next(name for name in candidates if (PACKAGE / name).is_file())


def level(module):
    room = module.split("/")[0]
    return ROOMS.index(room) if room in ROOMS else -1


def test_every_module_is_in_a_room_or_small():
    elsewhere = {name for name, _ in modules() if level(name) < 0} - FACES - {f"{name}.py" for name in SMALL}
    assert elsewhere == {"__init__.py", "__main__.py"}


def test_a_room_imports_only_rooms_before_it():
    upwards = [
        f"{module} imports {other}"
        for module, others in modules()
        for other in others
        if level(other) > level(module) and not {module, other} & FACES and module != "__main__.py"
    ]
    assert sorted(upwards) == []


def test_there_is_no_circle():
    graph = {module: others - {module} for module, others in modules() if not module.endswith("__init__.py")}
    assert set(TopologicalSorter(graph).static_order()) >= graph.keys()


# Where the library names Snakemake, its jobs or DVC: what it says to users, and what it records.
NAMING = {
    "workflow_command.py": "the command in sentences for users",
    "settings/experiment.py": "descriptions of settings that have commands of their own",
    "settings/values.py": "the sentence on a brace in a path",
    "modalities/keypoints/video/listing.py": "the same, for videos",
    "reporting/pages/report.py": "a caption: who measured the run times",
    "artefacts/provenance.py": "the version of Snakemake in run.json",
}


def without_docstrings(file):
    """The code of a module, without comments and docstrings."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    return ast.unparse(tree)


def test_the_library_knows_nothing_of_snakemake_and_dvc():
    naming = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if re.search("snakemake|dvc|gaitcore_workflow", without_docstrings(file), re.IGNORECASE)
    }
    assert naming == NAMING.keys()


def test_what_a_job_computes_is_in_the_library():
    """No digest of a job's code has ``gaitcore_workflow``, so no script computes with it."""
    using = {
        file.name for file in (REPOSITORY / "workflow_scripts").rglob("*.py") if "gaitcore_workflow" in file.read_text()
    }
    # How each script starts and ends; the screen and the logger it reads; the settings and stages of DVC.
    assert using == {"job.py", "screen.py", "__init__.py", "settings.py", "stages.py"}


# Who may parse or format a file: the owners of artefacts, and what reads sources or constants of the repository.
PARSING = {
    "json.load",
    "np.load",
    "torch.load",
    "loads",
    "load_file",
    "safe_open",
    "read_csv",
    "read_json",
    "read_table",
    "read_parquet",
}
PARSING |= {"ParquetFile", "DictReader", "reader"}
FORMATTING = {"dump", "dumps", "to_csv", "to_json", "to_parquet", "write_table", "save_file", "write_json", "savez"}
OWNERS = (
    *("csv_files.py", "files.py", "artefacts/", "audit/manifest.py", "audit/receipts.py", "training/checkpoints.py"),
    *("modalities/report.py", "modalities/keypoints/table.py", "modalities/keypoints/video/extraction.py"),
    *("modalities/frame_table.py", "modalities/silhouettes/table.py", "modalities/silhouettes/subjects.py"),
)
OF_SOURCES = (
    *("settings/files.py", "modalities/keypoints/readers/", "modalities/keypoints/parsing/"),
    *("modalities/trees.py", "modalities/pickles.py", "modalities/foreign_json.py", "protocols/partitions.py"),
    *("modalities/keypoints/video/", "networks/", "reporting/tables/published.py"),
)


def test_packages_of_extras_are_loaded_only_where_videos_are_read():
    """All other modules load what ``pyproject.toml`` depends on, also where more is installed, as where CI runs."""
    declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["dependencies"]
    declared = {re.match(r"[\w-]+", requirement)[0] for requirement in declared}
    distributions = packages_distributions()
    others = {}
    for file in PACKAGE.rglob("*.py"):
        for name in set(loaded_with(file)) - {"gaitcore", *sys.stdlib_module_names}:
            if not declared & {distribution.lower() for distribution in distributions.get(name, ())}:
                others.setdefault(name, set()).add(file.parent.name)
    assert others.pop("markupsafe") == {"pages"}  # which comes with Jinja2
    assert set().union(*others.values()) == {"video"}


def loaded_with(file):
    """The packages that a module imports when it is imported itself."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def called(file):
    """The functions and methods that a module calls, with and without what is before the last dot."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            yield from (name, name.rpartition(".")[2])


def test_each_artefact_is_read_and_written_by_its_owner_alone():
    others = {
        f"{name} calls {function}"
        for package in (PACKAGE, WORKFLOW)
        for file in package.rglob("*.py")
        for name in [file.relative_to(package).as_posix()]
        if not name.startswith((*OWNERS, *OF_SOURCES))
        for function in PARSING.union(FORMATTING).intersection(called(file))
    }
    # The identity of a run, held in memory for its checkpoint, the settings that name a try, and Snakemake's events.
    events = {"events.py calls dumps", "events.py calls loads"}
    assert others == {"training/run.py calls dumps", "sweeps.py calls dumps"} | events


def test_reading_an_artefact_does_not_load_torch():
    modules = [file.stem for file in (PACKAGE / "artefacts").glob("*.py") if file.stem != "__init__"]
    imports = "; ".join(f"import gaitcore.artefacts.{name}" for name in sorted(modules))
    code = f"{imports}; import sys; print('torch' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=REPOSITORY)
    assert loaded.stdout == "False\n"


def test_tables_figures_and_pages_load_neither_torch_nor_statistics_of_scipy():
    modules = ("tables.write_tables", "figures.attribution_shares", "pages.write_reproduction", "pages.write_report")
    imports = "; ".join(f"import gaitcore.reporting.{name}" for name in modules)
    code = f"{imports}; import sys; print({{'torch', 'scipy.stats'}} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=REPOSITORY)
    assert loaded.stdout == "set()\n"


def test_fractions_become_percent_in_one_module():
    by_hundred = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div)
        if any(isinstance(side, ast.Constant) and side.value in (100, 100.0) for side in (node.left, node.right))
    }
    assert by_hundred == {"percent.py", "reporting/figures/movie.py"}  # a movie counts hundredths of a second


def test_computing_and_training_on_a_cpu_do_not_load_the_compiler_of_torch():
    code = """
import sys
from torch import nn, ones
from gaitcore.execution.compute import determinism, prepare
from gaitcore.execution.training_pass import training_pass
from gaitcore.networks import build_model
from gaitcore.settings.files import load_config
from gaitcore.training.optimisation import Optimisation

prepare(1)
training_pass(build_model("gaitgraph2", embedding_dim=4, frames=8, in_channels=3))(ones(4, 8, 17, 3)).sum().backward()
recipe = load_config("config.yaml", {"experiment": "demo"}).training
for name in ("adam", "adamw", "sgd"):
    weight = nn.Parameter(ones(1))
    optimisation = Optimisation([weight], recipe.model_copy(update={"optimiser": name}), steps=2)
    optimisation.zero_grad()
    weight.sum().backward()
    optimisation.step()
    optimisation.load_state_dict(optimisation.state_dict())
    print(weight.item() < 1)
print(determinism()["deterministic_algorithms"], "torch._dynamo" in sys.modules, "sympy" in sys.modules)
"""
    place = {"env": os.environ | {"CUDA_VISIBLE_DEVICES": ""}, "cwd": REPOSITORY}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, **place)
    assert done.stdout.split() == [*["True"] * 4, "False", "False"]


def test_a_script_is_an_adapter():
    """A script unpacks what Snakemake hands it and calls the library; ``job`` is how each of them starts and ends."""
    lines = {file.name: len(file.read_text().splitlines()) for file in (REPOSITORY / "workflow_scripts").glob("*.py")}
    assert {name for name, number in lines.items() if number > 60} == {"job.py"}
