"""Mutations of a file, seeded: of its bytes whatever they are, and of its values by the file's form.

``mutate(content, form, generator)`` gives the same mutation for the same state of the generator.
"""

import csv
import gzip
import io
import json
import math
import pickle
import random
import struct
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from PIL import Image

CANARY = "canary"  # the file that appears in the working folder where a mutated file's code was executed


class Mutation(NamedTuple):
    """A mutated file.

    Attributes:
        name: the kind of mutation.
        content: the mutated bytes.
        keeps_entries: whether the file still has as many entries (rows, frames) as before, however wrong they are, so
            that each has to arrive or be reported.
        refused: whether nothing the file can mean is right, as where a setting is there twice.
    """

    name: str
    content: bytes
    keeps_entries: bool = False
    refused: bool = False


Maker = Callable[[bytes, random.Random], Mutation]

_DEEP = "@@deep@@"  # becomes a nesting that no parser's stack holds
_TWICE = "@@twice@@"  # before a key: becomes the same key for a second time
_DEPTH = {"json": 100_000, "yaml": 3_000}
DEEP_JSON = "[" * _DEPTH["json"] + "]" * _DEPTH["json"]

VALUES: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], [None], {"a": 1}, "", " ", "null", "nan", "no", "010", "1e3", "1_000", "0x10"),
    *(math.nan, math.inf, -math.inf, 1e30, -1e30, 1e308, 1e-300, 0, 0.5, -1, 1, 7, 2**31, 2**53 + 1, 2**63, 2**64),
    *(10**400, "1-999999999", "../../../evil", "/etc/passwd", "a/b", "a\nb", "a\x00b", "\ud7ff", "\u0663", "\uff11"),
    *("x" * 10_000, "<script>alert(1)</script>", "{x}", "$(touch evil)", "a; touch evil", "-", "--", _DEEP),
    *("[x](javascript:alert(1))", "50% a_b & c # {x} ~ ^ $1$", "\u202eabc", "mean", "probe", ".", "..", "-a"),
)
_CELLS = (
    "",
    " ",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "1e30",
    "-1e30",
    "1e400",
    "-1",
    "0",
    "True",
    "None",
    "abc",
    "1,5",
    "1_0",
)
_CELLS += ("'", '"', '""', "1.0", "01", "+1", " 1", "2147483648", "9" * 400, "x" * 10_000, "../../../evil", "a\x00b")
_CELLS += ("\u0663", "train", "probe", "mean", "-", "a-b", "=1+1", "<b>", "0.5", "-0", "1e-320", "NA", "null")


def mutate(content: bytes, form: str, generator: random.Random, by_bytes: bool = True) -> Mutation:
    """One mutation of a file of this form ("csv", "json", ...); unknown forms are mutated by their bytes alone.

    With ``by_bytes`` a third of the mutations are of the bytes, whatever they mean.
    """
    by_form = FORMS.get(form)
    if by_form is None or (by_bytes and generator.random() < 1 / 3):
        by_form = BYTES
    return generator.choice(by_form)(content, generator)


# Of the bytes.


def _flip(content: bytes, generator: random.Random) -> Mutation:
    changed = bytearray(content)
    for _ in range(generator.choice((1, 1, 1, 3, 30))):
        if changed:
            changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
    return Mutation("flipped bits", bytes(changed))


def _truncate(content: bytes, generator: random.Random) -> Mutation:
    return Mutation("truncated", content[: generator.randrange(len(content) or 1)])


def _delete(content: bytes, generator: random.Random) -> Mutation:
    start = generator.randrange(len(content) or 1)
    return Mutation("bytes deleted", content[:start] + content[start + generator.choice((1, 1, 7, 100)) :])


def _duplicate(content: bytes, generator: random.Random) -> Mutation:
    start = generator.randrange(len(content) or 1)
    stop = start + generator.choice((1, 8, 200, len(content)))
    return Mutation("bytes twice", content[:stop] + content[start:])


