"""The roles of sequences, and how they are assigned by split, condition and sequence.

Source: GaitMixer, section 4.1, the large-sample protocol of CASIA-B; the minimum number of frames is the published
code's, which drops shorter sequences from training and test without a message.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from gaitcore.errors import ProtocolError
from gaitcore.keys import KEY_COLUMNS, canonical, check_spelling, natural, some_of, walk_name
from gaitcore.protocols.partitions import listed_sequences, partition_file, read_partition
from gaitcore.protocols.sides import GALLERY, NEITHER, PROBE, chosen, sides
from gaitcore.settings.protocol import SUBMISSION, Protocol, Split

TRAIN, EXCLUDED = "train", "excluded"
BOTH = "gallery_and_probe"  # of different comparisons
VALIDATION_GALLERY, VALIDATION_PROBE, VALIDATION_BOTH = (f"validation_{role}" for role in (GALLERY, PROBE, BOTH))
TESTED, VALIDATED = (GALLERY, PROBE, BOTH), (VALIDATION_GALLERY, VALIDATION_PROBE, VALIDATION_BOTH)
UNKNOWN_PROBE, SUBMISSION_GALLERY = "unknown_probe", "submission_gallery"
SUBMITTED = (UNKNOWN_PROBE, SUBMISSION_GALLERY)  # they take part in the submission alone
ROLES = (TRAIN, *TESTED, EXCLUDED, *VALIDATED, *SUBMITTED)
PART_OF = {  # role -> training, test or validation; no subject is in two of them
    TRAIN: TRAIN,
    **dict.fromkeys((*TESTED, *SUBMITTED), "test"),
    **dict.fromkeys(VALIDATED, "validation"),
}
_ROLE = {frozenset((GALLERY,)): GALLERY, frozenset((PROBE,)): PROBE, frozenset((GALLERY, PROBE)): BOTH}


def assign_roles(sequences: pd.DataFrame, protocol: Protocol | Mapping[str, Any]) -> pd.DataFrame:
    """Assign a role to every sequence, by the part of the split its subject is in, its condition and its number.

    Args:
        sequences: one row per sequence with subject, condition, sequence, view (text or whole numbers) and frames.
            Numbers compare as numbers: the protocol's 1 is the sequence 01.
        protocol: a :class:`gaitcore.settings.protocol.Protocol` or a mapping of its keys.

    Returns:
        The same rows, with unchanged keys and two more columns: ``role`` (train, gallery, probe, excluded;
        gallery_and_probe in different comparisons; validation_gallery, ... where the split holds subjects out to choose
        the epoch; unknown_probe and submission_gallery for a submission alone) and ``reason``, why a sequence is
        excluded; it is empty for all others. Where the protocol has comparisons or a submission, a column for each
        with gallery, probe or an empty text follows.

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
    sequences = sequences.reset_index(drop=True)
    by_comparison = sides(sequences, protocol, lambda: _listed(sequences, split_in_use(protocol)))
    submission = _submission(sequences, protocol)
    role_of = _rule(protocol)
    rows = sequences[[*KEY_COLUMNS, "frames"]].itertuples(index=False)
    own_sides = zip(*by_comparison.values(), strict=True)
    roles = [role_of(*row) for row in zip(rows, own_sides, submission, strict=True)]
    assigned = sequences.assign(role=[role for role, _ in roles], reason=[reason for _, reason in roles])
    tested = assigned["role"].isin((*TESTED, *VALIDATED))
    if protocol.comparisons:
        assigned = assigned.assign(**{name: np.where(tested, of, NEITHER) for name, of in by_comparison.items()})
    if protocol.submission:
        used = assigned["role"].isin((*TESTED, *SUBMITTED))
        assigned = assigned.assign(**{SUBMISSION: np.where(used, submission, NEITHER)})
    _check(assigned, protocol)
    return assigned


def _listed(sequences: pd.DataFrame, split: Split) -> dict[str, np.ndarray]:
    """Side -> which sequences the partition file lists."""
    return {
        side: np.array(listed_sequences(sequences, names)[0])
        for side, names in ((PROBE, split.probes), (GALLERY, split.gallery))
    }


