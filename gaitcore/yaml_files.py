"""YAML as people write it: what a reader could understand in two ways is refused, with the line.

Values are text, whole numbers, numbers, ``true`` and ``false``, ``null``, lists and mappings. A plain word is what it
looks like: ``010``, ``1_000``, ``0x1F`` and ``1:30``, which are numbers of another value in YAML 1.1, are text, so that
no subject 010 becomes the subject 8, and where a number is expected they are refused. Dates, tags of other types, keys
that stand twice, keys that YAML takes for a truth value (``no``), and aliases of themselves are refused here.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from gaitcore.errors import ConfigError, short, shown

Place = tuple[str | int, ...]  # the keys and indices of a value, from the outermost


class Document(NamedTuple):
    """The content of a YAML file, and the line of each key and item."""

    content: Any
    lines: dict[Place, int]


_MOST_BYTES = 1_000_000
_MOST_VALUES = 50_000  # aliases counted as often as they are used
DEEPEST = 30  # lists and mappings inside each other
_MOST_DIGITS = 400

_OPEN = object()  # the value of an anchor until it is complete
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"([-+]?)\.(?:(inf|Inf|INF)|nan|NaN|NAN)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")
_NULL = ("", "~", "null", "Null", "NULL")
_TRUTH = {
    spelling: truth
    for truth, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for word in words
    for spelling in (word, word.title(), word.upper())
}


def read_yaml(path: str | Path, expected: str = "the configuration") -> Document:
    """The mapping in a YAML file; an empty file is an empty mapping.

    Args:
        path: the file.
        expected: what the file is, for messages.

    Raises:
        ConfigError: there is no such file, it is not UTF-8 or not YAML, or holds something that is refused.
    """
    document = _Builder(Path(path), _text(Path(path), expected)).document()
    if document.content is None:
        return Document({}, {})
    if not isinstance(document.content, dict):
        raise ConfigError(f"{path}: holds {shown(document.content)}, expected a mapping: {expected}.")
    return document


def plain_value(text: str) -> Any:
    """The value of a plain word: text, number, truth value or None; dates are text here.

    Raises:
        ValueError: it is a number with too many digits.
    """
    if text in _NULL:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _NUMBER.fullmatch(text) and len(text) > _MOST_DIGITS:
        raise ValueError(f"{shown(text)} has {len(text)} digits, expected {_MOST_DIGITS} at most")
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    if match := _NOT_FINITE.fullmatch(text):
        return float(f"{match[1]}{match[2] or 'nan'}")
    return text


def _text(path: Path, expected: str) -> str:
    try:
        if not path.exists():
            raise ConfigError(f"{path}: no such file, expected {expected}.")
        if not path.is_file():  # reading a pipe would wait for ever
            raise ConfigError(f"{path}: this is {'a folder' if path.is_dir() else 'no file'}, expected {expected}.")
        if (size := path.stat().st_size) > _MOST_BYTES:
            raise ConfigError(f"{path}: has {size} bytes, expected {expected}, {_MOST_BYTES} bytes at most.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: this is not UTF-8 text, expected {expected}; save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}), expected {expected}.") from None


class _Builder:
    """Values made from the parser's events, with the limits checked on the way."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._text = path, text
        self._events: Iterator[Any] = yaml.parse(text, Loader=_PARSER)
        self._lines: dict[Place, int] = {}
        self._anchors: dict[str, tuple[Any, int]] = {}  # a value and how many values are in it
        self._values = 0

    def document(self) -> Document:
        try:
            self._next()  # the stream starts
            if isinstance(self._next(), yaml.StreamEndEvent):
                return Document(None, {})
            content = self._value(self._next(), ())
            self._next()  # the document ends
            if not isinstance(after := self._next(), yaml.StreamEndEvent):
                raise self._refusal(after, "a second document starts", "expected one, without a line ---")
        except yaml.YAMLError as error:
            mark, position = getattr(error, "problem_mark", None), getattr(error, "position", None)
            number = mark.line + 1 if mark else self._text.count("\n", 0, position) + 1 if position is not None else 1
            problem = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
            raise ConfigError(f"{self._path}, line {number}: this is not YAML ({problem}).") from None
        return Document(content, self._lines)

    def _next(self) -> Any:
        return next(self._events)

    def _refusal(self, event: Any, found: str, expected: str) -> ConfigError:
        return ConfigError(f"{self._path}, line {event.start_mark.line + 1}: {found}, {expected}.")

    def _value(self, event: Any, place: Place) -> Any:
        if len(place) > DEEPEST:
            raise self._refusal(event, f"more than {DEEPEST} lists and mappings inside each other", "expected fewer")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._values
        self._count(event, 1)
        if event.anchor:
            self._anchors[event.anchor] = (_OPEN, 0)
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = self._mapping(event, place)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._list(event, place)
        else:
            value = self._scalar(event)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._values - before)
        return value

    def _count(self, event: Any, values: int) -> None:
        self._values += values
        if self._values > _MOST_VALUES:
            raise self._refusal(event, f"more than {_MOST_VALUES} values, aliases included", "expected fewer")

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise self._refusal(event, f"the alias *{short(event.anchor)} has no anchor", "expected one before it")
        value, values = self._anchors[event.anchor]
        if value is _OPEN:
            raise self._refusal(event, f"the alias *{short(event.anchor)} is inside itself", "expected another value")
        self._count(event, values)
        return value

    def _list(self, event: Any, place: Place) -> list[Any]:
        self._check_tag(event, "seq")
        values: list[Any] = []
        while not isinstance(item := self._next(), yaml.SequenceEndEvent):
            self._lines[inner := (*place, len(values))] = item.start_mark.line + 1
            values.append(self._value(item, inner))
        return values

    def _mapping(self, event: Any, place: Place) -> dict[str, Any]:
        self._check_tag(event, "map")
        values: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(item := self._next(), yaml.MappingEndEvent):
            key, line = self._key(item), item.start_mark.line + 1
            if key is None:  # <<
                merged = self._merged(item, self._value(self._next(), (*place, "<<")), merged)
                continue
            inner = (*place, key)
            if key in values:
                raise ConfigError(
                    f"{self._path}, line {line}: {'.'.join(map(short, inner))} stands here a second time, "
                    f"after line {self._lines[inner]}; write it once."
                )
            self._lines[inner] = line
            values[key] = self._value(self._next(), inner)
        return {**merged, **values} if merged else values

    def _merged(self, event: Any, value: Any, earlier: dict[str, Any]) -> dict[str, Any]:
        """The mapping, or the mappings, of a merge key ``<<``; the earlier have precedence."""
        for mapping in value if isinstance(value, list) else [value]:
            if not isinstance(mapping, dict):
                raise self._refusal(event, f"<< merges {shown(mapping)}", "expected a mapping")
            earlier = {**mapping, **earlier}
        return earlier

    def _key(self, event: Any) -> str | None:
        """A key as it is written, None for ``<<``."""
        if not isinstance(event, yaml.ScalarEvent):
            raise self._refusal(event, "a list, mapping or alias stands as a key", "expected a name")
        if event.style or event.tag:
            return str(self._scalar(event))
        if event.value == "<<":
            return None
        value = self._scalar(event)
        if value is None or isinstance(value, bool):
            raise self._refusal(
                event,
                f"the key {short(event.value or '(empty)')} is {_word(value)} in YAML",
                "expected a name: put it in quotes",
            )
        return str(event.value)

    def _scalar(self, event: Any) -> Any:
        text = str(event.value)
        if event.tag in ("!", f"{_TAG}str") or (event.style and not event.tag):
            return text
        self._check_tag(event, "int", "float", "bool", "null")
        try:
            value = plain_value(text)
        except ValueError as error:
            raise self._refusal(event, *str(error).rsplit(", ", 1)) from None
        if not event.tag and _DATE.fullmatch(text):
            raise self._refusal(event, f"{shown(text)} is a date in YAML", "expected text: put it in quotes")
        types: Any = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
        kind = (event.tag or "").removeprefix(_TAG)
        if kind and (not isinstance(value, types[kind]) or (isinstance(value, bool) and kind != "bool")):
            raise self._refusal(event, f"{shown(text)} has the tag !!{kind}", "expected a value of that type")
        return value

    def _check_tag(self, event: Any, *allowed: str) -> None:
        if event.tag and event.tag not in ("!", *(f"{_TAG}{kind}" for kind in allowed)):
            tag = event.tag.replace(_TAG, "!!")
            raise self._refusal(event, f"the tag {short(tag)} is not allowed", "expected a plain value without it")


def _word(value: bool | None) -> str:
    return {True: "true", False: "false", None: "null"}[value]
