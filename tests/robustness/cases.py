"""Every malformed input with its right result, in processes that may hang: ``python cases.py --json FILE``."""

import argparse
import json
from pathlib import Path

import torch
import trial
from doors import DOORS
from malformed import Case, all_cases
from processes import make_inputs, outcomes_of
from situations import all_situations
from trial import Outcome


def attempt(case: Case, scratch: Path) -> Outcome:
    """The outcome of one case."""
    if case.door in DOORS:  # the input of the others is the malformed one
        trial.baseline(case.door, scratch)
    return trial.enter(case.door, scratch, case.changed, case.mutation, prepare=case.prepare)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, required=True)
    torch.set_num_threads(1)
    options = parser.parse_args()
    make_inputs(DOORS)
    cases, skipped = all_cases()
    result = {"malformed": _tried(cases), "situations": _tried(all_situations()), "skipped": skipped}
    options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


def _tried(cases: list[Case]) -> list[dict]:
    outcomes = outcomes_of(cases, attempt)
    return [{"case": case.name, "good": outcome.good, **outcome._asdict()} for case, outcome in outcomes]


if __name__ == "__main__":
    main()
