"""Making split.csv: the roles by the protocol, and what the data lack or hold twice."""

import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gaitcore import modalities
from gaitcore.artefacts.split import write_split
from gaitcore.errors import ProtocolError
from gaitcore.keys import sequence_names
from gaitcore.protocols.derivation import derive_roles, gaps
from gaitcore.protocols.roles import EXCLUDED, TESTED, TRAIN, VALIDATED
from gaitcore.settings.protocol import Protocol

log = logging.getLogger(__name__)

_PART = {TRAIN: TRAIN, **dict.fromkeys(TESTED, "test"), **dict.fromkeys(VALIDATED, "validation")}


def make_split(modality: str, table: Path, protocol: Protocol, split: Path) -> None:
    """Write split.csv: the role of every sequence of a table.

    Args:
        modality: of the table, e.g. "keypoints".
        table: the frames, e.g. poses.parquet.
        protocol: that section of the configuration.
        split: the file to write.

    Raises:
        DataError: the table is missing or damaged.
        ProtocolError: sequences and protocol do not fit together; or two subjects, one of them in training and the
            other in the test, have a sequence with the same frames.
    """
    of_modality = modalities.part(modality, "table")
    assigned = derive_roles(of_modality.list_sequences(table), protocol)
    repeated = repeated_walks(assigned, of_modality.sequence_digests(table), table)
    for sentence in (*gaps(assigned, protocol), *repeated):
        log.warning("%s", sentence)
    write_split(assigned, split)
    log.info("%s", ", ".join(f"{number} {role}" for role, number in assigned["role"].value_counts().items()))


def repeated_walks(assigned: pd.DataFrame, digests: Sequence[str], table: Path) -> tuple[str, ...]:
    """A sentence where sequences in use have the same frames, byte for byte.

    Args:
        assigned: S rows with the key columns and role.
        digests: (S,) the digest of each sequence's frames.
        table: the file that holds them, for the messages.

    Raises:
        ProtocolError: two such sequences are of different subjects, in different parts of training, validation and
            test.
    """
    used = assigned.assign(digest=list(digests), part=assigned["role"].map(_PART))
    used = used[(used["role"] != EXCLUDED) & used["digest"].duplicated(keep=False)]
    used = used.assign(name=sequence_names(used))
    groups = [rows for _, rows in used.groupby("digest", sort=False) if len(rows) > 1]
    for rows in groups:
        first = rows.iloc[0]
        others = rows[(rows["part"] != first["part"]) & (rows["subject"] != first["subject"])]
        if len(others):
            other = others.iloc[0]
            raise ProtocolError(
                f"{table}: {first['name']} ({first['role']}) and {other['name']} ({other['role']}) have the same "
                "frames, expected different walks of different subjects, because a test subject must never be trained "
                "on; remove one of them from the source or correct its subject."
            )
    if not groups:
        return ()
    named = " and ".join(groups[0]["name"].iloc[:2])
    return (f"{table}: {len(used)} sequences in use have the same frames as another one, e.g. {named}.",)