def _splice(content: bytes, generator: random.Random) -> Mutation:
    place, start = generator.randrange(len(content) or 1), generator.randrange(len(content) or 1)
    piece = content[start : start + generator.choice((4, 50, 500))]
    return Mutation("bytes from elsewhere", content[:place] + piece + content[place + len(piece) :])


def _overwrite(content: bytes, generator: random.Random) -> Mutation:
    place = generator.randrange(len(content) or 1)
    piece = generator.choice(
        (b"\0", b"\0" * 64, b"\xff" * 8, generator.randbytes(16), b"\n\n\n", b"/../", b'"', b"{", b"]")
    )
    return Mutation("bytes overwritten", content[:place] + piece + content[place + len(piece) :])


def _recoded(content: bytes, generator: random.Random) -> Mutation:
    text = content.decode("utf-8", "replace")
    name, changed = generator.choice(
        (
            ("UTF-16", text.encode("utf-16", "replace")),
            ("byte order mark", b"\xef\xbb\xbf" + content),
            ("CRLF", content.replace(b"\n", b"\r\n")),
            ("CR", content.replace(b"\n", b"\r")),
            ("Latin-1", ("\xe9" + text).encode("latin-1", "replace")),
            ("gzip", gzip.compress(content, mtime=0)),
            ("zeros", bytes(len(content))),
        )
    )
    return Mutation(name, changed)


def _nothing(_: bytes, generator: random.Random) -> Mutation:
    return Mutation("empty", generator.choice((b"", b"\n", b" ", b"\0")))


def _long_line(content: bytes, generator: random.Random) -> Mutation:
    line = generator.choice((b"a", b"9", b",", b"/", b'"', b"[", b"-", b"a-", b"\t")) * 200_000
    place = generator.choice((0, len(content), content.find(b"\n") + 1))
    return Mutation("long line", content[:place] + line + generator.choice((b"", b"\n")) + content[place:])


BYTES: tuple[Maker, ...] = (
    _flip,
    _flip,
    _truncate,
    _delete,
    _duplicate,
    _splice,
    _overwrite,
    _recoded,
    _nothing,
    _long_line,
)


# Of trees of values: JSON and YAML.


def _containers(value: Any) -> list[Any]:
    """Every list and mapping of a value that is not empty, from the outermost."""
    found = [value] if isinstance(value, dict | list) and value else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return found + [container for one in inner for container in _containers(one)]


def _place(value: Any, generator: random.Random) -> tuple[Any, Any]:
    """A container and a key of it; the outer containers, of which there are few, as often as the inner ones."""
    containers = _containers(value)
    container = containers[min(int(len(containers) ** generator.random()), len(containers) - 1)]
    return container, generator.choice(list(container) if isinstance(container, dict) else range(len(container)))


def _tree(change: Callable[[Any, random.Random], tuple[str, bool]], form: str) -> Maker:
    def maker(content: bytes, generator: random.Random) -> Mutation:
        value = {"json": json.loads, "yaml": yaml.safe_load}[form](content)
        name, keeps = change(value, generator)
        text = json.dumps(value) if form == "json" else yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
        deep = "[" * _DEPTH[form] + "]" * _DEPTH[form]
        for quote in ('"', "'", ""):
            text = text.replace(f"{quote}{_DEEP}{quote}", deep)
        content = text.replace(_TWICE, "").encode("utf-8", "surrogatepass")
        return Mutation(name, content, keeps, refused=form == "yaml" and _TWICE in text)

    return maker


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 30 else f"{text[:20]}..."


def _replaced(tree: Any, generator: random.Random) -> tuple[str, bool]:
    container, key = _place(tree, generator)
    container[key] = value = generator.choice(VALUES)
    return f"{key} = {_shown(value)}", True


def _dropped(tree: Any, generator: random.Random) -> tuple[str, bool]:
    container, key = _place(tree, generator)
    del container[key]
    return f"without {key}", isinstance(container, dict)


