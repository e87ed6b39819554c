"""Compare a run that was trained again from scratch with the first one, to verify that training is repeatable.

On the machine that made the first run, with the same packages, weights and accuracies must be equal to the byte.
On other machines the last bits of sums differ and training amplifies the difference; there accuracies are compared.
"""

from dataclasses import dataclass
from pathlib import Path

from gaitcore.artefacts.metrics import read_metrics
from gaitcore.artefacts.run_record import RunRecord, read_run
from gaitcore.digests import file_digest
from gaitcore.percent import in_percent

TOLERANCE = 0.02  # of a condition's mean rank-1, a fraction, between machines
BYTES, ACCURACIES = "bytes", "accuracies"

_MACHINE_FACTS = ("processor", "platform", "python")
_COMPARED_FILES = ("weights.safetensors", "metrics.json")


@dataclass(frozen=True)
class Verdict:
    """The result of a comparison.

    Attributes:
        run: the run, e.g. "gaitmixer, seed 0".
        compared: "bytes" or "accuracies".
        agrees: whether they agree.
        finding: a sentence without the run's name.
    """

    run: str
    compared: str
    agrees: bool
    finding: str

    def __str__(self) -> str:
        return f"{self.run}: {'reproduced' if self.agrees else 'NOT reproduced'}; {self.finding}."


def compare_runs(first: Path, again: Path) -> Verdict:
    """Compare two runs of one system and seed, each a folder with weights.safetensors, metrics.json and run.json."""
    records = [read_run(folder / "run.json") for folder in (first, again)]
    name = f"{records[0].system}, seed {records[0].seed}"
    differences = _machine_differences(*records)
    if differences:
        return _by_accuracies(name, first, again, differences)
    return _by_bytes(name, first, again)


def _machine_differences(first: RunRecord, again: RunRecord) -> list[str]:
    """The differences between two machines, as "processor (A, now B)"."""
    facts = [
        ("device", first.device, again.device),
        *((key, getattr(first.machine, key), getattr(again.machine, key)) for key in _MACHINE_FACTS),
        *((key, old, again.machine.packages.get(key)) for key, old in first.machine.packages.items()),
        *((key, old, again.determinism.get(key)) for key, old in first.determinism.items()),
    ]
    return [f"{key} ({old}, now {new})" for key, old, new in facts if old != new]


def _by_bytes(name: str, first: Path, again: Path) -> Verdict:
    different = [file for file in _COMPARED_FILES if file_digest(first / file) != file_digest(again / file)]
    if different:
        return Verdict(name, BYTES, False, f"same machine, but other bytes in {' and '.join(different)}")
    return Verdict(name, BYTES, True, f"same machine, same bytes: {' and '.join(_COMPARED_FILES)}")


def _by_accuracies(name: str, first: Path, again: Path, differences: list[str]) -> Verdict:
    old, new = (read_metrics(folder / "metrics.json").means["rank1"] for folder in (first, again))
    furthest = max(old, key=lambda condition: abs(new[condition] - old[condition]))
    distance = abs(new[furthest] - old[furthest])
    finding = (
        f"other machine: {', '.join(differences)}; so accuracies were compared, not bytes: mean rank-1 differs by at "
        f"most {in_percent(distance):.1f} points ({furthest}), {in_percent(TOLERANCE):.0f} are allowed"
    )
    return Verdict(name, ACCURACIES, distance <= TOLERANCE, finding)
