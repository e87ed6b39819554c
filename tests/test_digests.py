"""Digests follow the code a rule uses, file by file, and nothing else."""

import os

from gaitcore import digests

READERS_FACE = {"modalities/keypoints/readers/__init__.py"}


def closure(entry):
    return set(digests.code_files(entry))


def test_the_digest_of_training_holds_the_loop_and_not_evaluation_or_the_systems():
    files = closure("workflow_scripts/train.py")
    assert {"workflow_scripts/train.py", "training/loop.py", "training/batches.py"} <= files
    assert not any(file.startswith(("evaluation", "reporting")) for file in files)
    assert not any(file.startswith(("settings/", "modalities/keypoints/")) for file in files)
    assert not files & {"networks/gaitmixer.py", "networks/gaitformer.py", "training/losses/triplet.py"}


def test_the_digest_of_reading_holds_no_reader():
    files = closure("workflow_scripts/poses.py")
    assert "modalities/keypoints/reading.py" in files
    assert not any(file.startswith("modalities/keypoints/readers/") for file in files - READERS_FACE)


def test_the_digest_of_a_system_holds_its_layers_and_not_the_other_system():
    files = closure("gaitcore.networks.gaitmixer")
    assert files == {"networks/gaitmixer.py", "networks/layers.py"}


def test_a_modalitys_store_is_in_the_digest_with_what_it_reads():
    files = closure("gaitcore.modalities.keypoints.store")
    assert {"modalities/keypoints/store.py", "modalities/keypoints/table.py"} <= files


def test_a_package_passed_on_the_way_to_its_modules_is_in_no_digest():
    files = closure("workflow_scripts/train.py")  # gaitcore/__init__.py holds the version
    assert not files & {"__init__.py", "execution/__init__.py"}
    assert "networks/__init__.py" in files  # it builds the network


def test_the_digest_of_the_tables_holds_no_torch_code():
    files = closure("workflow_scripts/tables.py")
    assert "reporting/tables/latex.py" in files
    assert not any(file.startswith("training") for file in files)


def test_a_digest_changes_with_the_content_and_not_with_the_time(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("x = 1\n")
    first = digests.code_digest(script)
    script.touch()
    assert digests.code_digest(script) == first
    script.write_text("x = 2\n")
    assert digests.code_digest(script) != first


def test_a_folders_digest_sees_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    first = digests.folder_digest(tmp_path)
    (tmp_path / "a").write_text("2")
    second = digests.folder_digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, digests.folder_digest(tmp_path)}) == 3


def test_the_behaviour_that_left_the_schema_is_in_the_digest_of_what_uses_it():
    assert "training/optimisation.py" in closure("workflow_scripts/train.py")  # the phases of a recipe
    assert "keys.py" in closure("workflow_scripts/splits.py")  # 001 and 1 are the same subject
    assert {"systems.py", "merging.py"} <= closure("workflow_scripts/tables.py")  # a system like another one


def test_hints_errors_and_progress_are_in_no_digest():
    scripts = [f"workflow_scripts/{name}.py" for name in ("train", "evaluate", "tables", "extract_poses", "splits")]
    files = {file for script in scripts for file in closure(script)}
    assert not files & {"suggest.py", "errors.py", "training/progress.py", "modalities/keypoints/video/progress.py"}


def test_a_large_folder_is_compared_by_its_listing_and_a_small_one_by_its_contents(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    assert digests.contents_digest(tmp_path, most=3) == digests.folder_digest(tmp_path)
    assert digests.contents_digest(tmp_path, most=2) == digests.listing_digest(tmp_path)


def test_the_listing_of_a_file_is_its_name_size_and_time(tmp_path):
    path = tmp_path / "090.pkl"
    path.write_bytes(b"content")
    before = digests.listing_digest(path)
    os.utime(path, ns=(0, path.stat().st_mtime_ns))
    assert digests.listing_digest(path) == before
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert digests.listing_digest(path) != before
