"""Modalities are found by their folder and loaded by name."""

import pytest

from gaitcore import modalities
from gaitcore.digests import code_files
from gaitcore.errors import ConfigError
from gaitcore.modalities.keypoints import store


def test_a_modality_is_found_by_its_folder_and_names_its_table():
    assert modalities.modality_names() == ("keypoints", "silhouettes")
    assert modalities.table_name("keypoints") == "poses.parquet"
    assert modalities.table_name("silhouettes") == "silhouettes.parquet"
    assert modalities.part("keypoints", "store") is store


def test_an_unknown_modality_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError) as raised:
        modalities.table_name("keypoint")
    assert str(raised.value) == 'There is no modality "keypoint"; did you mean "keypoints"?'


def test_evaluation_does_not_depend_on_the_augmentation_and_training_does():
    augmentation = "modalities/keypoints/augmentation.py"
    files = {
        part: set(code_files(f"workflow_scripts/{script}.py", modalities.part_module("keypoints", part)))
        for part, script in (("store", "evaluate"), ("augmentation", "train"))
    }
    assert augmentation in files["augmentation"]
    assert augmentation not in files["store"]
    assert "modalities/keypoints/store.py" in files["store"] & files["augmentation"]
