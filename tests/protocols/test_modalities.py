"""Roles where an experiment has frames of several modalities, whose sequences and lengths differ."""

import pandas as pd
import pytest

from gaitcore.errors import ProtocolError
from gaitcore.protocols.derivation import derive_roles_of
from gaitcore.settings.protocol import Protocol

PROTOCOL = {
    "split": "s",
    "splits": {"s": {"train": "1", "test": "2-3"}},
    "gallery": {"nm": [1]},
    "probes": {"nm": [2]},
    "min_frames": 61,
    "min_frames_of": {"silhouettes": 1},
}


def sequences(frames):
    """One row per sequence, from a mapping of names such as 2-nm-1-0 to numbers of frames."""
    rows = [(*name.split("-"), number) for name, number in frames.items()]
    return pd.DataFrame(rows, columns=["subject", "condition", "sequence", "view", "frames"])


def named(subjects=("1", "2", "3"), frames=80, **others):
    walks = {f"{s}-nm-{w}-{v}": frames for s in subjects for w in ("1", "2") for v in ("0", "90")}
    return walks | {name.replace("_", "-").removeprefix("s"): number for name, number in others.items()}


def roles(modality, listed, **changes):
    assigned = derive_roles_of(modality, listed, Protocol.model_validate(PROTOCOL | changes))
    names = assigned[["subject", "condition", "sequence", "view"]].agg("-".join, axis=1)
    return dict(zip(names, assigned["role"], strict=True)), dict(zip(names, assigned["reason"], strict=True))


POSES = named(s2_nm_2_0=40)  # a probe too short for the skeleton systems
SILHOUETTES = {name: frames for name, frames in named(s2_nm_2_0=40).items() if name != "3-nm-2-90"}
LISTED = {"keypoints": sequences(POSES), "silhouettes": sequences(SILHOUETTES)}


def test_each_modality_has_its_own_sequences_and_its_own_least_number_of_frames():
    of_poses, reasons = roles("keypoints", LISTED)
    assert (of_poses["2-nm-2-0"], of_poses["3-nm-2-90"]) == ("excluded", "probe")
    assert reasons["2-nm-2-0"] == "40 frames, fewer than the 61 required"
    of_silhouettes, _ = roles("silhouettes", LISTED)
    assert of_silhouettes["2-nm-2-0"] == "probe"
    assert "3-nm-2-90" not in of_silhouettes


def test_common_tests_leave_out_what_another_modality_lacks_or_excludes():
    of_poses, reasons = roles("keypoints", LISTED, common_tests=True)
    assert (of_poses["3-nm-2-90"], reasons["3-nm-2-90"]) == ("excluded", "probe that the silhouettes lack")
    of_silhouettes, reasons = roles("silhouettes", LISTED, common_tests=True)
    assert (of_silhouettes["2-nm-2-0"], reasons["2-nm-2-0"]) == ("excluded", "probe that the keypoints lack")
    tested = [
        {name for name, role in found.items() if role in ("gallery", "probe")} for found in (of_poses, of_silhouettes)
    ]
    assert tested[0] == tested[1]
    assert len(tested[0]) == 6
    assert of_silhouettes["1-nm-1-0"] == "train"


def test_common_tests_compare_keys_as_numbers():
    spelled = {"silhouettes": sequences({f"00{name}".replace("-nm-", "-nm-0"): n for name, n in SILHOUETTES.items()})}
    of_poses, _ = roles("keypoints", LISTED | spelled, common_tests=True)
    assert sum(role in ("gallery", "probe") for role in of_poses.values()) == 6


def test_modalities_without_a_common_probe_are_refused():
    few = sequences({name: frames for name, frames in SILHOUETTES.items() if "-nm-2-" not in name or name[0] == "1"})
    listed = LISTED | {"silhouettes": few}
    with pytest.raises(ProtocolError, match="There is no probe of condition nm"):
        roles("keypoints", listed, common_tests=True)
