"""The roles of sequences, and how they are assigned by split, condition and sequence.

Source: GaitMixer, section 4.1, the large-sample protocol of CASIA-B; the minimum number of frames is the published
code's, which drops shorter sequences from training and test without a message.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from gaitcore.errors import ProtocolError
from gaitcore.keys import KEY_COLUMNS, canonical, check_spelling, natural, some_of, walk_name
from gaitcore.protocols.partitions import partition_file, read_partition
from gaitcore.settings.protocol import Protocol, Split

TRAIN, GALLERY, PROBE, EXCLUDED = "train", "gallery", "probe", "excluded"
VALIDATION_GALLERY, VALIDATION_PROBE = "validation_gallery", "validation_probe"
TESTED, VALIDATED = (GALLERY, PROBE), (VALIDATION_GALLERY, VALIDATION_PROBE)
ROLES = (TRAIN, *TESTED, EXCLUDED, *VALIDATED)


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
        ProtocolError: the split names training subjects and none of them has a sequence, a probe condition or the
            gallery is empty, or every sequence is too short.
        DataError: a key column has one number in two spellings, such as subjects 001 and 1.
    """
    if not isinstance(protocol, Protocol):
        protocol = Protocol.model_validate(protocol)
    if not len(sequences):
        raise ProtocolError("The pose table holds no sequence; poses_report.csv beside it says what was dropped.")
    for column in KEY_COLUMNS:
        check_spelling(column, sequences[column].unique(), "The sequences")
    role_of = _rule(protocol)
    roles = [role_of(row) for row in sequences[[*KEY_COLUMNS, "frames"]].itertuples(index=False)]
    assigned = sequences.reset_index(drop=True).assign(
        role=[role for role, _ in roles], reason=[reason for _, reason in roles]
    )
    _check(assigned, protocol)
    return assigned


def split_in_use(protocol: Protocol) -> Split:
    """The split that the protocol names, in the configuration or in a partition file: who trains and who is tested.

    Raises:
        ProtocolError: the file is no partition file, or its digest is not ``protocol.split_sha256``.
        DataError: the file cannot be read.
    """
    path = partition_file(protocol)
    return read_partition(path, protocol.split_sha256) if path else protocol.splits[protocol.split]


def part_name(protocol: Protocol, part: str) -> str:
    """Where a part of the split in use stands, for messages: ``protocol.splits.74/50.train``."""
    if partition_file(protocol):
        return f"{part.upper()}_SET of {protocol.split}"
    return f"protocol.splits.{protocol.split}.{part}"


def check_disjoint(assigned: pd.DataFrame, where: object, remedy: str) -> None:
    """Refuse roles by which one subject is in two of training, validation and test.

    Args:
        assigned: one row per sequence with subject and role; other columns are not looked at.
        where: the file, or what assigned the roles, for the message.
        remedy: what to do about it.

    Raises:
        ProtocolError: a subject has roles of two parts.
    """
    part_of = {TRAIN: TRAIN, **dict.fromkeys(TESTED, "test"), **dict.fromkeys(VALIDATED, "validation")}
    first: dict[str, str] = {}
    for subject, role in assigned[["subject", "role"]].drop_duplicates().itertuples(index=False):
        if role in part_of:
            other = first.setdefault(canonical(subject), role)
            if part_of[other] != part_of[role]:
                raise ProtocolError(
                    f"{where}: sequences of subject {subject} have the roles {other} and {role}, expected roles of "
                    f"training, validation or test alone, because a test subject must never be trained on; {remedy}."
                )


def _rule(protocol: Protocol) -> Callable[[Any], tuple[str, str]]:
    """The function sequence -> role and reason."""
    split = split_in_use(protocol)
    train, test, validation = (frozenset(part) for part in (split.train, split.test, split.validation))

    def role_of(row: Any) -> tuple[str, str]:
        subject, sequence = canonical(row.subject), canonical(row.sequence)
        if row.frames < protocol.min_frames:
            return EXCLUDED, f"{row.frames} frames, fewer than the {protocol.min_frames} required"
        if subject in validation:
            gallery, probe = VALIDATED
        elif subject in train:
            return TRAIN, ""
        elif subject in test:
            gallery, probe = TESTED
        else:
            return EXCLUDED, f"subject {row.subject} is in no part of the split {protocol.split}"
        if sequence in protocol.gallery.get(row.condition, ()):
            return gallery, ""
        if sequence in protocol.probes.get(row.condition, ()):
            return probe, ""
        return EXCLUDED, f"{walk_name(row.condition, row.sequence)} is neither gallery nor probe"

    return role_of


def _check(assigned: pd.DataFrame, protocol: Protocol) -> None:
    longest = assigned["frames"].max()
    if longest < protocol.min_frames:
        raise ProtocolError(
            f"All {len(assigned)} sequences are too short: the longest has {longest} frames, protocol.min_frames is "
            f"{protocol.min_frames}; lower it and network.frames with it, or bring longer walks."
        )
    roles = set(assigned["role"])
    subjects = sorted(assigned["subject"].unique(), key=natural)
    split, train, test = split_in_use(protocol), part_name(protocol, "train"), part_name(protocol, "test")
    present = f"the poses are of {len(subjects)} subjects from {subjects[0]} to {subjects[-1]}"
    if TRAIN not in roles and set(split.train) - set(split.validation):  # a split may name nobody to train
        raise ProtocolError(f"No sequence is left to train on: {train} names {len(split.train)} subjects, {present}.")
    if not set(split.test) & {canonical(subject) for subject in subjects}:
        raise ProtocolError(
            f"{test} names {len(split.test)} subjects ({some_of(split.test)}), none of whom is in the poses; {present}."
        )
    if GALLERY not in roles:
        raise ProtocolError(
            f"The gallery is empty: no test subject has a sequence {_walks(protocol.gallery)} of at least "
            f"{protocol.min_frames} frames; {_held(assigned, protocol.gallery)}. Change protocol.gallery or "
            f"{test}."
        )
    probes = set(assigned.loc[assigned["role"] == PROBE, "condition"])
    for condition, walks in protocol.probes.items():
        if condition not in probes:
            raise ProtocolError(
                f"There is no probe of condition {condition}: no test subject has a sequence "
                f"{_walks({condition: walks})} of at least {protocol.min_frames} frames; "
                f"{_held(assigned, [condition])}. Change protocol.probes."
            )


def _held(assigned: pd.DataFrame, wanted: Iterable[str]) -> str:
    """The conditions of the poses; only those that differ from the wanted ones in capitals, if there are any."""
    held = sorted(set(assigned["condition"]), key=natural)
    in_capitals = {name.casefold(): name for name in held}
    others = {
        in_capitals[name.casefold()]: name for name in wanted if name not in held and name.casefold() in in_capitals
    }
    differing = f"{some_of(others)}, not {some_of(others.values())}: capitals count" if others else some_of(held)
    return f"the poses hold {differing}"


def _walks(walks: Mapping[str, tuple[str, ...]]) -> str:
    return " or ".join(walk_name(condition, one) for condition, sequences in walks.items() for one in sequences)
