"""The facts beside the tables: what the source, the split and the protocol name and the data lack."""

import pandas as pd
import pytest
from made_up import run_record
from places import REPOSITORY

from gaitcore.protocols.derivation import derive_roles
from gaitcore.reporting.tables.context import table_context
from gaitcore.reporting.tables.notes import excluded_note
from gaitcore.reporting.tables.write_tables import SECTIONS
from gaitcore.settings.files import load_config
from gaitcore.settings.sections import chosen_settings, sections_of

BASE = REPOSITORY / "config.yaml"
PROTOCOL = {
    "split": "2/2",
    "splits": {"2/2": {"train": "1-2", "test": "3-4"}},
    "gallery": {"nm": [1, 2]},
    "probes": {"nm": [3]},
}


def none(split):
    """Splits of further modalities: none."""
    return []


def context(subjects=("001", "002", "003", "004"), report=(), views=("000", "090"), of=None, further=none, **protocol):
    config = load_config(BASE, {"experiment": "demo", **(of or {}), "protocol": PROTOCOL | protocol})
    keys = [(s, "nm", n, v, 80) for s in subjects for n in ("01", "02", "03") for v in views]
    sequences = pd.DataFrame(keys, columns=["subject", "condition", "sequence", "view", "frames"])
    entries = pd.DataFrame(report, columns=["sequence"]).assign(reason="why", file="poses.csv")
    split = derive_roles(sequences, config.protocol)
    return table_context(
        sections_of(chosen_settings(config, SECTIONS)), [split, *further(split)], [run_record()], entries
    )


def test_the_tables_say_that_there_is_no_minimum_and_what_becomes_of_short_sequences():
    config = {"experiment": "demo", "compare": ["gaitmixer", "gaitgraph2"], "input": {"short_sequences": "repeated"}}
    facts = context(of={**config, "systems": {"gaitgraph2": {"input": {"short_sequences": "reflected"}}}}, min_frames=1)
    assert facts.lengths == (
        "Sequences of any length are used; training sequences shorter than a window are repeated end to end (GaitMixer)"
        "; reflected at their ends (GaitGraph2)."
    )


def test_lengths_that_differ_by_modality_name_the_modality():
    silhouettes = {"experiment": "demo_appearance", "compare": ["gei", "body_statistics"]}
    assert context(of=silhouettes, min_frames=41).lengths == (
        "Sequences of at least 41 frames (keypoints), of any length (silhouettes) are used."
    )


def test_a_modality_whose_split_is_there_tells_what_was_left_out_and_how_large_its_gallery_is():
    def silhouettes(split):
        missing = split["subject"] == "003"
        return [
            split.assign(role=split["role"].mask(missing, "excluded"), reason=split["reason"].mask(missing, "torn"))
        ]

    two = {"experiment": "demo_appearance", "compare": ["gei", "body_statistics"]}
    poses_alone, both = (context(of=two, further=further) for further in (none, silhouettes))
    assert (poses_alone.excluded, poses_alone.denominators) == ({}, {"keypoints": (4, 8)})
    assert both.excluded == {"test, torn, silhouettes": 6}
    assert both.denominators == {"keypoints": (4, 8), "silhouettes": (2, 4)}


def test_where_everything_was_used_the_note_says_so():
    everything = context(report=["001-nm-01-000"])  # a frame of it was dropped
    assert excluded_note(everything) == "No sequence was left out."
    assert (everything.gallery, everything.probe_labels) == ("NM#1-2", {"nm": "NM#3"})


def test_sequences_whose_names_could_not_be_read_are_counted():
    lost = [f"{s:03d}-nm-{n:02d}--45" for s in range(1, 5) for n in range(1, 4) for _ in range(6)]
    assert excluded_note(context(report=lost)) == (
        "No sequence of poses.parquet was left out. 12 of the source's 36 sequences never reached poses.parquet; "
        "poses_report.csv says why."
    )


@pytest.mark.parametrize(
    ("number", "words"), [(1, "1 entry of poses_report.csv names"), (3, "3 entries of poses_report.csv name")]
)
def test_entries_of_the_source_that_name_no_sequence_are_counted(number, words):
    assert excluded_note(context(report=[""] * number)) == (
        f"No sequence of poses.parquet was left out. {words} no sequence."
    )


def test_a_caption_names_the_walks_that_there_are_and_the_note_those_that_there_are_not():
    absent = context(gallery={"nm": [1, 2, 7]}, probes={"nm": [3, 9]})
    assert (absent.gallery, absent.probe_labels) == ("NM#1-2", {"nm": "NM#3"})
    assert excluded_note(absent) == (
        "No sequence was left out. The protocol names walks of which no test subject has a usable sequence: nm-07 "
        "(gallery), nm-09 (probe)."
    )


def test_subjects_of_the_split_without_any_sequence_are_named():
    named = context(splits={"2/2": {"train": "1, 2, P2", "test": "3, 4, P9"}})
    assert excluded_note(named) == (
        "No sequence was left out. The split 2/2 names subjects without any sequence: P2 (train) and P9 (test)."
    )


def test_an_identical_view_that_is_included_is_said():
    assert context().comparison == "identical view excluded"
    assert context(exclude_same="nothing", views=("090",)).comparison == "identical view included"
    assert context(kind="whole_gallery").comparison == "against the whole gallery"
    assert context(kind="whole_gallery", exclude_same="view").comparison == (
        "against the whole gallery, own subject's identical view excluded"
    )