def _added(tree: Any, generator: random.Random) -> tuple[str, bool]:
    container, key = _place(tree, generator)
    value = generator.choice(VALUES)
    if isinstance(container, dict):
        name = generator.choice(("evil", f"{key}x", "", "../../../evil", "__class__", "path"))
        container[name] = value
        return f"also {_shown(name)}", True
    container.insert(key, value)
    return f"also [{_shown(value)}]", True


def _twice(tree: Any, generator: random.Random) -> tuple[str, bool]:
    container, key = _place(tree, generator)
    if isinstance(container, dict):
        container[f"{_TWICE}{key}"] = generator.choice((container[key], *VALUES[:20]))
        return f"{key} twice", True
    container.insert(key, container[key])
    return "an entry twice", False


def _reordered(tree: Any, generator: random.Random) -> tuple[str, bool]:
    container, _ = _place(tree, generator)
    if isinstance(container, dict):
        items = list(container.items())
        generator.shuffle(items)
        container.clear()
        container.update(items)
    else:
        generator.shuffle(container)
    return "other order", True


def _wrapped(tree: Any, generator: random.Random) -> tuple[str, bool]:
    container, key = _place(tree, generator)
    container[key] = generator.choice(([container[key]], {"a": container[key]}, str(container[key])[:10_000]))
    return f"{key} in another container", True


def _yaml_text(content: bytes, generator: random.Random) -> Mutation:
    """What YAML alone can do: tags, anchors, aliases, several documents, tabs."""
    name, text = generator.choice(
        (
            ("!!python/object", f"{{a: !!python/object/apply:os.system ['touch {CANARY}']}}"),
            ("!!int abc", "seeds: !!int abc"),
            ("!!float abc", "a: !!float abc"),
            ("date", "experiment: 2023-99-99"),
            ("alias bomb", "".join([f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(9)])),
            ("recursion", "a: &a [*a]"),
            ("two documents", "---\na: 1"),
            ("tab", "a:\n\tb: 1"),
            ("merge key", "<<: {evil: 1}"),
            ("complex key", "? [a, b]\n: 1"),
            ("null key", "null: 1"),
            ("number as key", "1: 2"),
            ("no", "experiment: no"),
            ("sexagesimal", "seeds: [1:20]"),
            ("ellipsis", "..."),
            ("directive", "%YAML 9.9\n---\na: 1"),
        )
    )
    first = "a0: &a0 [x]\n" if name == "alias bomb" else ""
    return Mutation(name, content + b"\n" + (first + text).encode() + b"\n")


_TREE = (_replaced, _replaced, _replaced, _dropped, _added, _twice, _reordered, _wrapped)


