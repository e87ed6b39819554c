"""Modalities are found by their folder and loaded by name."""

import hashlib

import numpy as np
import pytest

from gaitcore import modalities
from gaitcore.digests import code_files
from gaitcore.errors import ConfigError
from gaitcore.modalities.frame_table import sequence_digests
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


def test_a_modality_is_known_by_the_name_of_its_table():
    assert modalities.modality_of("results/demo/silhouettes.parquet") == "silhouettes"
    with pytest.raises(ConfigError) as raised:
        modalities.modality_of("pose.parquet")
    assert str(raised.value) == ('pose.parquet: no table of frames has this name; did you mean "poses.parquet"?')


def test_the_digest_of_a_sequence_is_that_of_its_frames_wherever_blocks_end():
    frames = np.arange(24, dtype=np.float32).reshape(12, 2)
    expected = [hashlib.sha256(frames[rows].tobytes()).hexdigest() for rows in (slice(0, 3), slice(3, 4), slice(4, 12))]
    for ends in ([12], [3, 4, 12], [1, 2, 11, 12], list(range(1, 13))):
        blocks = [frames[start:stop] for start, stop in zip([0, *ends], ends, strict=False)]
        assert sequence_digests([3, 1, 8], blocks) == expected
