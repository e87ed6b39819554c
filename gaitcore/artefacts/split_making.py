"""Making split.csv, and another such file for each further modality: roles, and what the data lack or hold twice."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from gaitcore import modalities
from gaitcore.artefacts.split import write_split
from gaitcore.errors import ProtocolError
from gaitcore.keys import sequence_names
from gaitcore.protocols.derivation import derive_roles_of, gaps
from gaitcore.protocols.roles import EXCLUDED, PART_OF
from gaitcore.protocols.sides import columns
from gaitcore.settings.protocol import Protocol

log = logging.getLogger(__name__)


def make_splits(tables: Mapping[str, Path], protocol: Protocol, splits: Mapping[str, Path]) -> None:
    """Write the role of every sequence, in one file for each modality.

    Args:
        tables: modality -> its frames, e.g. poses.parquet.
        protocol: that section of the configuration.
        splits: modality -> the file to write, split.csv for the first one.

    Raises:
        DataError: the table is missing or damaged.
        ProtocolError: sequences and protocol do not fit together; or two subjects, one of them in training and the
            other in the test, have a sequence with the same frames.
    """
    listed = {name: modalities.part(name, "table").list_sequences(table) for name, table in tables.items()}
    for modality, table in tables.items():
        assigned = derive_roles_of(modality, listed, protocol)
        digests = modalities.part(modality, "table").sequence_digests(table)
        for sentence in (*gaps(assigned, protocol), *repeated_walks(assigned, digests, table)):
            log.warning("%s", sentence)
        write_split(assigned, splits[modality], columns(protocol))
        counts = ", ".join(f"{number} {role}" for role, number in assigned["role"].value_counts().items())
        log.info("%s: %s", modality, counts)


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
    used = assigned.assign(digest=list(digests), part=assigned["role"].map(PART_OF))
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
