"""Constants that a network's file declares, read from its source without importing torch."""

import ast
from pathlib import Path
from typing import Any


def declared(network: str, constant: str, default: Any) -> Any:
    """The value of a module-level literal in ``gaitcore/networks/<network>.py``; ``default`` where there is none."""
    source = Path(__file__).with_name(f"{network}.py")
    for statement in ast.parse(source.read_text(encoding="utf-8")).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else ()
        if any(isinstance(target, ast.Name) and target.id == constant for target in targets):
            return ast.literal_eval(statement.value)
    return default
