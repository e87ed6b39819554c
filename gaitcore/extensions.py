"""Networks, losses, readers, input transforms and kinds of protocol by name: one file each, imported only when used.

Three places are searched: the room of the library, the folders that the setting ``extensions`` names (each with a
folder for every kind it extends, e.g. ``my_extensions/networks/meanpose.py``), and installed packages with an entry
point of the group ``gaitcore.networks``, ``gaitcore.losses``, ``gaitcore.readers``, ``gaitcore.silhouette_readers``,
``gaitcore.inputs`` or ``gaitcore.protocols``. The readers of a modality have a room of their own: ``readers`` are those
of keypoints. A file's declarations are read from its source, so that names are listed without importing torch;
docs/extending.md lists them.
"""

import ast
import hashlib
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from gaitcore.declared import declared as constants_of
from gaitcore.errors import ConfigError, GaitError
from gaitcore.suggest import nearest

PACKAGE = Path(__file__).parent
_EXAMPLES = {
    "TITLE": '"MeanPose"',
    "MODALITY": '"keypoints"',
    "MAP": "None",
    "METRICS": '"cross_view"',
    "COMPARISON": '"identical view excluded"',
    "LABEL": '"OpenPose"',
    "EXPECTED": '"a folder with files named like 001-nm-01-090.json"',
    "PRETREATMENT": '"cut and aligned as published (GaitSet)"',
}
_FOLDER = "gaitcore_extension_"  # the name of an extension folder as a package, followed by a digest of its path
_MEANING = re.compile(r"^\s+(\w+): (.+)$", re.MULTILINE)  # of an option, in the docstring of its class


class Kind(NamedTuple):
    """A kind of extension: what one is called, the room of the library's own, what a file must contain.

    ``declares`` are literal constants; a file with the first of them is one of the kind. ``defines`` is the name of the
    class or function that is used; None for a network, whose class is named in its TITLE, or in CLASS where the title
    is not the name of a class.
    """

    one: str
    room: str
    declares: tuple[str, ...]
    defines: str | None


KINDS = {
    "networks": Kind("network", "gaitcore.networks", ("TITLE", "MODALITY", "MAP"), None),
    "losses": Kind("loss", "gaitcore.training.losses", ("TITLE",), "Loss"),
    "readers": Kind("source format", "gaitcore.modalities.keypoints.readers", ("LABEL", "EXPECTED"), "read"),
    "silhouette_readers": Kind(
        "source format of silhouettes",
        "gaitcore.modalities.silhouettes.readers",
        ("LABEL", "EXPECTED", "PRETREATMENT"),
        "read",
    ),
    "inputs": Kind("input transform", "gaitcore.modalities.keypoints.inputs", ("TITLE",), "Transform"),
    "protocols": Kind("kind of protocol", "gaitcore.protocols", ("METRICS", "TITLE", "COMPARISON"), "assign_roles"),
}


class Option(NamedTuple):
    """An option in a signature: its annotation and default (None where there is none) as source, and its meaning."""

    annotation: ast.expr | None
    default: ast.expr | None
    meaning: str
    line: int


class _Member(NamedTuple):
    file: Path
    module: str


_folders: list[Path] = []


def search(folders: Iterable[str | Path]) -> None:
    """Set the folders to search, in place of earlier ones; the workflow and each of its jobs call this first.

    Args:
        folders: relative to the working directory, or absolute.

    Raises:
        ConfigError: a folder does not exist or has no folder of any kind in it.
    """
    paths = [Path(folder) for folder in folders]
    for folder in paths:
        if not folder.is_dir():
            raise ConfigError(f"there is no folder {folder}, expected one with {_listed(KINDS)} in it.")
        if not any((folder / kind).is_dir() for kind in KINDS):
            raise ConfigError(f"{folder} has no folder of extensions in it, expected {_listed(KINDS)}.")
    _folders[:] = paths