def _submission(sequences: pd.DataFrame, protocol: Protocol) -> np.ndarray:
    """(S,) the side of each sequence in the submission, if its subject is tested."""
    if protocol.submission is None:
        return np.full(len(sequences), NEITHER, dtype=object)
    unknown = sequences["subject"].map(canonical).eq(protocol.submission.subject).to_numpy()
    gallery = chosen(sequences["condition"], protocol.submission.gallery)
    return np.select([unknown, gallery], [PROBE, GALLERY], NEITHER)


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
    first: dict[str, str] = {}
    for subject, role in assigned[["subject", "role"]].drop_duplicates().itertuples(index=False):
        if role in PART_OF:
            other = first.setdefault(canonical(subject), role)
            if PART_OF[other] != PART_OF[role]:
                raise ProtocolError(
                    f"{where}: sequences of subject {subject} have the roles {other} and {role}, expected roles of "
                    f"training, validation or test alone, because a test subject must never be trained on; {remedy}."
                )


def check_validated(subjects: Iterable[str], protocol: Protocol, where: object) -> None:
    """Refuse subjects that the split does not hold out for validation: a test subject must not choose anything.

    Args:
        subjects: of sequences on which a network is measured to choose its epoch or its settings.
        protocol: that section of the configuration.
        where: the file that names them, for the message.

    Raises:
        ProtocolError: one of them is not among the validation subjects of the split in use.
    """
    split = split_in_use(protocol)
    for subject in subjects:
        if canonical(subject) in split.test or canonical(subject) not in split.validation:
            part = "a test subject" if canonical(subject) in split.test else "no validation subject"
            raise ProtocolError(
                f"{where}: subject {subject} is {part} of the split {protocol.split}, expected those of "
                f"{part_name(protocol, 'validation')} alone, because what is chosen must not depend on the test."
            )


def _rule(protocol: Protocol) -> Callable[[Any, tuple[str, ...], str], tuple[str, str]]:
    """The function sequence, its sides in the comparisons, its side in the submission -> role and reason."""
    split = split_in_use(protocol)
    train, test, validation = (frozenset(part) for part in (split.train, split.test, split.validation))

    def role_of(row: Any, own_sides: tuple[str, ...], submission: str) -> tuple[str, str]:
        subject = canonical(row.subject)
        if row.frames < protocol.min_frames:
            return EXCLUDED, f"{row.frames} frames, fewer than the {protocol.min_frames} required"
        if submission == PROBE and subject not in train:
            return UNKNOWN_PROBE, ""
        if subject in train and subject not in validation:
            return TRAIN, ""
        if subject not in test and subject not in validation:
            return EXCLUDED, f"subject {row.subject} is in no part of the split {protocol.split}"
        role = _ROLE.get(frozenset(own_sides) - {NEITHER})
        if role and subject in validation:
            return f"validation_{role}", ""
        if role:
            return role, ""
        if submission == GALLERY and subject in test:
            return SUBMISSION_GALLERY, ""
        return EXCLUDED, _no_role(row, protocol)

    return role_of


def _no_role(row: Any, protocol: Protocol) -> str:
    if protocol.comparisons:
        return f"condition {row.condition} is in no comparison"
    return f"{walk_name(row.condition, row.sequence)} is neither gallery nor probe"


def _check(assigned: pd.DataFrame, protocol: Protocol) -> None:
    longest = assigned["frames"].max()
    if longest < protocol.min_frames:
        raise ProtocolError(
            f"All {len(assigned)} sequences are too short: the longest has {longest} frames, protocol.min_frames is "
            f"{protocol.min_frames}; lower it and network.frames with it, or bring longer walks. "
            "The report of the frames, e.g. poses_report.csv, lists those that were left out while reading."
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
    if protocol.comparisons:
        _check_comparisons(assigned, protocol)
        return
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


def _check_comparisons(assigned: pd.DataFrame, protocol: Protocol) -> None:
    tested = assigned[assigned["role"].isin(TESTED)]
    for name, comparison in protocol.comparisons.items():
        for side, patterns in ((PROBE, comparison.probes), (GALLERY, comparison.gallery)):
            if not (tested[name] == side).any():
                words = {PROBE: "probes", GALLERY: "gallery"}
                raise ProtocolError(
                    f"The comparison {name} has no {side} sequence: no test subject has one of {some_of(patterns)} of "
                    f"at least {protocol.min_frames} frames; {_held(assigned, patterns)}. Change "
                    f"protocol.comparisons.{name}.{words[side]}."
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
