"""The constants that a module declares, read from its source without importing it."""

import ast
from functools import cache
from pathlib import Path
from typing import Any


@cache
def declared(file: Path) -> dict[str, Any]:
    """The literal constants of a module by name: ``TITLE = "GaitMixer"`` gives ``{"TITLE": "GaitMixer"}``.

    Args:
        file: the module's source. Only assignments of literals at its top level count.
    """
    constants = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name) and node.value:
            try:
                constants[target.id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return constants