def available(kind: str) -> dict[str, Path]:
    """The names of a kind ("networks", "losses", ...: the keys of ``KINDS``) and the file of each, by name.

    Raises:
        ConfigError: a file is not Python, a package lacks the module of its entry point, or two files have one name.
    """
    return {name: member.file for name, member in sorted(_members(kind).items())}


def file(kind: str, name: str) -> Path:
    """The file of a network, loss, reader or kind of protocol.

    Raises:
        ConfigError: there is none of this name, or the file lacks something it must declare or define.
    """
    return _member(kind, name).file


def place(kind: str, name: str) -> str:
    """The place of that file, for reports: gaitcore/networks/gaitmixer.py, or networks/meanpose.py (an extension)."""
    path = file(kind, name)
    if path.is_relative_to(PACKAGE):
        return path.relative_to(PACKAGE.parent).as_posix()
    return f"{path.parent.name}/{path.name} (an extension)"


def load(kind: str, name: str) -> ModuleType:
    """The module of that file, imported.

    Raises:
        ConfigError: as :func:`file`; or a file from outside the library cannot be imported.
    """
    member = _member(kind, name)
    try:
        return import_module(member.module)
    except GaitError:
        raise
    except Exception as error:
        if member.file.is_relative_to(PACKAGE):
            raise
        line = next((f.lineno for f in reversed(traceback.extract_tb(error.__traceback__)) if _is(f, member)), None)
        where = f"{member.file}, line {line}" if line else str(member.file)
        raise ConfigError(
            f"{where}: {type(error).__name__}: {error}; expected a {KINDS[kind].one} that can be imported."
        ) from error


def declared(kind: str, name: str) -> dict[str, Any]:
    """The constants that the file declares, e.g. ``{"TITLE": "GaitMixer", ...}``.

    Raises:
        ConfigError: as :func:`file`.
    """
    return _constants(kind, file(kind, name))


def definition(kind: str, name: str) -> Any:
    """The class or function of that file, imported; see :func:`load`."""
    return getattr(load(kind, name), _definition(kind, file(kind, name)))


def options(kind: str, name: str, common: Iterable[str] = ()) -> dict[str, Option]:
    """The options of a network or a loss by name, from the signature and the docstring of its class.

    Args:
        kind, name: as of :func:`file`.
        common: arguments that are not options, because the caller passes them.
    """
    member = _member(kind, name)
    defined = _definition(kind, member.file)
    node = next((n for n in _tree(member.file).body if isinstance(n, ast.ClassDef) and n.name == defined), None)
    if node is None:
        raise ConfigError(f"{member.file}: {defined} is not a class of this file, expected class {defined}(nn.Module).")
    methods = {inner.name: inner for inner in node.body if isinstance(inner, ast.FunctionDef)}
    if "__init__" not in methods:
        return {}
    text = "\n".join(ast.get_docstring(part) or "" for part in (node, methods["__init__"]))
    meanings = {option: meaning.rstrip(".") for option, meaning in _MEANING.findall(text)}
    return {
        argument.arg: Option(argument.annotation, default, meanings.get(argument.arg, ""), argument.lineno)
        for argument, default in _arguments(methods["__init__"].args)
        if argument.arg not in common
    }


