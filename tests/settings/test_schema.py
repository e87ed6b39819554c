"""The schema holds values and nothing else, because it is in no digest of a job's code."""

import ast

import pytest
from places import REPOSITORY

SECTIONS = sorted((REPOSITORY / "gaitcore" / "settings").glob("*.py"))
VALIDATORS = {"field_validator", "model_validator"}


def decorators(function):
    """The names of a method's decorators: ``@field_validator("systems")`` is ``field_validator``."""
    called = (node.func if isinstance(node, ast.Call) else node for node in function.decorator_list)
    return {node.id for node in called if isinstance(node, ast.Name)}


@pytest.mark.parametrize("file", SECTIONS, ids=lambda file: file.stem)
def test_a_section_has_no_methods_but_validators(file):
    classes = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef)]
    methods = [(c.name, node) for c in classes for node in c.body if isinstance(node, ast.FunctionDef)]
    assert [f"{name}.{method.name}" for name, method in methods if not decorators(method) & VALIDATORS] == []
