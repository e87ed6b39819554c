"""A module's declarations are read without importing it."""

from gaitcore.declared import declared


def test_literal_constants_are_read_and_nothing_is_imported(tmp_path):
    file = tmp_path / "network.py"
    file.write_text('import a_package_that_is_not_there\n\nTITLE = "MyNet"\nWIDTHS = (8, 16)\nSIZE = len(TITLE)\n')
    assert declared(file) == {"TITLE": "MyNet", "WIDTHS": (8, 16)}
