"""Roles derived from sequences and protocol, and what the protocol names and the data lack."""

import pandas as pd
import pytest

from gaitcore import extensions
from gaitcore.errors import ProtocolError
from gaitcore.protocols.derivation import derive_roles, gaps
from gaitcore.settings.protocol import Protocol

PROTOCOL = {
    "split": "2/2",
    "splits": {"2/2": {"train": "1-2", "test": "3-4"}},
    "gallery": {"nm": [1, 2]},
    "probes": {"nm": [3], "cl": [1]},
    "min_frames": 61,
}
WALKS = (("nm", "01"), ("nm", "02"), ("nm", "03"), ("cl", "01"))


def walks(subjects=("001", "002", "003", "004"), views=("000", "090"), of_walks=WALKS):
    rows = [(s, c, n, v, 80) for s in subjects for c, n in of_walks for v in views]
    return pd.DataFrame(rows, columns=["subject", "condition", "sequence", "view", "frames"])


def derived(sequences=None, **changes):
    return derive_roles(walks() if sequences is None else sequences, Protocol.model_validate(PROTOCOL | changes))


def refused(sequences=None, **changes):
    with pytest.raises(ProtocolError) as raised:
        derived(sequences, **changes)
    return str(raised.value)


def warned(sequences=None, **changes):
    return gaps(derived(sequences, **changes), Protocol.model_validate(PROTOCOL | changes))


@pytest.fixture
def kind(tmp_path):
    """Make a kind of protocol from the lines of its assign_roles, and give its name."""
    (tmp_path / "protocols").mkdir()
    extensions.search([tmp_path])

    def make(name, *lines):
        head = "TITLE = 'x'\nMETRICS = 'cross_view'\nCOMPARISON = 'x'\n"
        body = "".join(f"    {line}\n" for line in ("rows = roles.assign_roles(sequences, protocol)", *lines))
        (tmp_path / "protocols" / f"{name}.py").write_text(
            f"from gaitcore.protocols import roles\n{head}def assign_roles(sequences, protocol):\n{body}"
        )
        return name

    yield make
    extensions.search([])


def test_roles_are_those_of_the_protocols_own_kind(kind):
    exchange = "rows['role'] = rows['role'].replace({'gallery': 'probe', 'probe': 'gallery'})"
    own, turned = derived()["role"], derived(kind=kind("turned", exchange, "return rows"))["role"]
    assert own.value_counts().to_dict() == {"train": 16, "gallery": 8, "probe": 8}
    assert own.tolist() == turned.replace({"gallery": "probe", "probe": "gallery"}).tolist() != turned.tolist()


def test_a_kind_that_puts_a_subject_into_training_and_test_is_refused(kind):
    name = kind("leaky", "rows.loc[rows.index[-1], 'role'] = 'train'", "return rows")
    assert refused(kind=name) == (
        "protocol.kind leaky (protocols/leaky.py (an extension)): sequences of subject 004 have the roles gallery and "
        "train, expected roles of training, validation or test alone, because a test subject must never be trained "
        "on; correct its assign_roles."
    )


def test_a_kind_that_returns_an_unknown_role_or_other_rows_is_refused(kind):
    assert refused(kind=kind("odd", "rows.loc[5, 'role'] = 'prob'", "return rows")) == (
        "protocol.kind odd (protocols/odd.py (an extension)): unknown role 'prob', expected one of train, gallery, "
        "probe, gallery_and_probe, excluded, validation_gallery, validation_probe, validation_gallery_and_probe, "
        "unknown_probe, submission_gallery; correct its assign_roles."
    )
    assert refused(kind=kind("fewer", "return rows.iloc[1:]")) == (
        "protocol.kind fewer (protocols/fewer.py (an extension)): assign_roles returned 31 rows, expected the 32 rows "
        "it was passed, in their order, with role and reason; correct its assign_roles."
    )
    assert "assign_roles returned no column reason, expected" in refused(
        kind=kind("bare", "return rows.drop(columns='reason')")
    )


