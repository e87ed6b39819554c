"""Digests: of a file, of a folder, and of all the code that a job runs."""

import ast
import hashlib
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from gaitcore.errors import ConfigError

PACKAGE = Path(__file__).parent
# Code that is in no digest: the schema, whose values are parameters of the rules (a test checks that it has no
# behaviour), the sentences of errors and hints, progress bars, the estimate of a run's time, and records for people to
# watch.
_NOT_COUNTED = (
    *("settings/", "errors.py", "suggest.py", "tracking.py", "modalities/progress.py"),
    *("training/progress.py", "training/estimate.py"),
    *("modalities/keypoints/video/progress.py", "modalities/silhouettes/progress.py"),
)


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


def contents_digest(path: str | Path, most: int = 20_000) -> str:
    """:func:`folder_digest` of a folder with at most ``most`` files, :func:`listing_digest` of a larger one."""
    count = sum(len(files) for _, _, files in os.walk(path))
    return folder_digest(path) if count <= most else listing_digest(path)


def listing_digest(path: str | Path) -> str:
    """SHA-256 over the names, sizes and times of all files below a folder, or of one file, in hexadecimal.

    It stands in for :func:`folder_digest` where a folder is too large to be read each time a workflow is planned. It
    differs between two copies of a folder.
    """
    root, digest = Path(path), hashlib.sha256()
    if root.is_file():
        state = root.stat()
        digest.update(f"{root.name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            file = Path(folder, name)
            state = file.stat()
            digest.update(f"{file.relative_to(root).as_posix()}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def code_digest(*entries: str | Path) -> str:
    """SHA-256 over the content of the code that ``entries`` run, in hexadecimal.

    Snakemake does not see edits inside an imported package; with this digest among a rule's parameters, an edit
    reruns the rules that use the edited file and no others.

    Args:
        entries: files (scripts, extensions) and modules (dotted names) of gaitcore. Their imports of gaitcore are
            followed file by file, and so are an extension's imports of files beside it or in its own package. A
            module that is loaded by name at run time (a system's network) must be an entry itself. Not counted are the
            ``__init__`` of the packages above an imported submodule, which only re-exports, and the schema, messages
            and progress (``_NOT_COUNTED``). The location of the files is not counted either.
    """
    digest = hashlib.sha256()
    for name, content in sorted({(name, _content_digest(file)) for name, file in _named(*entries)}):
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()


def _content_digest(file: Path) -> str:
    """SHA-256 of a file with one newline at its end, which Snakemake cuts off where it takes a file from GitHub."""
    return hashlib.sha256(file.read_bytes().rstrip(b"\n") + b"\n").hexdigest()


def code_files(*entries: str | Path) -> dict[str, Path]:
    """The files that :func:`code_digest` covers, by name: relative to gaitcore, others with the folder they are in."""
    return dict(_named(*entries))


def outside_code(*entries: str | Path) -> dict[str, str]:
    """The files outside gaitcore among them, e.g. ``networks/meanpose.py``, and the SHA-256 of each."""
    return {name: file_digest(file) for name, file in sorted(_named(*entries)) if not file.is_relative_to(PACKAGE)}


def _named(*entries: str | Path) -> Iterable[tuple[str, Path]]:
    for entry in map(_entry_file, entries):
        for file in _closure(entry):
            inside = file.is_relative_to(PACKAGE)
            yield (_short(file) if inside else Path(os.path.relpath(file, entry.parent.parent)).as_posix()), file


def _short(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def _entry_file(entry: str | Path) -> Path:
    module = _module_file(PACKAGE.joinpath(*str(entry).split(".")[1:])) if str(entry).startswith("gaitcore.") else None
    return module or Path(os.path.normpath(Path.cwd() / entry))


def _module_file(path: Path) -> Path | None:
    """The file of a module; ``path`` is its path without the suffix."""
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
            waiting += _imported_files(file)
    return frozenset(seen)


@cache
def _imported_files(file: Path) -> frozenset[Path]:
    """The files that a file imports itself and that count; cached, since the closures of most entries share them."""
    return frozenset(imported for imported in map(_module_file, _imports(file)) if imported and _counts(imported))


def _counts(file: Path) -> bool:
    return not (file.is_relative_to(PACKAGE) and _short(file).startswith(_NOT_COUNTED))


def _imports(file: Path) -> Iterable[Path]:
    """Possible paths of the modules that a file imports from gaitcore, from beside it, or from its own package."""
    for node in _statements(_tree(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _places(file, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            module = node.module.split(".") if node.module else []
            for path in [file.parents[node.level - 1].joinpath(*module)] if node.level else _places(file, module):
                inner = [path / alias.name for alias in node.names]
                yield from inner
                if not all(map(_module_file, inner)):  # a name that the package's __init__ defines
                    yield path


def _statements(tree: ast.Module) -> Iterable[ast.AST]:
    """All statements of a file; :func:`ast.walk` would also visit their expressions, ten times as many nodes."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for block in ("body", "handlers", "orelse", "finalbody", "cases"):
            waiting += getattr(node, block, ())


def _tree(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ConfigError(f"{file}, line {error.lineno}: this is not Python ({error.msg}); correct it.") from None


def _places(file: Path, module: list[str]) -> Iterable[Path]:
    package, *inner = module
    if package == PACKAGE.name:
        yield PACKAGE.joinpath(*inner)
    elif not file.is_relative_to(PACKAGE):
        yield from (parent.joinpath(*inner) for parent in file.parents if parent.name == package)
