"""The side of each sequence in each comparison: gallery, probe or neither, by condition and sequence or by comparison.

Source: the selections of the field's evaluators, which are lists of types (CCPG, Li et al., CVPR 2023), parts of a
type's name (SUSTech1K, Shen et al., CVPR 2023) or lists of sequences (Gait3D, Zheng et al., CVPR 2022).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from gaitcore.errors import ProtocolError
from gaitcore.keys import canonical, some_of
from gaitcore.settings.protocol import LISTED, OTHERS, SUBMISSION, Protocol

GALLERY, PROBE, NEITHER = "gallery", "probe", ""
SINGLE = ""  # the name of the only comparison of a protocol that names gallery and probes

Listed = Mapping[str, np.ndarray]  # side -> (S,) bool: whether the partition file lists a sequence there


def sides(sequences: pd.DataFrame, protocol: Protocol, listed: Callable[[], Listed]) -> dict[str, np.ndarray]:
    """Comparison -> (S,) the side of each sequence, as if all subjects were tested.

    Args:
        sequences: S rows with the key columns.
        protocol: that section of the configuration. Without comparisons there is one, named ``SINGLE``.
        listed: which sequences the partition file lists; called only where a comparison needs it.

    Raises:
        ProtocolError: a sequence is both gallery and probe of one comparison.
    """
    if not protocol.comparisons:
        return {SINGLE: _by_walk(sequences, protocol)}
    conditions = sequences["condition"]
    found = {}
    for name, comparison in protocol.comparisons.items():
        probe, gallery = (
            listed()[side] if patterns == (LISTED,) else chosen(conditions, patterns)
            for side, patterns in ((PROBE, comparison.probes), (GALLERY, comparison.gallery))
        )
        if comparison.gallery == (OTHERS,):
            gallery = ~probe
        if (both := probe & gallery).any():
            raise ProtocolError(
                f"protocol.comparisons.{name}: sequences of condition {some_of(conditions[both].unique())} are both "
                "gallery and probe, expected one of them; change its patterns."
            )
        found[name] = np.select([gallery, probe], [GALLERY, PROBE], NEITHER)
    return found


def chosen(conditions: pd.Series, patterns: Sequence[str]) -> np.ndarray:
    """(S,) bool: whether a condition is one of ``patterns``; numbers compare as numbers, and ``*`` is any text."""
    known = {
        condition: any(canonical(condition) == canonical(one) or fnmatchcase(condition, one) for one in patterns)
        for condition in conditions.unique()
    }
    return conditions.map(known).to_numpy(bool)


def _by_walk(sequences: pd.DataFrame, protocol: Protocol) -> np.ndarray:
    named = {
        (condition, sequence): side
        for side, walks in ((PROBE, protocol.probes), (GALLERY, protocol.gallery))
        for condition, numbers in walks.items()
        for sequence in numbers
    }
    walks = zip(sequences["condition"], sequences["sequence"].map(canonical), strict=True)
    return np.array([named.get(walk, NEITHER) for walk in walks], dtype=object)


def compared(keys: pd.DataFrame, protocol: Protocol) -> dict[str, pd.DataFrame]:
    """Comparison -> the rows of its gallery and its probes, with their index; the roles are gallery and probe.

    The condition of a probe is the comparison's name, as the tables call it. Without comparisons there is one, named
    ``SINGLE``, with all rows as they are.

    Args:
        keys: rows with the key columns, ``role`` and a column for each comparison.
        protocol: that section of the configuration.
    """
    if not protocol.comparisons:
        return {SINGLE: keys[keys["role"].isin((GALLERY, PROBE))]}
    parts = {}
    for name in protocol.comparisons:
        rows = keys[keys[name] != NEITHER]
        titled = rows["condition"].where(rows[name] != PROBE, name)
        parts[name] = rows.assign(role=rows[name], condition=titled)
    return parts


def submitted(keys: pd.DataFrame) -> pd.DataFrame:
    """The rows that a submission compares, with their index; the roles are gallery and probe."""
    rows = keys[keys[SUBMISSION] != NEITHER]
    return rows.assign(role=rows[SUBMISSION])


def columns(protocol: Protocol) -> tuple[str, ...]:
    """The columns of sides in split.csv: one for each comparison, and one for the submission."""
    return (*protocol.comparisons, *([SUBMISSION] if protocol.submission else []))


def compared_names(protocol: Protocol) -> tuple[str, ...]:
    """The rows of the tables, in order: the comparisons, or the conditions of the probes."""
    return tuple(protocol.comparisons or protocol.probes)


def in_tables_order(names: Iterable[str], protocol: Protocol) -> list[str]:
    """Conditions or comparisons in the order of the tables' rows; others follow in their own order."""
    place = {name: number for number, name in enumerate(compared_names(protocol))}
    return sorted(names, key=lambda name: place.get(name, len(place)))


def titled_names(protocol: Protocol) -> tuple[str, ...]:
    """Every condition and comparison that has a title in tables and figures."""
    return tuple(dict.fromkeys([*protocol.gallery, *compared_names(protocol)]))