# Of CSV.


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def _csv(rows: list[list[str]], **options: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", **options).writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _cell(content: bytes, generator: random.Random) -> Mutation:
    rows = _rows(content)
    row = generator.choice(rows)
    if row:
        row[generator.randrange(len(row))] = value = generator.choice(_CELLS)
        return Mutation(f"cell = {_shown(value)}", _csv(rows), row is not rows[0])
    return Mutation("as it was", content)


def _cells_of_a_row(content: bytes, generator: random.Random) -> Mutation:
    rows = _rows(content)
    row = generator.choice(rows)
    if generator.random() < 0.5:
        del row[generator.randrange(len(row)) :]
    else:
        row += [generator.choice(_CELLS)] * generator.choice((1, 60, 10_000))
    return Mutation("fewer or more cells", _csv(rows), row is not rows[0])


def _order_of_rows(content: bytes, generator: random.Random) -> Mutation:
    header, *rows = _rows(content)
    what = generator.choice(("shuffled", "a row twice", "header twice", "no header", "only a header", "row lost"))
    if what == "shuffled":
        generator.shuffle(rows)
    elif what == "a row twice":
        rows.insert(generator.randrange(len(rows) + 1), generator.choice(rows) if rows else header)
    elif what == "header twice":
        rows.insert(generator.randrange(len(rows) + 1), header)
    elif what == "only a header":
        rows = []
    elif what == "row lost" and rows:
        del rows[generator.randrange(len(rows))]
    return Mutation(f"rows: {what}", _csv(rows if what == "no header" else [header, *rows]), what == "shuffled")


def _columns(content: bytes, generator: random.Random) -> Mutation:
    rows = _rows(content)
    one, other = generator.randrange(len(rows[0])), generator.randrange(len(rows[0]))
    what = generator.choice(("lost", "moved", "header changed", "swapped in the header", "twice", "capitals"))
    for number, row in enumerate(rows):
        if len(row) <= max(one, other):
            continue
        if what == "lost":
            del row[one]
        elif what == "moved":
            row[one], row[other] = row[other], row[one]
        elif what == "twice":
            row.append(row[one])
        elif number == 0 and what == "header changed":
            row[one] = generator.choice(_CELLS)
        elif number == 0 and what == "swapped in the header":
            row[one], row[other] = row[other], row[one]
        elif number == 0 and what == "capitals":
            row[:] = [cell.upper() for cell in row]
    return Mutation(f"column: {what}", _csv(rows))


def _spelling(content: bytes, generator: random.Random) -> Mutation:
    rows = _rows(content)
    options = generator.choice(
        ({"delimiter": ";"}, {"delimiter": "\t"}, {"quoting": csv.QUOTE_ALL}, {"delimiter": "|"})
    )
    return Mutation(f"spelling: {options}", _csv(rows, **options))


# Of pickles.


class _Calls:
    """Pickled, this asks for a call."""

    def __init__(self, function: Any, *arguments: Any):
        self._call = (function, arguments)

    def __reduce__(self) -> Any:
        return self._call


def _pickle_of_another_value(content: bytes, generator: random.Random) -> Mutation:
    array = np.array(pickle.loads(content))  # our own sample
    changed = array.astype(np.float64)
    changed.flat[generator.randrange(array.size)] = generator.choice((np.nan, np.inf, 1e30, -1e30, -1.0, 900.0, 4.6e18))
    name, value = generator.choice(
        (
            *[("one value", changed)] * 6,
            ("other shape", array[:, :-1]),
            ("no frame", array[:0]),
            ("one frame", array[:1]),
            ("a scalar", np.float32(1)),
            ("text", "evil"),
            ("None", None),
            ("a mapping", {"keypoints": array}),
            ("a list of frames", list(array)),
            ("lists of numbers", array.tolist()),
            ("bool", array > 0),
            ("complex", array.astype(complex)),
            ("float16", array.astype(np.float16)),
            ("int64", (array * 1e15).astype(np.int64)),
            ("objects", np.array([None] * 6)),
            ("big-endian", array.astype(">f8")),
            ("strings", array.astype(str)),
            ("transposed", array.T),
            ("all zero", np.zeros_like(array)),
            ("masked", np.ma.masked_array(array)),
            ("structured", np.zeros(3, [("a", "f4"), ("b", "i4")])),
            ("dates", np.zeros(array.shape, "datetime64[s]")),
        )
    )
    return Mutation(name, pickle.dumps(value, protocol=generator.choice((0, 2, 4, 5))))


def _evil_pickle(_: bytes, generator: random.Random) -> Mutation:
    import builtins
    import os
    import subprocess

    bomb: list[Any] = [0]
    for _level in range(30):
        bomb = [bomb, bomb]
    nested: list[Any] = []
    itself: list[Any] = []
    itself.append(itself)
    for _level in range(200):
        nested = [nested]
    name, made = generator.choice(
        (
            ("os.system", pickle.dumps(_Calls(os.system, f"touch {CANARY}"))),
            ("exec", pickle.dumps(_Calls(builtins.exec, f"open({CANARY!r}, 'w').close()"))),
            ("eval", pickle.dumps(_Calls(builtins.eval, f"open({CANARY!r}, 'w')"))),
            ("open", pickle.dumps(_Calls(builtins.open, CANARY, "w"))),
            ("Popen", pickle.dumps(_Calls(subprocess.Popen, ["touch", CANARY]))),
            ("numpy.load", pickle.dumps(_Calls(np.load, CANARY))),
            ("numpy.save", pickle.dumps(_Calls(np.save, CANARY, [1]))),
            ("memo bomb", pickle.dumps(bomb)),
            ("nesting", pickle.dumps(nested)),
            ("deep nesting", b"\x80\x02" + b"(l" * 100_000 + b"a" * 99_999 + b"."),
            ("a list that holds itself", pickle.dumps(itself)),
            ("memo index of 2**31 - 1", b"\x80\x02]r\xff\xff\xff\x7f."),
            ("bytes of 2**62", b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"abc."),
            ("frame of 2**62", b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"abc."),
            ("array of 8 TB", pickle.dumps(_Calls(np.ndarray, (2**40,), "f8"))),
            ("array of 80 GB", pickle.dumps(_Calls(np.ndarray, (10**10,), "f8"))),
            ("array of 2 GB", pickle.dumps(_Calls(np.ndarray, (2**28,), "f8"))),
            ("array of negative size", pickle.dumps(_Calls(np.ndarray, (-1,), "f8"))),
            ("a class of ours", b"cgaitcore.errors\nGaitError\n(tR."),
            ("a class that is not there", b"cevil.module\nEvil\n(tR."),
            ("long name", b"c" + b"x" * 100_000 + b"\nEvil\n(tR."),
            ("names with newlines escaped", b"\x80\x04\x8c\x05a\nb\rc\x8c\x04evil\x93."),
            ("persistent id", b"Pevil\n."),
            ("huge integer", b"I" + b"9" * 100_000 + b"\n."),
            ("no pickle", b"PK\x03\x04 evil"),
        )
    )
    return Mutation(f"pickle: {name}", made)


# Of Parquet.


def _parquet(content: bytes, generator: random.Random) -> Mutation:
    table = pq.read_table(io.BytesIO(content))
    name, changed = generator.choice((_a_column, _a_column, _rows_of_a_table, _columns_of_a_table, _metadata))(
        table, generator
    )
    written = io.BytesIO()
    pq.write_table(changed, written)
    return Mutation(name, written.getvalue())


def _a_column(table: pa.Table, generator: random.Random) -> tuple[str, pa.Table]:
    number = generator.randrange(table.num_columns)
    field, values = table.schema.field(number), table.column(number).to_pylist()
    row = generator.randrange(len(values) or 1)
    name = field.name
    if pa.types.is_string(field.type) or pa.types.is_dictionary(field.type):
        evil = generator.choice(
            ("", "../../../evil", "a-b", "a b", "mean", "x" * 10_000, "<b>", "\n", "zz", "1", "001")
        )
        rows = range(len(values)) if generator.random() < 0.3 else [row]
        for one in rows:
            values[one] = evil
        name += f" = {_shown(evil)}"
        changed = pa.array(values, pa.string())
        if pa.types.is_dictionary(field.type):
            changed = changed.dictionary_encode()
    elif pa.types.is_fixed_size_list(field.type):
        evil = generator.choice((math.nan, math.inf, 1e30, -1e30, 900.0, -5.0, 0.0))
        flat = [float(value) for one in values for value in one]
        width = field.type.list_size
        if generator.random() < 0.3:
            flat[row * width : (row + 1) * width] = [evil] * width
        else:
            flat[row * width + generator.randrange(width)] = evil
        kind = generator.choice((pa.float32(), pa.float32(), pa.float64()))
        changed = pa.FixedSizeListArray.from_arrays(pa.array(flat, kind), width)
        name += f" = {_shown(evil)} ({kind})"
    elif pa.types.is_integer(field.type):
        how = generator.choice(("reversed", "constant", "negative", "large", "int64", "one"))
        values = {
            "reversed": values[::-1],
            "constant": [1] * len(values),
            "negative": [-value for value in values],
            "large": [value + 2**31 - 200 for value in values],
            "int64": values,
            "one": [*values[:row], 7, *values[row + 1 :]],
        }[how]
        changed = pa.array(values, pa.int64() if how == "int64" else field.type)
        name += f" {how}"
    else:
        changed = pa.array([None] * len(values), field.type)
        name += " = null"
    metadata = table.schema.metadata
    table = table.set_column(number, pa.field(field.name, changed.type), changed)
    return name, table.replace_schema_metadata(metadata)


def _rows_of_a_table(table: pa.Table, generator: random.Random) -> tuple[str, pa.Table]:
    order = list(range(len(table)))
    what = generator.choice(("shuffled", "reversed", "twice", "none", "one", "half", "one lost"))
    if what == "shuffled":
        generator.shuffle(order)
    elif what == "one lost" and order:
        del order[generator.randrange(len(order))]
    order = {"reversed": order[::-1], "twice": order * 2, "none": [], "one": order[:1], "half": order[::2]}.get(
        what, order
    )
    return f"rows: {what}", table.take(pa.array(order, pa.int64()))


def _columns_of_a_table(table: pa.Table, generator: random.Random) -> tuple[str, pa.Table]:
    number = generator.randrange(table.num_columns)
    what = generator.choice(("lost", "more", "order", "renamed", "twice"))
    metadata = table.schema.metadata
    if what == "lost":
        table = table.remove_column(number)
    elif what == "more":
        table = table.append_column("evil", pa.array([1] * len(table)))
    elif what == "twice":
        table = table.append_column(table.schema.field(number), table.column(number))
    elif what == "order":
        names = table.column_names
        table = table.select([*names[number:], *names[:number]])
    else:
        names = table.column_names
        names[number] = "evil"
        table = table.rename_columns(names)
    return f"columns: {what}", table.replace_schema_metadata(metadata)


def _metadata(table: pa.Table, generator: random.Random) -> tuple[str, pa.Table]:
    metadata = dict(table.schema.metadata or {})
    name = generator.choice(list(metadata) or [b"gaitcore"])
    texts = [b"", b"{", b"[]", b"[" * 100_000, b"null", b"\xff", b'{"schema_version": 2}', b"[0]", b"[-1, 5]", b"1e400"]
    try:
        made = _tree(generator.choice(_TREE), "json")(metadata[name], generator)
        texts += [made.content] * len(texts)
    except Exception:  # no JSON, or nothing in it
        made = None
    text = generator.choice(texts)
    what = made.name if made and text == made.content else _shown(text)
    return f"metadata: {what}", table.replace_schema_metadata({**metadata, name: text})


# Of safetensors.


def _safetensors(content: bytes, generator: random.Random) -> Mutation:
    (size,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8 : 8 + size]), bytearray(content[8 + size :])
    tensors = [name for name in header if name != "__metadata__"]
    name = generator.choice(tensors)
    entry = header[name]
    what = generator.choice(
        (
            "NaN",
            "infinite",
            "shape",
            "type",
            "offsets",
            "lost",
            "renamed",
            "twice",
            "length",
            "metadata",
            "deep",
            "tree",
        )
    )
    start, stop = entry["data_offsets"]
    if what in ("NaN", "infinite"):
        value = struct.pack("<f", math.nan if what == "NaN" else math.inf)
        if stop - start >= 4:
            place = start + 4 * generator.randrange((stop - start) // 4)
            data[place : place + 4] = value
    elif what == "shape":
        entry["shape"] = generator.choice(([], [0], [-1], [2**62, 4], entry["shape"][::-1], [*entry["shape"], 1]))
    elif what == "type":
        entry["dtype"] = generator.choice(("F16", "I32", "F64", "BF16", "X", "", 1, None, "F8_E4M3", "C64"))
    elif what == "offsets":
        entry["data_offsets"] = generator.choice(([0, 2**62], [-1, 4], [stop, start], [0, 0], [start, stop + 4], None))
    elif what == "lost":
        del header[name]
    elif what == "renamed":
        header[generator.choice(("evil", "../evil", "", "x" * 10_000, name.upper()))] = header.pop(name)
    elif what == "twice":
        header[f"{_TWICE}{name}"] = entry
    elif what == "metadata":
        header["__metadata__"] = generator.choice(
            ({"gaitcore": "[" * 5000}, {"evil": "1"}, {"gaitcore": "{"}, [], {"a": 1})
        )
    elif what == "tree":
        _replaced(header, generator)
    text = json.dumps(header).replace(_TWICE, "").encode()
    if what == "deep":
        text = b"[" * 100_000
    length = generator.choice((2**63, 10**9, 0, len(text) + 1, 2**64 - 1)) if what == "length" else len(text)
    return Mutation(f"safetensors: {what}", struct.pack("<Q", length) + text + bytes(data))


# Of PNG.


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(content: bytes, generator: random.Random) -> Mutation:
    picture = Image.open(io.BytesIO(content))
    saved = io.BytesIO()
    what = generator.choice(("mode", "size", "header", "bomb", "text bomb", "another format", "frames", "all white"))
    if what == "mode":
        mode = generator.choice(("1", "P", "RGB", "RGBA", "LA", "I;16"))
        picture.convert(mode).save(saved, "PNG")
        return Mutation(f"PNG: mode {mode}", saved.getvalue(), True)
    if what == "size":
        picture.resize(generator.choice(((1, 1), (1000, 1), (240, 320), (3000, 3000)))).save(saved, "PNG")
    elif what in ("header", "bomb"):
        width, height = generator.choice(((60_000, 60_000), (0, 0), (2**31 - 1, 1), picture.size))
        head = struct.pack(
            ">IIBBBBB", width, height, generator.choice((8, 8, 16, 3)), generator.choice((0, 0, 2, 9)), 0, 0, 0
        )
        body = zlib.compress(bytes(50_000_000 if what == "bomb" else 1000), 9)
        made = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")
        return Mutation(f"PNG: {what} of {width} x {height}", content[:8] + made, True)
    elif what == "text bomb":
        text = png_chunk(b"zTXt", b"evil\0\0" + zlib.compress(bytes(50_000_000), 9))
        return Mutation("PNG: text bomb", content[:33] + text + content[33:], True)
    elif what == "another format":
        picture.convert("L").save(saved, generator.choice(("GIF", "JPEG", "BMP", "TIFF")))
    elif what == "frames":
        picture.save(saved, "PNG", save_all=True, append_images=[picture.rotate(90 * n) for n in range(3)])
    else:
        Image.new("L", picture.size, generator.choice((0, 1, 255))).save(saved, "PNG")
    return Mutation(f"PNG: {what}", saved.getvalue(), True)


# Of text: names of rows and columns, arguments.


def _argument(content: bytes, generator: random.Random) -> Mutation:
    arguments = json.loads(content)
    place = generator.randrange(len(arguments))
    value = generator.choice(
        (
            "",
            ".",
            "..",
            "/",
            "a\0b",
            "x" * 10_000,
            "results/small",
            "nowhere",
            "-",
            "--help-me",
            "\u202e",
            "no\nway",
            "*",
        )
    )
    arguments[place] = value
    return Mutation(f"argument {place} = {_shown(value)}", json.dumps(arguments).encode())


FORMS: dict[str, tuple[Maker, ...]] = {
    "csv": (_cell, _cell, _cell, _cells_of_a_row, _order_of_rows, _columns, _spelling),
    "json": tuple(_tree(change, "json") for change in _TREE),
    "yaml": (*(_tree(change, "yaml") for change in _TREE), _yaml_text),
    "pickle": (_pickle_of_another_value, _evil_pickle),
    "parquet": (_parquet,),
    "safetensors": (_safetensors,),
    "png": (_png,),
    "arguments": (_argument,),
}
