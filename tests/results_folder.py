"""A small results folder as jobs leave it: files, logs, benchmarks and receipts."""

import os
import time
from pathlib import Path

from gaitcore.audit.manifest import write_manifest
from gaitcore.audit.receipts import JobPlace, add_benchmarks, checked_inputs, write_receipt

FACTS = {
    "experiment": "tiny",
    "configuration": {"seeds": [0, 1]},
    "titles": {"gaitmixer": "GaitMixer"},
    "extensions": {},
    "gaitcore": "0.1.0",
}


class Results:
    """``results/tiny`` below a folder; every path is relative to that folder, in which the tests run."""

    folder = Path("results/tiny")

    def make(self, name, rule, inputs=(), outputs=(), parameters="0"):
        """What a job does: read its inputs, write its outputs, its log and its receipt."""
        log, benchmark = (self.folder / f"{kind}/{name}.{suffix}" for kind, suffix in self.records)
        place = JobPlace.of_log(log)
        digests = checked_inputs(place, inputs)
        for path in (*outputs, log, benchmark):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(f"{Path(path).name} by {rule}")
        write_receipt(place, rule, parameters, digests, map(str, outputs), str(log))
        return place

    records = (("logs", "log"), ("benchmarks", "tsv"))

    def write_manifest(self):
        add_benchmarks(self.folder)
        write_manifest(self.folder / "manifest.json", ["data/poses.csv"], FACTS)


def flip(path, keep_time=False):
    """Change one byte of a file; ``keep_time`` hides it from whoever compares times."""
    path = Path(path)
    state, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    if keep_time:
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    else:  # later than the receipt, whatever the clock's resolution
        os.utime(path, ns=(state.st_atime_ns, time.time_ns() + 10**9))
