"""The tries of a sweep: combinations of settings, each a system like the one that is varied.

A try is named after its settings, so that a try that is made already is not made again when values are added. The tries
are no part of ``compare``: they are trained and measured on the validation subjects only.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from itertools import islice, product
from random import Random
from typing import Any, NamedTuple

from gaitcore.errors import ConfigError
from gaitcore.merging import merged
from gaitcore.settings.experiment import Config
from gaitcore.settings.sweep import Range, Sweep
from gaitcore.systems import Run

MOST_TRIES = 1000
_DIGITS = 4  # significant digits of a number that is drawn, so that the printed value is the one that was used
_DRAWS_A_TRY = 100


class Try(NamedTuple):
    """A combination of settings: the name of its system, and setting -> value, e.g. training.learning_rate: 0.003."""

    name: str
    settings: Mapping[str, Any]


def tries_of(sweep: Sweep) -> list[Try]:
    """The tries of a sweep, in the order of the grid, or as they are drawn.

    A random search draws each setting independently, and leaves out a combination that it has drawn before; with more
    tries, the first ones stay the same.

    Raises:
        ConfigError: a grid has more than ``MOST_TRIES`` combinations, or a random search finds too few.
    """
    tries = _grid(sweep) if sweep.search == "grid" else _drawn(sweep)
    return [Try(_name(settings), settings) for settings in tries]


def sweep_seeds(config: Config, sweep: Sweep) -> tuple[int, ...]:
    """The seeds with which each try is trained: the sweep's own, or those of the experiment."""
    return sweep.seeds or config.seeds


def runs_of_sweep(config: Config) -> list[Run]:
    """A run for each try and seed; none without a sweep."""
    if config.sweep is None:
        return []
    return [(one.name, seed) for one in tries_of(config.sweep) for seed in sweep_seeds(config, config.sweep)]


def with_tries(config: Config) -> Config:
    """The configuration with each try as a system; ``compare`` stays as it is."""
    if config.sweep is None:
        return config
    tries = {one.name: {"like": config.sweep.system, **sections(one.settings)} for one in tries_of(config.sweep)}
    return config.model_copy(update={"systems": {**config.systems, **tries}})


def sections(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by their dotted names as nested sections, as an overlay has them."""
    nested: dict[str, Any] = {}
    for name, value in settings.items():
        for key in reversed(name.split(".")):
            value = {key: value}
        nested = merged(nested, value)
    return nested


def _grid(sweep: Sweep) -> Iterator[dict[str, Any]]:
    number = math.prod(len(values) for values in sweep.settings.values())
    if number > MOST_TRIES:
        raise ConfigError(f"these values make {number} tries, expected {MOST_TRIES} at most; search: random tries some")
    return (dict(zip(sweep.settings, values, strict=True)) for values in product(*sweep.settings.values()))


def _drawn(sweep: Sweep) -> Iterator[dict[str, Any]]:
    random, number = Random(sweep.seed), sweep.tries or 0
    draws = (
        {key: _draw(values, random) for key, values in sweep.settings.items()} for _ in range(_DRAWS_A_TRY * number)
    )
    different = {_name(settings): settings for settings in islice(_new(draws), number)}
    if len(different) < number:
        raise ConfigError(
            f"{number} tries are asked for, but only {len(different)} different combinations were found; lower "
            "sweep.tries, or search: grid"
        )
    return iter(different.values())


def _new(draws: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The draws without repetitions."""
    seen: set[str] = set()
    for settings in draws:
        if (name := _name(settings)) not in seen:
            seen.add(name)
            yield settings


def _draw(values: Range | tuple[Any, ...], random: Random) -> Any:
    """A value; ``Random.random`` alone is used, whose sequence is the same in every version of Python."""
    part = random.random()
    if not isinstance(values, Range):
        return values[int(part * len(values))]
    low, high = values.low, values.high
    whole = isinstance(low, int) and isinstance(high, int)
    if whole:  # each number has a share of its own, also those at the ends
        low, high = low - 0.5, high + 0.5
    drawn = low * (high / low) ** part if values.scale == "log" else low + (high - low) * part
    rounded = round(drawn) if whole else float(f"{drawn:.{_DIGITS}g}")
    return min(max(rounded, values.low), values.high)


def _name(settings: Mapping[str, Any]) -> str:
    return "try_" + hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:10]
