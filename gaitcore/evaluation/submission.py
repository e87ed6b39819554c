"""The nearest gallery sequences of probes of unknown identity, for a challenge's server.

Source: GREW (Zhu et al., ICCV 2021): types 01 and 02 of all test subjects are the gallery, and the probes' identities
are secret. A row has the probe's folder and the subjects of its 20 nearest gallery sequences.
"""

import logging
from pathlib import Path

import numpy as np

from gaitcore.artefacts.embeddings import read_tested
from gaitcore.artefacts.submission import write_submission
from gaitcore.errors import DataError, ProtocolError
from gaitcore.evaluation.distances import end_to_end, similarities
from gaitcore.keys import canonical, in_order
from gaitcore.protocols.sides import GALLERY, PROBE, submitted
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.protocol import Submission

log = logging.getLogger(__name__)

PROBES_AT_ONCE = 1024  # so that memory grows with the gallery alone


def submit_run(
    embeddings: Path, split: Path, settings: Evaluation, submission: Submission, *, table: Path, archive: Path
) -> None:
    """Write the submission of one run.

    Args:
        embeddings: embeddings.parquet of the run.
        split: split.csv.
        settings: distance and parts.
        submission: that section of the protocol.
        table: the CSV to write.
        archive: the ZIP of it to write.

    Raises:
        DataError: a file is damaged, the two do not list the same sequences, or a gallery subject is no whole number.
        ProtocolError: there are no probes of unknown identity, or fewer gallery sequences than a row lists.
    """
    vectors, listed = read_tested(embeddings, split)
    rows = submitted(listed)
    gallery, probes = (rows[rows["role"] == role] for role in (GALLERY, PROBE))
    if probes.empty or len(gallery) < submission.nearest:
        raise ProtocolError(
            f"{split}: {len(probes)} probes of unknown identity (subject {submission.subject}) and {len(gallery)} "
            f"gallery sequences, expected at least 1 and {submission.nearest}; change protocol.submission."
        )
    probes = in_order(probes, ["sequence"])
    subjects = _numbers(gallery["subject"].tolist(), embeddings)
    nearest = nearest_rows(vectors, probes.index.to_numpy(), gallery.index.to_numpy(), settings, submission.nearest)
    write_submission(probes["sequence"].tolist(), subjects[nearest], table, archive)
    log.info(
        "%d probes, each with the %d nearest of %d gallery sequences", len(probes), submission.nearest, len(gallery)
    )


def nearest_rows(
    embeddings: np.ndarray, probes: np.ndarray, gallery: np.ndarray, settings: Evaluation, nearest: int
) -> np.ndarray:
    """(P, nearest) the places in ``gallery`` of the nearest sequences of each probe, nearest first.

    Args:
        embeddings: (N, D) or (N, parts, D).
        probes: (P,) rows of the embeddings.
        gallery: (G,) rows of the embeddings.
        settings: distance and parts.
        nearest: how many.
    """
    if settings.parts == "concatenated":
        embeddings = end_to_end(embeddings)
    found = []
    for start in range(0, len(probes), PROBES_AT_ONCE):
        some = embeddings[probes[start : start + PROBES_AT_ONCE]]
        similarity = similarities(some, embeddings[gallery], settings.distance)
        found.append(np.argsort(-similarity, axis=1, kind="stable")[:, :nearest])
    return np.concatenate(found)


def _numbers(subjects: list[str], embeddings: Path) -> np.ndarray:
    """The subjects as whole numbers, which a server expects."""
    for subject in subjects:
        if not canonical(subject).isdecimal():
            raise DataError(f"{embeddings}: the gallery subject {subject} is no whole number, expected one like 00001.")
    return np.array([int(subject) for subject in subjects], dtype=object)
