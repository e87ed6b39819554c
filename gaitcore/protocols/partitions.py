"""Partition files: who trains and who is tested, as OpenGait and FastPoseGait keep it beside each data set.

JSON: ``{"TRAIN_SET": ["00001", ...], "TEST_SET": [...], "PROBE_SET": ["0002-camid33_videoid2-seq0", ...]}``. A subject
is named as its folder. ``PROBE_SET`` and ``GALLERY_SET`` are optional and name single sequences: label, type and view,
joined by hyphens. CSV: OUMVLP's ``ID_list.csv``, two columns, the training subjects and the test subjects.
"""

import csv
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import Any

import pandas as pd

from gaitcore.errors import ProtocolError, short
from gaitcore.keys import KEY_COLUMNS, canonical, key_of_name
from gaitcore.modalities.foreign_json import MalformedError, parse, shown
from gaitcore.modalities.source_files import read_source
from gaitcore.settings.protocol import Protocol, Split
from gaitcore.settings.values import listed_sequence, subject_key
from gaitcore.suggest import nearest

EXPECTED = "a partition file: JSON with TRAIN_SET and TEST_SET, or a CSV of training and test subjects"
_SETS = {"TRAIN_SET": "train", "TEST_SET": "test", "PROBE_SET": "probes", "GALLERY_SET": "gallery"}
_OPTIONAL = ("PROBE_SET", "GALLERY_SET")
_COLUMNS = ("TRAIN_SET", "TEST_SET")  # of the CSV
_MOST_BYTES = 1 << 25  # 26,001 subjects and 24,000 probes have 1 MB


def partition_file(protocol: Protocol) -> Path | None:
    """The file that ``protocol.split`` names; None where it names one of ``protocol.splits``."""
    return None if protocol.split in protocol.splits else Path(protocol.split)


def pinned(protocol: Protocol) -> Protocol:
    """The protocol with the digest of its partition file in ``split_sha256``; unchanged where it has none.

    Raises:
        ProtocolError: what :func:`read_partition` raises.
    """
    path = partition_file(protocol)
    if path is None:
        return protocol
    read_partition(path, protocol.split_sha256)
    return protocol.model_copy(update={"split_sha256": sha256(_content(path)).hexdigest()})


def read_partition(path: Path, digest: str | None = None) -> Split:
    """The split that a partition file describes.

    Args:
        path: the file; ``.csv`` is a CSV, every other one JSON.
        digest: its expected SHA-256; None for any.

    Raises:
        ProtocolError: the file has another digest, is neither JSON nor CSV or lacks a set, an entry is no name, a
            subject is in training and test, or two subjects of a set are one number.
        DataError: the file is missing or cannot be read.
    """
    content = _content(path)
    found = sha256(content).hexdigest()
    if digest not in (None, found):
        raise ProtocolError(
            f"{path}: its SHA-256 is {found[:12]}..., expected {str(digest)[:12]}... (protocol.split_sha256); restore "
            "the file, or run the workflow again with the new one."
        )
    return _parsed(path, content)


def listed_sequences(sequences: pd.DataFrame, names: Sequence[str]) -> tuple[list[bool], list[str]]:
    """Which sequences ``names`` lists, and the names of which there is no sequence.

    A name is that of the sequence, ``001-nm-01-090``, or has the subject and two of its other keys in any order: the
    label, type and view of OpenGait's trees, which :class:`gaitcore.settings.data.Tree` can give any meaning.

    Args:
        sequences: S rows with the key columns, as text.
        names: from :class:`Split`, in the spelling in which keys compare.

    Raises:
        ProtocolError: two sequences have one of the names.
    """
    wanted: dict[str, str | None] = dict.fromkeys(names)  # name -> the sequence that has it
    rows = []
    for key in sequences[list(KEY_COLUMNS)].itertuples(index=False):
        subject, *others = (canonical(text) for text in key)
        spelled = {"-".join((subject, *some)) for some in (others, *permutations(others, 2))} & wanted.keys()
        for name in spelled:
            if wanted[name] is not None:
                raise ProtocolError(
                    f"The listed sequence {name} is {wanted[name]} and {'-'.join(key)}, expected one; name it by all "
                    "four keys."
                )
            wanted[name] = "-".join(key)
        rows.append(bool(spelled))
    return rows, [name for name, sequence in wanted.items() if sequence is None]