def test_one_camera_is_refused_with_the_setting_that_includes_the_identical_view():
    one = walks(views=("090",))
    assert refused(one) == (
        "No probe of condition nm has a gallery sequence from another view to be compared with (the views are 090), "
        "and the identical view is excluded; bring sequences from another view, or set protocol.exclude_same: nothing "
        "to include the identical view."
    )
    assert set(derived(one, exclude_same="nothing")["role"]) == {"train", "gallery", "probe"}
    assert set(derived(one, kind="whole_gallery")["role"]) == {"train", "gallery", "probe"}
    assert "set protocol.exclude_same: nothing" in refused(one, kind="whole_gallery", exclude_same="view")


def test_a_condition_whose_probes_share_the_gallerys_only_view_is_refused():
    sequences = walks()
    sequences = sequences[(sequences["condition"] == "nm") | (sequences["view"] == "000")]
    gallery_at_0 = sequences[~(sequences["sequence"].isin(["01", "02"]) & (sequences["view"] == "090"))]
    assert refused(gallery_at_0.reset_index(drop=True)).startswith("No probe of condition cl has a gallery sequence")


def test_validation_subjects_need_another_view_too():
    split = {"2/2": {"train": "1-2", "test": "3-4", "validation": "2"}}
    sequences = walks()
    sequences = sequences[(sequences["subject"] != "002") | (sequences["view"] == "000")].reset_index(drop=True)
    assert refused(sequences, splits=split).startswith(
        "No validation_probe of condition nm has a validation_gallery sequence from another view"
    )


def test_a_whole_gallery_without_the_subject_of_any_probe_is_refused():
    sequences = walks()
    only_003 = (sequences["subject"] == "003") & sequences["sequence"].isin(["01", "02"])
    only_004 = (sequences["subject"] == "004") & (sequences["sequence"] == "03")
    rows = sequences[only_003 | only_004 | (sequences["subject"] < "003")].reset_index(drop=True)
    assert refused(rows, kind="whole_gallery", probes={"nm": [3]}) == (
        "No probe of condition nm has a gallery sequence of its subject; change protocol.gallery or protocol.probes."
    )


def test_a_split_may_name_nobody_to_train():
    roles = derived(splits={"2/2": {"train": [], "test": "1-4"}})["role"]
    assert roles.value_counts().to_dict() == {"gallery": 16, "probe": 16}


def test_a_split_none_of_whose_test_subjects_is_in_the_poses_is_refused():
    assert refused(splits={"2/2": {"train": "1-2", "test": "p3, p4"}}) == (
        "protocol.splits.2/2.test names 2 subjects (p3, p4), none of whom is in the poses; the poses are of 4 subjects "
        "from 001 to 004."
    )


@pytest.mark.parametrize("section", ["gallery", "probes"])
def test_conditions_in_other_capitals_are_named(section):
    sequences = walks()
    sequences["condition"] = sequences["condition"].str.upper()
    named = {"gallery": {"nm": [1, 2]}, "probes": {"NM": [3]}}
    if section == "probes":
        named = {"gallery": {"NM": [1, 2]}, "probes": {"nm": [3]}}
    message = refused(sequences, **named)
    assert f"the poses hold NM, not nm: capitals count. Change protocol.{section}" in message


def test_nothing_is_said_where_all_that_the_protocol_names_is_there():
    assert warned() == ()


def test_subjects_and_walks_that_the_data_lack_are_named():
    splits = {"2/2": {"train": "1, 2, P2", "test": "3, 4, 50-60"}}
    assert warned(splits=splits, gallery={"nm": [1, 2, 7]}, probes={"nm": [3, 9], "cl": [1]}) == (
        "The split 2/2 names subjects without any sequence: P2 (train) and 50, 51, 52, 53, 54, 55, 56, 57 and 3 others "
        "(test).",
        "The protocol names walks of which no test subject has a usable sequence: nm-07 (gallery), nm-09 (probe).",
    )
