"""Roles derived from sequences and protocol: once for split.csv, and again wherever roles are used."""

from collections import defaultdict
from collections.abc import Mapping

import pandas as pd

from gaitcore import extensions
from gaitcore.errors import ProtocolError
from gaitcore.keys import KEY_COLUMNS, canonical, natural, some_of, walk_name
from gaitcore.protocols.partitions import listed_sequences
from gaitcore.protocols.roles import EXCLUDED, ROLES, SUBMITTED, TESTED, VALIDATED, check_disjoint, split_in_use
from gaitcore.protocols.sides import GALLERY, NEITHER, PROBE, chosen, columns, compared
from gaitcore.settings.protocol import LISTED, OTHERS, Protocol

_COMPARED = (*TESTED, *VALIDATED, *SUBMITTED)
ROLE_COLUMNS = (*KEY_COLUMNS, "frames", "role", "reason")


def derive_roles(sequences: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """The role of every sequence by the protocol's own kind, checked.

    Args:
        sequences: one row per sequence with the key columns, as text, and frames.
        protocol: that section of the configuration; its ``kind`` names the file whose ``assign_roles`` is used.

    Returns:
        The same rows with ``role`` and ``reason``.

    Raises:
        ProtocolError: what ``assign_roles`` raises; or the kind returns other rows or an unknown role, a subject is in
            two of training, validation and test, or no probe of a condition can be compared with any gallery sequence.
    """
    assigned = extensions.load("protocols", protocol.kind).assign_roles(sequences.copy(), protocol)
    where = f"protocol.kind {protocol.kind} ({extensions.place('protocols', protocol.kind)})"
    remedy = "correct its assign_roles"
    rows, expected = [*KEY_COLUMNS, "frames"], (*ROLE_COLUMNS, *columns(protocol))
    missing = [name for name in expected if name not in assigned]
    if missing or assigned[rows].to_numpy().tolist() != sequences[rows].to_numpy().tolist():
        found = f"no column {missing[0]}" if missing else f"{len(assigned)} rows"
        raise ProtocolError(
            f"{where}: assign_roles returned {found}, expected the {len(sequences)} rows it was passed, in their "
            f"order, with role and reason; {remedy}."
        )
    for role in assigned["role"].unique():
        if role not in ROLES:
            raise ProtocolError(f"{where}: unknown role {role!r}, expected one of {', '.join(ROLES)}; {remedy}.")
    check_disjoint(assigned, where, remedy)
    _check_comparable(assigned, protocol)
    return assigned[list(expected)].reset_index(drop=True)


def protocol_of(protocol: Protocol, modality: str) -> Protocol:
    """The protocol for the frames of one modality, with its own ``min_frames``."""
    return protocol.model_copy(update={"min_frames": protocol.min_frames_of.get(modality, protocol.min_frames)})


def derive_roles_of(modality: str, sequences: Mapping[str, pd.DataFrame], protocol: Protocol) -> pd.DataFrame:
    """The roles of the sequences of one modality, beside those of others.

    Args:
        modality: e.g. "silhouettes".
        sequences: modality -> its sequences, as :func:`derive_roles` takes them; with ``common_tests`` those of every
            modality of the experiment, else at least its own.
        protocol: that section of the configuration.

    Returns:
        What :func:`derive_roles` returns. With ``common_tests`` a sequence that would be tested, but is not in use in
        another modality, is excluded.

    Raises:
        ProtocolError: what :func:`derive_roles` raises, also for what the modalities have in common.
    """
    assigned = derive_roles(sequences[modality], protocol_of(protocol, modality))
    if not protocol.common_tests:
        return assigned
    for other, listed in sequences.items():
        if other == modality:
            continue
        theirs = derive_roles(listed, protocol_of(protocol, other))
        in_use = set(_names(theirs[theirs["role"].isin(_COMPARED)]))
        absent = assigned["role"].isin(_COMPARED) & ~_names(assigned).isin(in_use)
        assigned.loc[absent, "reason"] = assigned["role"] + f" that the {other} lack"
        assigned.loc[absent, "role"] = EXCLUDED
        assigned.loc[absent, list(columns(protocol))] = NEITHER
    _check_comparable(assigned, protocol)
    return assigned


def _names(sequences: pd.DataFrame) -> pd.Series:
    """The keys of each sequence as one tuple, numbers as they compare."""
    return pd.Series(
        list(zip(*(sequences[column].map(canonical) for column in KEY_COLUMNS), strict=True)), dtype=object
    )


def metrics_of(protocol: Protocol) -> str:
    """How the protocol's kind measures: the name of a module of gaitcore/evaluation, e.g. "cross_view"."""
    return str(extensions.declared("protocols", protocol.kind)["METRICS"])


def excludes_identical_view(protocol: Protocol) -> bool:
    """Whether a probe is not compared with gallery sequences of its own view: ``exclude_same``, or the kind's rule."""
    if protocol.exclude_same is not None:
        return protocol.exclude_same == "view"
    kind = extensions.declared("protocols", protocol.kind)
    return bool(kind.get("EXCLUDE_SAME", "view" if kind["METRICS"] == "cross_view" else "nothing") == "view")


def usable_walks(assigned: pd.DataFrame) -> set[tuple[str, str]]:
    """The walks (condition, sequence) of which a test subject has a sequence in use, sequences as numbers compare."""
    used = assigned.loc[assigned["role"].isin(TESTED), ["condition", "sequence"]].drop_duplicates()
    return {(condition, canonical(sequence)) for condition, sequence in used.itertuples(index=False)}


def gaps(assigned: pd.DataFrame, protocol: Protocol) -> tuple[str, ...]:
    """Sentences on what the protocol names and the sequences lack: subjects without any, walks of no test subject.

    Args:
        assigned: one row per sequence with the key columns and role, e.g. split.csv.
        protocol: that section of the configuration.
    """
    sentences = []
    split, present = split_in_use(protocol), {canonical(subject) for subject in assigned["subject"].unique()}
    absent = {part: [name for name in getattr(split, part) if name not in present] for part in ("train", "test")}
    if parts := [f"{some_of(names)} ({part})" for part, names in absent.items() if names]:
        sentences.append(f"The split {protocol.split} names subjects without any sequence: {' and '.join(parts)}.")
    for part, names in (("probe", split.probes), ("gallery", split.gallery)):
        if unknown := listed_sequences(assigned, names)[1]:
            sentences.append(
                f"The split {protocol.split} lists sequences that are not there: {some_of(unknown)} ({part})."
            )
    usable = usable_walks(assigned)
    walks = [
        f"{walk_name(condition, sequence)} ({part})"
        for part, named in (("gallery", protocol.gallery), ("probe", protocol.probes))
        for condition, sequences in named.items()
        for sequence in sequences
        if (condition, sequence) not in usable
    ]
    if walks:
        sentences.append(f"The protocol names walks of which no test subject has a usable sequence: {some_of(walks)}.")
    conditions = assigned.loc[assigned["role"].isin((*TESTED, *SUBMITTED)), "condition"].drop_duplicates()
    patterns = [
        f"{pattern} ({name}, {part})"
        for name, comparison in protocol.comparisons.items()
        for part, named in (("gallery", comparison.gallery), ("probes", comparison.probes))
        for pattern in named
        if pattern not in (LISTED, OTHERS) and not chosen(conditions, [pattern]).any()
    ]
    if patterns:
        sentences.append(f"The comparisons name conditions that no test subject has: {some_of(patterns)}.")
    return tuple(sentences)


def _check_comparable(assigned: pd.DataFrame, protocol: Protocol) -> None:
    """Refuse a comparison whose mean would be NaN: none of its probes is compared with any gallery sequence."""
    for part, prefix in ((TESTED, ""), (VALIDATED, "validation_")):
        rows = assigned[assigned["role"].isin(part)]
        rows = rows.assign(role=rows["role"].str.removeprefix(prefix))
        for keys in compared(rows, protocol).values():
            _check_sides(keys, protocol, prefix)


def _check_sides(keys: pd.DataFrame, protocol: Protocol, prefix: str) -> None:
    gallery, probes = (keys[keys["role"] == role] for role in (GALLERY, PROBE))
    gallery_role, probe_role = prefix + GALLERY, prefix + PROBE
    own_subject = metrics_of(protocol) != "cross_view"  # it leaves probes without a match out of every mean
    identical = excludes_identical_view(protocol)
    what = "comparison" if protocol.comparisons else "condition"
    views: dict[str, set[str]] = defaultdict(set)
    for subject, view in gallery[["subject", "view"]].drop_duplicates().itertuples(index=False):
        views[canonical(subject) if own_subject else ""].add(canonical(view))
    for condition, rows in probes[["condition", "subject", "view"]].drop_duplicates().groupby("condition", sort=False):
        pairs = [
            (views[canonical(subject) if own_subject else ""], canonical(view))
            for subject, view in rows[["subject", "view"]].itertuples(index=False)
        ]
        if any(held - {view} if identical else held for held, view in pairs):
            continue
        held_views = some_of(sorted(rows["view"].unique(), key=natural))
        if identical and any(held for held, _ in pairs):
            raise ProtocolError(
                f"No {probe_role} of {what} {condition} has a {gallery_role} sequence from another view to be "
                f"compared with (the views are {held_views}), and the identical view is excluded; bring sequences from "
                "another view, or set protocol.exclude_same: nothing to include the identical view."
            )
        if own_subject:
            raise ProtocolError(
                f"No {probe_role} of {what} {condition} has a {gallery_role} sequence of its subject; change "
                f"{'protocol.comparisons' if protocol.comparisons else 'protocol.gallery or protocol.probes'}."
            )
