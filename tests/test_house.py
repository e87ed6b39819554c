"""The rooms of gaitcore import downwards only and in no circle; see docs/house.md."""

import ast
from graphlib import TopologicalSorter

from places import REPOSITORY

PACKAGE = REPOSITORY / "gaitcore"
SMALL = ("errors", "suggest", "files", "keys", "digests", "declared", "extensions")
ROOMS = (
    *("settings", "modalities", "sampling", "protocols", "execution", "networks", "artefacts"),
    *("evaluation", "training", "inspection", "reporting", "audit"),
)
# The names and titles of networks are read from the room's face, which loads none of them; the settings of a system are
# put together from them.
FACES = {"networks/__init__.py", "merging.py", "systems.py", "poses.py", "models.py", "protocol.py"}


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
