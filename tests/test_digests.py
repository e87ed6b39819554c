"""Digests follow the code a rule uses, file by file, and nothing else."""

import json

from gaitcore import digests as provenance


def closure(entry):
    return {provenance._short(file) for file in provenance._closure(provenance._entry_file(entry))}


def test_the_digest_of_training_holds_the_loop_and_not_evaluation_or_the_systems():
    files = closure("workflow_scripts/train.py")
    assert {
        "train.py",
        "training/loop.py",
        "modalities/keypoints/augmentation.py",
        "modalities/keypoints/store.py",
        "modalities/keypoints/table.py",
    } <= files
    assert not any(file.startswith(("evaluation", "reporting")) for file in files)
    assert not files & {"models/gaitmixer.py", "models/gaitformer.py", "poses/psymo_json.py", "config.py"}


def test_the_digest_of_a_system_holds_its_layers_and_not_the_other_system():
    files = closure("gaitcore.networks.gaitmixer")
    assert files == {"models/gaitmixer.py", "models/layers.py", "models/chunked.py", "compute.py"}


def test_the_digest_of_the_tables_holds_no_torch_code():
    files = closure("workflow_scripts/tables.py")
    assert "reporting/latex.py" in files
    assert not any(file.startswith("training") for file in files)


def test_a_digest_changes_with_the_content_and_not_with_the_time(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("x = 1\n")
    first = provenance.code_digest(script)
    script.touch()
    assert provenance.code_digest(script) == first
    script.write_text("x = 2\n")
    assert provenance.code_digest(script) != first


def test_a_folders_digest_sees_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    first = provenance.folder_digest(tmp_path)
    (tmp_path / "a").write_text("2")
    second = provenance.folder_digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, provenance.folder_digest(tmp_path)}) == 3


def test_json_is_written_whole_or_not_at_all(tmp_path):
    provenance.write_json(tmp_path / "run.json", {"seed": 1})
    assert json.loads((tmp_path / "run.json").read_text()) == {"seed": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
