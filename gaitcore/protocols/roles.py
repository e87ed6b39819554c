"""The roles of sequences, and how they are assigned by split, condition and sequence.

Source: GaitMixer, section 4.1, the large-sample protocol of CASIA-B; the minimum number of frames is the published
code's, which drops shorter sequences from training and test without a message.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gaitcore.errors import ProtocolError
from gaitcore.keys import KEY_COLUMNS, canonical, check_spelling, natural, walk_name
from gaitcore.settings.protocol import Protocol, Split

TRAIN, GALLERY, PROBE, EXCLUDED = "train", "gallery", "probe", "excluded"
VALIDATION_GALLERY, VALIDATION_PROBE = "validation_gallery", "validation_probe"


def assign_roles(sequences: pd.DataFrame, protocol: Protocol | Mapping[str, Any]) -> pd.DataFrame:
    """Assign a role to every sequence, by the part of the split its subject is in, its condition and its number.

    Args:
        sequences: one row per sequence with subject, condition, sequence, view (text or whole numbers) and frames.
            Numbers compare as numbers: the protocol's 1 is the sequence 01.
        protocol: a :class:`gaitcore.settings.protocol.Protocol` or a mapping of its keys.

    Returns:
        The same rows, with unchanged keys and two more columns: ``role`` (train, gallery, probe, excluded;
        validation_gallery and validation_probe where the split holds subjects out to choose the epoch) and ``reason``,
        why a sequence is excluded; it is empty for all others.

    Raises:
        ProtocolError: there is no training sequence, a probe condition or the gallery is empty, or every sequence
            is too short.
        DataError: a key column has one number in two spellings, such as subjects 001 and 1.
    """
    if not isinstance(protocol, Protocol):
        protocol = Protocol.model_validate(protocol)
    if not len(sequences):
        raise ProtocolError("The pose table holds no sequence; poses_report.csv beside it says what was dropped.")
    for column in KEY_COLUMNS:
        check_spelling(column, sequences[column].unique(), "The sequences")
    roles = [_role(row, protocol) for row in sequences[[*KEY_COLUMNS, "frames"]].itertuples(index=False)]
    assigned = sequences.reset_index(drop=True).assign(
        role=[role for role, _ in roles], reason=[reason for _, reason in roles]
    )
    _check(assigned, protocol)
    return assigned


def split_in_use(protocol: Protocol) -> Split:
    """The split that the protocol names: who trains and who is tested."""
    return protocol.splits[protocol.split]


def _role(row: Any, protocol: Protocol) -> tuple[str, str]:
    subject, split = canonical(row.subject), split_in_use(protocol)
    if row.frames < protocol.min_frames:
        return EXCLUDED, f"{row.frames} frames, fewer than the {protocol.min_frames} required"
    if subject in split.validation:
        gallery, probe = VALIDATION_GALLERY, VALIDATION_PROBE
    elif subject in split.train:
        return TRAIN, ""
    elif subject in split.test:
        gallery, probe = GALLERY, PROBE
    else:
        return EXCLUDED, f"subject {row.subject} is in no part of the split {protocol.split}"
    sequence = canonical(row.sequence)
    if sequence in protocol.gallery.get(row.condition, ()):
        return gallery, ""
    if sequence in protocol.probes.get(row.condition, ()):
        return probe, ""
    return EXCLUDED, f"{walk_name(row.condition, row.sequence)} is neither gallery nor probe"


def _check(assigned: pd.DataFrame, protocol: Protocol) -> None:
    longest = assigned["frames"].max()
    if longest < protocol.min_frames:
        raise ProtocolError(
            f"All {len(assigned)} sequences are too short: the longest has {longest} frames, protocol.min_frames is "
            f"{protocol.min_frames}; lower it and network.frames with it, or bring longer walks."
        )
    roles = set(assigned["role"])
    subjects = sorted(assigned["subject"].unique(), key=natural)
    named, split = f"protocol.splits.{protocol.split}", split_in_use(protocol)
    if TRAIN not in roles:
        raise ProtocolError(
            f"No sequence is left to train on: {named}.train names {len(split.train)} subjects, the poses "
            f"are of {len(subjects)} subjects from {subjects[0]} to {subjects[-1]}."
        )
    if GALLERY not in roles:
        raise ProtocolError(
            f"The gallery is empty: no test subject has a sequence {_walks(protocol.gallery)} of at least "
            f"{protocol.min_frames} frames; change protocol.gallery or {named}.test."
        )
    probes = set(assigned.loc[assigned["role"] == PROBE, "condition"])
    for condition, walks in protocol.probes.items():
        if condition not in probes:
            raise ProtocolError(
                f"There is no probe of condition {condition}: no test subject has a sequence "
                f"{_walks({condition: walks})} of at least {protocol.min_frames} frames; the poses hold "
                f"{', '.join(sorted(set(assigned['condition']), key=natural))}. Change protocol.probes."
            )


def _walks(walks: Mapping[str, tuple[str, ...]]) -> str:
    return " or ".join(walk_name(condition, one) for condition, sequences in walks.items() for one in sequences)
