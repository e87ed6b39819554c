"""Comparisons: rows of the tables that share sequences, each with its own gallery and probes."""

import pandas as pd
import pytest
from pydantic import ValidationError

from gaitcore.errors import ProtocolError
from gaitcore.protocols.derivation import derive_roles, gaps
from gaitcore.protocols.sides import compared
from gaitcore.settings.protocol import Protocol

BASE = {
    "kind": "whole_gallery",
    "split": "1/2",
    "splits": {"1/2": {"train": "1", "test": "2-3"}},
    "gallery": {},
    "probes": {},
    "min_frames": 1,
}
TYPES = ("U0_D0", "U0_D0_BG", "U3_D3")


def sequences(*types, subjects=("1", "2", "3")):
    rows = [(subject, kind, "s1", view, 20) for subject in subjects for kind in types for view in ("00", "01")]
    return pd.DataFrame(rows, columns=["subject", "condition", "sequence", "view", "frames"])


def derived(comparisons, *types, **changes):
    protocol = Protocol.model_validate(BASE | {"comparisons": comparisons} | changes)
    return derive_roles(sequences(*(types or TYPES)), protocol), protocol


CLOTHES = {"CL": {"probes": ["U0_D0", "U0_D0_BG"], "gallery": "U3_D3"}, "BG": {"probes": "*_BG", "gallery": "U0_D0"}}


def test_a_sequence_is_probe_of_one_comparison_and_gallery_of_another():
    assigned, _ = derived(CLOTHES)
    by_type = assigned[assigned["subject"] == "2"].drop_duplicates("condition")
    assert by_type[["condition", "role", "CL", "BG"]].to_numpy().tolist() == [
        ["U0_D0", "gallery_and_probe", "probe", "gallery"],
        ["U0_D0_BG", "probe", "probe", "probe"],
        ["U3_D3", "gallery", "gallery", ""],
    ]
    trained = assigned[assigned["subject"] == "1"]
    assert set(trained["role"]) == {"train"}
    assert set(trained[["CL", "BG"]].to_numpy().ravel()) == {""}


def test_each_comparison_has_its_rows_and_its_probes_have_its_name():
    assigned, protocol = derived(CLOTHES)
    parts = compared(assigned, protocol)
    assert {name: rows["role"].value_counts().to_dict() for name, rows in parts.items()} == {
        "CL": {"probe": 8, "gallery": 4},
        "BG": {"probe": 4, "gallery": 4},
    }
    assert set(parts["BG"].loc[parts["BG"]["role"] == "probe", "condition"]) == {"BG"}
    assert set(parts["BG"].loc[parts["BG"]["role"] == "gallery", "condition"]) == {"U0_D0"}


def test_listed_sequences_are_probes_and_all_others_the_gallery():
    split = {"1/2": {"train": "1", "test": "2-3", "probes": ["2-U0_D0-s1-00", "3-U0_D0-s1-01"]}}
    assigned, _ = derived({"All": {"probes": "listed", "gallery": "others"}}, "U0_D0", splits=split)
    tested = assigned[assigned["subject"] != "1"]
    assert tested[["subject", "view", "All"]].to_numpy().tolist() == [
        *(["2", "00", "probe"], ["2", "01", "gallery"]),
        *(["3", "00", "gallery"], ["3", "01", "probe"]),
    ]


def test_a_condition_in_no_comparison_is_excluded_with_a_reason():
    assigned, _ = derived(CLOTHES, *TYPES, "U2_D2")
    left_out = assigned[(assigned["condition"] == "U2_D2") & (assigned["subject"] == "2")]
    assert left_out[["role", "reason"]].drop_duplicates().to_numpy().tolist() == [
        ["excluded", "condition U2_D2 is in no comparison"]
    ]


def test_probes_of_unknown_identity_take_part_in_the_submission_alone():
    split = {"1/2": {"train": "1", "test": "2, 3, probe"}}
    protocol = Protocol.model_validate(
        BASE
        | {
            "comparisons": {"StandIn": {"probes": "02", "gallery": "01"}},
            "submission": {"subject": "probe", "gallery": ["01", "02"]},
            "splits": split,
        }
    )
    rows = pd.concat([sequences("01", "02"), sequences("03", subjects=["probe"])], ignore_index=True)
    assigned = derive_roles(rows, protocol)
    unknown = assigned[assigned["subject"] == "probe"]
    assert set(unknown["role"]) == {"unknown_probe"}
    assert set(unknown["StandIn"]) == {""}
    assert assigned["submission"].value_counts().to_dict() == {"": 4, "gallery": 8, "probe": 2}


def test_a_sequence_on_both_sides_of_a_comparison_is_refused():
    with pytest.raises(ProtocolError) as raised:
        derived({"CL": {"probes": "U0*", "gallery": ["U3_D3", "*_BG"]}})
    assert str(raised.value) == (
        "protocol.comparisons.CL: sequences of condition U0_D0_BG are both gallery and probe, expected one of them; "
        "change its patterns."
    )


def test_a_comparison_without_a_side_is_refused():
    with pytest.raises(ProtocolError) as raised:
        derived({"UP": {"probes": "U3_D3", "gallery": "U0_D3"}})
    assert str(raised.value) == (
        "The comparison UP has no gallery sequence: no test subject has one of U0_D3 of at least 1 frames; the poses "
        "hold U0_D0, U0_D0_BG, U3_D3. Change protocol.comparisons.UP.gallery."
    )


def test_patterns_that_no_test_subject_has_are_told():
    assigned, protocol = derived({"CL": {"probes": "U0_D0", "gallery": ["U3_D3", "U2_D2"]}})
    assert gaps(assigned, protocol) == (
        "The comparisons name conditions that no test subject has: U2_D2 (CL, gallery).",
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gallery": {"nm": [1]}}, "gallery names sequences beside comparisons, expected {}"),
        ({"comparisons": {}}, "gallery is empty, expected sequences of a condition"),
        ({"comparisons": {"view": CLOTHES["CL"]}}, "the comparison view has the name of a column of split.csv"),
        ({"comparisons": {"CL": {"probes": "others", "gallery": "U3_D3"}}}, "probes is others, expected patterns"),
        (
            {"comparisons": {"CL": {"probes": ["listed", "U0_D0"], "gallery": "U3_D3"}}},
            "probes has listed beside patterns of conditions",
        ),
    ],
)
def test_a_protocol_that_contradicts_itself_is_refused(changes, words):
    with pytest.raises(ValidationError) as raised:
        Protocol.model_validate(BASE | {"comparisons": CLOTHES} | changes)
    assert words in str(raised.value)