def _content(path: Path) -> bytes:
    return read_source(path, f"{EXPECTED} (protocol.split)", _MOST_BYTES)


@lru_cache(maxsize=4)
def _parsed(path: Path, content: bytes) -> Split:
    sets = _of_csv(path, content) if path.suffix.lower() == ".csv" else _of_json(path, content)
    parts = {_SETS[name]: _entries(path, name, listed) for name, listed in sets.items()}
    test = set(parts["test"])
    for subject in parts["train"]:
        if subject in test:
            raise ProtocolError(
                f"{path}: subject {subject} is in both TRAIN_SET and TEST_SET, expected it in one of them, because a "
                "test subject must never be trained on; remove it from one."
            )
    both = next((name for name in parts.get("probes", ()) if name in set(parts.get("gallery", ()))), None)
    if both:
        raise ProtocolError(f"{path}: {both} is in both PROBE_SET and GALLERY_SET, expected it in one of them.")
    return Split.model_validate(parts)


def _of_json(path: Path, content: bytes) -> Mapping[str, Any]:
    try:
        value = parse(content)
    except MalformedError as error:
        raise ProtocolError(f"{path}: {error}, expected {EXPECTED}.") from None
    if not isinstance(value, dict):
        raise ProtocolError(f"{path}: holds {shown(value)}, expected {EXPECTED}.")
    for name in value:
        if name not in _SETS:
            raise ProtocolError(f"{path}: unknown key {short(name)}{nearest(name, _SETS)}")
    for name in _SETS:
        if name not in value and name not in _OPTIONAL:
            raise ProtocolError(f"{path}: no key {name}, expected {EXPECTED}; add it, empty if there is nobody.")
    return value


def _of_csv(path: Path, content: bytes) -> Mapping[str, list[str]]:
    """The two columns; a first line without any digit is a heading, and the shorter column ends with empty cells."""
    try:
        rows = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ProtocolError(f"{path}: not CSV ({error}), expected {EXPECTED}.") from None
    columns: dict[str, list[str]] = {name: [] for name in _COLUMNS}
    for line, row in enumerate(rows, start=1):
        if not row or (line == 1 and not any(character.isdigit() for cell in row for character in cell)):
            continue
        if len(row) != len(_COLUMNS):
            raise ProtocolError(
                f"{path}, line {line}: {len(row)} columns, expected 2: the training subjects and the test subjects."
            )
        for name, cell in zip(_COLUMNS, row, strict=True):
            columns[name] += [cell.strip()] if cell.strip() else []
    return columns


def _entries(path: Path, name: str, listed: Any) -> tuple[str, ...]:
    """The entries of a set in the spelling in which keys compare, each once."""
    if not isinstance(listed, list):
        raise ProtocolError(f"{path}: {name} is {shown(listed)}, expected a list of names.")
    spell = listed_sequence if name in _OPTIONAL else subject_key
    spelled: dict[str, str] = {}
    for place, entry in enumerate(listed, start=1):
        try:
            one = spell(entry if name in _OPTIONAL or not isinstance(entry, str) else key_of_name(entry))
        except ValueError as error:
            raise ProtocolError(f"{path}: entry {place} of {name}: {error}.") from None
        if (first := spelled.setdefault(one, str(entry))) != str(entry):
            raise ProtocolError(
                f"{path}: {name} has {first} and {entry}, two spellings of one name, expected one of them."
            )
    return tuple(spelled)
