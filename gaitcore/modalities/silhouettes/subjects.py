"""Reading a source subject by subject, so that an interrupted job goes on after the subjects that are whole.

A subject that has been read is kept in a scratch folder as a table of its own, with the digests of its sequences and
what the report says of it. What is read is written there and handed on at the same time, so that an uninterrupted job
reads everything once, and a resumed one gives the same walks.
"""

import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

from gaitcore.digests import listing_digest
from gaitcore.files import write_json
from gaitcore.keys import SequenceKey, check_keys
from gaitcore.modalities.frame_table import combined_digest, sequence_frame
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.scratch import Scratch
from gaitcore.modalities.silhouettes.progress import SequenceProgress
from gaitcore.modalities.silhouettes.table import SilhouetteInfo, Walk, read_walks, writing

Places = Sequence[tuple[SequenceKey, Path]]
ReadWalk = Callable[[SequenceKey, Path, DropReport], Iterable[Walk]]

_AHEAD = 4  # sequences that are read while the one before them is written

log = logging.getLogger(__name__)


class Subjects:
    """How the sequences of a source are read: in threads of their own, and kept by subject where there is a folder.

    Args:
        dataset: its name, for messages.
        scratch: where whole subjects are kept; None keeps none.
        threads: that read sequences; their number changes only the time.
    """

    def __init__(self, dataset: str = "", scratch: Scratch | None = None, threads: int = 1) -> None:
        self._dataset, self._scratch, self._threads = dataset, scratch, threads

    def walks(self, places: Iterable[tuple[SequenceKey, Path]], read: ReadWalk, report: DropReport) -> Iterator[Walk]:
        """The walks of all sequences, in their order.

        Args:
            places: key, and file or folder, of each sequence, in the order of the keys.
            read: gives the walk of one of them, if it has one, and notes in the report what is left out.
            report: what is left out.

        Raises:
            DataError: the keys have one number in two spellings; no sequence has been read then.
        """
        places = list(places)
        check_keys(sequence_frame([key for key, _ in places], [0] * len(places)), self._dataset)
        subjects = {subject: list(own) for subject, own in groupby(places, key=lambda one: one[0].subject)}
        files = {subject: self._files(subject, own) for subject, own in subjects.items()}
        whole = {subject for subject, own in files.items() if own and own.notes.is_file()}
        if whole:
            log.info("%d of %d subjects were read before the job was interrupted", len(whole), len(subjects))
        left = sum(len(own) for subject, own in subjects.items() if subject not in whole)
        with ThreadPoolExecutor(self._threads) as pool, SequenceProgress(left) as progress:
            for subject, own in subjects.items():
                kept = files[subject]
                if kept and subject in whole:
                    yield from kept.walks(report)
                    continue
                notes = DropReport()
                fresh = _read_ahead(own, read, notes, pool, progress)
                yield from kept.keeping(fresh, notes) if kept else fresh
                report.extend(notes.rows())

    def _files(self, subject: str, places: Places) -> "_SubjectFiles | None":
        if self._scratch is None:
            return None
        digest = combined_digest((f"{key.name} {place}", listing_digest(place)) for key, place in places)
        table, notes = (self._scratch.path(subject, digest, ending) for ending in (".parquet", ".json"))
        return _SubjectFiles(self._dataset, table, notes)


NOT_KEPT = Subjects()


class _SubjectFiles:
    """The files of a whole subject: its table, and, written after it, the digests of its sequences and its report."""

    def __init__(self, dataset: str, table: Path, notes: Path) -> None:
        self.dataset, self.table, self.notes = dataset, table, notes

    def walks(self, report: DropReport) -> Iterator[Walk]:
        notes = json.loads(self.notes.read_text(encoding="utf-8"))
        for walk in read_walks(self.table):
            yield walk._replace(digest=notes["digests"][walk.key.name])
        report.extend(notes["report"])

    def keeping(self, walks: Iterable[Walk], report: DropReport) -> Iterator[Walk]:
        """The same walks, which are in the table when the last one has been given."""
        digests = {}
        with writing(self.table, SilhouetteInfo(self.dataset)) as table:
            for walk in walks:
                digests[walk.key.name] = walk.digest
                table.add(walk)
                yield walk
        write_json(self.notes, {"digests": digests, "report": report.rows()})


def _read_ahead(
    places: Places, read: ReadWalk, report: DropReport, pool: ThreadPoolExecutor, progress: SequenceProgress
) -> Iterator[Walk]:
    """The walks of some sequences, in their order, a few of them read ahead."""

    def read_one(key: SequenceKey, place: Path) -> tuple[list[Walk], DropReport]:
        notes = DropReport()
        return list(read(key, place, notes)), notes

    waiting: deque[Future[tuple[list[Walk], DropReport]]] = deque()
    rest = iter(places)
    try:
        while True:
            while len(waiting) < _AHEAD and (place := next(rest, None)):
                waiting.append(pool.submit(read_one, *place))
            if not waiting:
                return
            walks, notes = waiting.popleft().result()
            report.extend(notes.rows())
            yield from walks
            progress.sequence()
    finally:
        for future in waiting:
            future.cancel()
