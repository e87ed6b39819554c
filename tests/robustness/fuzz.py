"""Mutated inputs at every door: ``make fuzz``, or ``PYTHONPATH=.:tests:tests/robustness python -m fuzz``.

Prints a table of the doors and ends with exit status 1 if an input ended in anything but a sentence or a right result.
The same seed and number give the same inputs. ``--door NAME --only N`` runs one of them again.
"""

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path

import torch
import trial
from doors import DOORS, Door
from processes import make_inputs, outcomes_of
from trial import Outcome

Number = tuple[int, int]  # of the door, and of the mutation


def tried(seed: int, task: Number, scratch: Path) -> Outcome:
    """The outcome of one mutation at one door."""
    place, number = task
    door = DOORS[place]
    trial.baseline(door, scratch)
    name, mutation = trial.mutated(door, f"{seed} {door.name} {number}")
    return trial.enter(door, scratch, name, mutation)


def shared_out(mutations: int, doors: list[Door]) -> list[Number]:
    """The same number for every door, and one more for the first where it does not come out even."""
    each, rest = divmod(mutations, len(doors))
    places = [DOORS.index(door) for door in doors]
    return [(place, number) for n, place in enumerate(places) for number in range(each + (n < rest))]


def totals(outcomes: list[tuple[Number, Outcome]]) -> list[dict]:
    """One row for each door, in their order."""
    rows = []
    for place, door in enumerate(DOORS):
        of_door = [outcome for (number, _), outcome in outcomes if number == place]
        if of_door:
            rows.append(
                {
                    "door": door.name,
                    "tried": len(of_door),
                    "refused": sum(outcome.kind == trial.REFUSED for outcome in of_door),
                    "accepted": sum(outcome.kind == trial.ACCEPTED for outcome in of_door),
                    "failures": sum(not outcome.good for outcome in of_door),
                    "slowest": round(max(outcome.seconds for outcome in of_door), 2),
                }
            )
    return rows


def failures(outcomes: list[tuple[Number, Outcome]]) -> list[dict]:
    """What went wrong, one entry for each mutation."""
    return [
        {"door": DOORS[place].name, "number": number, **outcome._asdict()}
        for (place, number), outcome in outcomes
        if not outcome.good
    ]


def main() -> int:
    options = _options()
    doors = [door for door in DOORS if options.door in (None, door.name)]
    make_inputs(doors)
    numbers = shared_out(options.mutations, doors)
    if options.only is not None:
        numbers = [(DOORS.index(door), options.only) for door in doors]
    started = time.monotonic()
    outcomes = []
    for number, outcome in outcomes_of(numbers, partial(tried, options.seed)):
        outcomes.append((number, outcome))
        if not outcome.good or options.only is not None:
            where = f"{DOORS[number[0]].name} #{number[1]}"
            print(f"{where}: {outcome.kind}: {outcome.mutation}: {outcome.detail}", file=sys.stderr, flush=True)
    result = {
        "seed": options.seed,
        "seconds": round(time.monotonic() - started, 1),
        "doors": totals(outcomes),
        "failures": failures(outcomes),
    }
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(as_text(result))
    return 1 if result["failures"] else 0


def as_text(result: dict) -> str:
    """The table that is printed."""
    columns = ("tried", "refused", "accepted", "failures", "slowest")
    lines = [f"{'door':<28}" + "".join(f"{column:>10}" for column in columns)]
    lines += [f"{row['door']:<28}" + "".join(f"{row[column]:>10}" for column in columns) for row in result["doors"]]
    tried = sum(row["tried"] for row in result["doors"])
    lines.append(f"{tried} inputs, {len(result['failures'])} failures, {result['seconds']} s, seed {result['seed']}")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutations", type=int, default=2000, help="how many inputs, over all doors")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--door", choices=[door.name for door in DOORS], help="this door alone")
    parser.add_argument("--only", type=int, help="this mutation of each door alone")
    parser.add_argument("--json", type=Path, help="write the result there")
    return parser.parse_args()


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
