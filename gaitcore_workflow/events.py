"""Snakemake's events as lines of text: how the logger of the workflow writes them, and how a screen reads them.

An event's line begins with the record separator of RFC 7464, which no other line on the same stream does.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

_MARK = "\x1e"


def event_line(event: Mapping[str, Any]) -> str:
    """An event as one line."""
    return f"{_MARK}{json.dumps(event, default=str)}\n"


def event_of(line: str) -> dict[str, Any] | None:
    """The event that a line holds; None for a line of anything else, and for an event that was cut off by a kill."""
    if not line.startswith(_MARK):
        return None
    with suppress(json.JSONDecodeError):
        return json.loads(line.removeprefix(_MARK))
    return None


def for_people(line: str) -> str:
    """A line for a log: of an event, its text alone."""
    event = event_of(line)
    return line if event is None else f"{event.get('rule_msg') or event['text']}\n"
