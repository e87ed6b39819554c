"""A file is written whole or not at all."""

import json

import pytest

from gaitcore.files import replacing, write_json


def test_the_file_appears_when_the_block_ends(tmp_path):
    with replacing(tmp_path / "a.txt") as unfinished:
        unfinished.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_after_a_failure_the_earlier_file_stays_and_nothing_else(tmp_path):
    (tmp_path / "a.txt").write_text("old")

    def fail():
        with replacing(tmp_path / "a.txt") as unfinished:
            unfinished.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


def test_json_is_written_whole_or_not_at_all(tmp_path):
    write_json(tmp_path / "run.json", {"seed": 1})
    assert json.loads((tmp_path / "run.json").read_text()) == {"seed": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