def _arguments(signature: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Each argument after ``self`` and its default, None where there is none."""
    positional = [*signature.posonlyargs, *signature.args]
    defaults = [*[None] * (len(positional) - len(signature.defaults)), *signature.defaults]
    yield from list(zip(positional, defaults, strict=True))[1:]
    yield from zip(signature.kwonlyargs, signature.kw_defaults, strict=True)


def _member(kind: str, name: str) -> _Member:
    members = _members(kind)
    if name not in members:
        raise ConfigError(_unknown(kind, name, members))
    _check(kind, members[name].file)
    return members[name]


def _members(kind: str) -> dict[str, _Member]:
    members: dict[str, _Member] = {}
    for name, member in (*_library_members(kind), *_folder_members(kind), *_package_members(kind)):
        other = members.setdefault(name, member)
        if other is not member and other.file.resolve() != member.file.resolve():
            raise ConfigError(
                f'{member.file}: there is a {KINDS[kind].one} "{name}" already, in {other.file}; give one of them '
                "another name."
            )
    return members


@cache
def _library_members(kind: str) -> tuple[tuple[str, _Member], ...]:
    room = KINDS[kind].room
    files = PACKAGE.joinpath(*room.split(".")[1:]).glob("*.py")
    marked = [path for path in sorted(files) if _is_marked(kind, path)]
    return tuple((path.stem, _Member(path, f"{room}.{path.stem}")) for path in marked)


def _folder_members(kind: str) -> Iterator[tuple[str, _Member]]:
    for folder in _folders:
        for path in sorted((folder / kind).glob("*.py")):
            if _is_marked(kind, path):
                yield path.stem, _Member(path, f"{_package(folder)}.{kind}.{path.stem}")


def _package_members(kind: str) -> Iterator[tuple[str, _Member]]:
    for point in _entry_points(f"gaitcore.{kind}", tuple(sys.path)):
        yield point.name, _Member(_source(point), point.module)


@cache
def _entry_points(group: str, _: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))


def _source(point: EntryPoint) -> Path:
    """The file of an entry point's module, located without importing it or its package."""
    package, *inner = point.module.split(".")
    spec = find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder, *inner)
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if inner and candidate.is_file():
                return candidate
    dist = f" of {point.dist.name} {point.dist.version}" if point.dist else ""
    raise ConfigError(
        f'The entry point {point.group}: {point.name}{dist} is "{point.value}", expected a module inside an installed '
        "package, e.g. my_gait.meanpose."
    )


def _package(folder: Path) -> str:
    """A folder as a package, so that its files import each other: ``from .layers import Mixer``."""
    path = str(folder.resolve())
    name = _FOLDER + hashlib.sha256(path.encode()).hexdigest()[:12]
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [path]
        sys.modules[name] = package
    return name


def _is_marked(kind: str, path: Path) -> bool:
    return KINDS[kind].declares[0] in _constants(kind, path)


def _constants(kind: str, path: Path) -> dict[str, Any]:
    try:
        return constants_of(path)
    except SyntaxError as error:
        raise ConfigError(
            f"{path}, line {error.lineno}: this is not Python ({error.msg}), expected a {KINDS[kind].one}; correct it."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: this is not UTF-8 text, expected a {KINDS[kind].one}; correct it.") from None


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _definition(kind: str, path: Path) -> str:
    constants = _constants(kind, path)
    return KINDS[kind].defines or constants.get("CLASS", constants["TITLE"])


def _check(kind: str, path: Path) -> None:
    """Refuse a file that lacks a constant, or the class or function of its kind."""
    constants = _constants(kind, path)
    for name in KINDS[kind].declares:
        if name not in constants:
            raise ConfigError(_undeclared(kind, path, name))
        if not isinstance(constants[name], str) and (name, constants[name]) != ("MAP", None):
            raise ConfigError(f"{path}: {name} is {constants[name]!r}, expected a text, e.g. {_EXAMPLES[name]}.")
    defined = _definition(kind, path)
    if defined not in _names(_tree(path)):
        raise ConfigError(f"{path}: defines no {defined}, which a {KINDS[kind].one} needs; see docs/extending.md.")


def _names(tree: ast.Module) -> set[str]:
    """The names that a module defines or imports at its top level."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def _undeclared(kind: str, path: Path, name: str) -> str:
    return (
        f"{path}: declares no {name}, which a {KINDS[kind].one} needs, expected a line like {name} = {_EXAMPLES[name]}."
    )


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    for folder in _folders:
        if (path := folder / kind / f"{name}.py").is_file():
            return _undeclared(kind, path, KINDS[kind].declares[0])
    return f'There is no {KINDS[kind].one} "{name}"{nearest(name, known)}'


def _is(frame: traceback.FrameSummary, member: _Member) -> bool:
    return Path(frame.filename).resolve() == member.file.resolve()


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"
