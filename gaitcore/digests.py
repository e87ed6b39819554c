"""Digests: of a file, of a folder, and of all the code that a job runs."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
# What does not count: the schema, whose values are parameters of the rules themselves (a test holds that it has no
# behaviour), the sentences of errors and hints, and the progress that a person watches.
_SILENT = ("settings/", "errors.py", "suggest.py", "training/progress.py", "modalities/keypoints/video/progress.py")


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digest(path: str | Path) -> str:
    """SHA-256 over the names and contents of all files below a folder, in hexadecimal."""
    root, digest = Path(path), hashlib.sha256()
    for file in sorted(p for p in root.rglob("*") if p.is_file()):
        digest.update(f"{file.relative_to(root).as_posix()}\0{file_digest(file)}\n".encode())
    return digest.hexdigest()


def code_digest(*entries: str | Path) -> str:
    """SHA-256 over the content of the code that ``entries`` run, in hexadecimal.

    Snakemake does not see edits inside an imported package; with this digest among a rule's parameters, an edit
    reruns the rules that use the edited file and no others.

    Args:
        entries: scripts (paths) and modules (dotted names) of gaitcore. Their imports of gaitcore are followed file
            by file. A module that is loaded by name at run time (a system's network) must be an entry itself. Not
            counted are a package's ``__init__`` passed on the way to a submodule, which only re-exports, and the
            schema, messages and progress (``_SILENT``).
    """
    digest = hashlib.sha256()
    for name, file in sorted(code_files(*entries).items(), key=lambda item: item[1]):
        digest.update(f"{name}\0{file_digest(file)}\n".encode())
    return digest.hexdigest()


def code_files(*entries: str | Path) -> dict[str, Path]:
    """The files that :func:`code_digest` covers, by name: relative to gaitcore, and scripts without their folder."""
    return {_short(file): file for entry in entries for file in _closure(_entry_file(entry))}


def _short(file: Path) -> str:
    inside = file.is_relative_to(PACKAGE)
    return file.relative_to(PACKAGE).as_posix() if inside else file.name


def _entry_file(entry: str | Path) -> Path:
    module = _module_file(str(entry))
    return module if module else Path(entry)


def _module_file(module: str) -> Path | None:
    if module.split(".")[0] != PACKAGE.name:
        return None
    path = PACKAGE.joinpath(*module.split(".")[1:])
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((candidate for candidate in candidates if candidate.is_file()), None)


@cache
def _closure(entry: Path) -> frozenset[Path]:
    seen: set[Path] = set()
    waiting = [entry]
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            waiting += [imported for imported in map(_module_file, _imports(file)) if imported and _counts(imported)]
    return frozenset(seen)


def _counts(file: Path) -> bool:
    return not _short(file).startswith(_SILENT)


def _imports(file: Path) -> Iterable[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
