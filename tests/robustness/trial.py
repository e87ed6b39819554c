"""One trial: a door entered with one mutated file, guarded and timed, and what it came to."""

import contextlib
import os
import random
import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import mutations
from doors import Door, Entered, form_of, good_files

from gaitcore.errors import GaitError

REFUSED, ACCEPTED, UNCHANGED = "refused", "accepted", "unchanged"  # the good outcomes
TRACEBACK, SILENT, SLOW, MEMORY, MESSAGE, ESCAPE, HANG = (
    "traceback",
    "silent",
    "slow",
    "memory",
    "message",
    "escape",
    "hang",
)
GOOD = (REFUSED, ACCEPTED, UNCHANGED)

SECONDS = 2.0  # of the processor, that a bad input may take
LONGEST_MESSAGE = 400  # characters
MOST_MEMORY = 1 << 29  # bytes above what the process had
MOST_ADDRESSES = 8 << 30  # bytes of address space; allocations beyond fail
DEPTH = "a/b/c/work"  # of the working folder, so that ../../../evil is still ours


AS_IT_WAS = mutations.Mutation("as it was", b"")


class Outcome(NamedTuple):
    """What a trial came to: its kind (``REFUSED`` ...), a sentence on it, and the processor's time in seconds."""

    kind: str
    detail: str
    mutation: str
    seconds: float

    @property
    def good(self) -> bool:
        return self.kind in GOOD


class _Guard:
    """Notes every attempt to write outside the working folder or to run a program while a trial is on."""

    WRITES = frozenset(("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate"))
    PROGRAMS = frozenset(("os.system", "os.exec", "os.posix_spawn", "os.spawn", "socket.connect", "os.startfile"))

    OURS = frozenset(("git", "uname"))  # by which provenance and Python's platform ask for revision and processor
    CACHE = "torchinductor_"  # a folder that torch makes for itself when it is first used

    def __init__(self) -> None:
        self.folder: str | None = None
        self.found: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(flags, int) else "w" in str(mode)
            if writes:
                self._outside(path, "written")
        elif event in self.WRITES:
            for path in arguments[:2]:
                if isinstance(path, str | bytes):
                    self._outside(path, event)
        elif event in self.PROGRAMS or (event == "subprocess.Popen" and arguments[0] not in self.OURS):
            self.found.append(f"{event} {arguments[:2]}")

    def _outside(self, path: Any, what: str) -> None:
        if isinstance(path, int) or path is None:
            return
        place = os.path.realpath(os.fsdecode(path))
        if self.CACHE in place:
            return
        if self.folder and not place.startswith(self.folder + os.sep) and place not in ("/dev/null", self.folder):
            self.found.append(f"{place} {what}")


_GUARD = _Guard()


def install_guards() -> None:
    """Limit the memory of this process and watch what it opens; only for processes that do nothing but trials."""
    sys.addaudithook(_GUARD)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_ADDRESSES,) * 2)


def mutated(door: Door, seed: str) -> tuple[str, mutations.Mutation]:
    """The file that this seed mutates, and its mutation."""
    generator = random.Random(seed)
    name = generator.choice(door.targets())
    content = good_files(door)[name]
    form = door.form or form_of(name)
    for _ in range(20):
        mutation = mutations.mutate(content, form, generator, by_bytes=door.whole)
        if mutation.content != content:
            return name, mutation
    return name, AS_IT_WAS._replace(content=content)


def enter(
    door: Door,
    scratch: Path,
    name: str = "",
    mutation: mutations.Mutation = AS_IT_WAS,
    *,
    prepare: Callable[[], None] | None = None,
) -> Outcome:
    """Enter a door in a fresh folder and judge the outcome.

    Args:
        door: the door.
        scratch: the folder above the working folder.
        name: the file that is mutated; none is where this is empty.
        mutation: its mutation.
        prepare: what else is done in the working folder before.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    work = scratch / DEPTH
    work.mkdir(parents=True)
    for file, content in good_files(door).items():
        path = work / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mutation.content if file == name else content)
    with contextlib.chdir(work):
        if prepare:
            prepare()
        return _judged(door, scratch, name, mutation)


_BASELINES: dict[str, Entered] = {}


def baseline(door: Door, scratch: Path) -> Entered:
    """What comes of the good input."""
    if door.name not in _BASELINES:
        outcome = enter(door, scratch)
        if door.name not in _BASELINES:
            raise AssertionError(f"{door.name}: the good input is not accepted: {outcome.kind}, {outcome.detail}")
    return _BASELINES[door.name]


def _judged(door: Door, scratch: Path, name: str, mutation: mutations.Mutation) -> Outcome:
    before = _peak_memory(reset=True)
    _GUARD.found.clear()
    _GUARD.folder = os.path.realpath(".")
    started = time.process_time()
    entered = None
    try:
        entered = door.enter()
        kind, detail = ACCEPTED, ""
    except GaitError as error:
        kind, detail = REFUSED, str(error)
    except BaseException as error:
        kind, detail = TRACEBACK, _place_of(error)
    finally:
        seconds = time.process_time() - started
        _GUARD.folder = None
    if entered is not None and not name:
        _BASELINES[door.name] = entered
    elif entered is not None:
        if silent := _silent(entered, _BASELINES.get(door.name), mutation):
            kind, detail = SILENT, silent
    elif kind == REFUSED and (bad := _bad_message(detail, door, name)):
        kind, detail = MESSAGE, f"{bad}: {detail[:200]}"
    used = _peak_memory() - before
    if seconds > SECONDS:
        kind, detail = SLOW, f"{seconds:.1f} s; {detail[:100]}"
    if used > MOST_MEMORY:
        kind, detail = MEMORY, f"{used >> 20} MB; {detail[:100]}"
    strays = [path for path in scratch.rglob("*") if path.is_file() and scratch / DEPTH not in path.parents]
    if _GUARD.found or strays or Path(mutations.CANARY).exists() or Path("evil").exists():
        kind, detail = ESCAPE, "; ".join([*_GUARD.found, *map(str, strays), "a file of the evil input"])[:300]
    return Outcome(kind, detail, f"{name}: {mutation.name}", seconds)


def _silent(entered: Entered, good: Entered | None, mutation: mutations.Mutation) -> str | None:
    if entered.problems:
        return entered.problems[0][:200]
    if mutation.refused:
        return "accepted, whatever was meant"
    if good is None:
        return None
    if entered.result != good.result:
        return "another result without a word"
    if mutation.keeps_entries and entered.entries < good.entries and entered.reported <= good.reported:
        return f"{good.entries - entered.entries} entries lost, and the report says nothing"
    return None


def _bad_message(message: str, door: Door, name: str) -> str | None:
    if len(message) > LONGEST_MESSAGE:
        return f"{len(message)} characters"
    if len(message.splitlines()) != 1 or not message.isprintable():
        return "not one printable line"
    path = Path(name)
    named = (*door.words, path.name, *(part for part in path.parent.parts if part != "results"))
    if not any(word in message for word in named):
        return "does not name the file"
    return None


def _place_of(error: BaseException) -> str:
    """The exception, and the innermost line of the library that it came through."""
    place, trace = "", error.__traceback__
    while trace:
        file = trace.tb_frame.f_code.co_filename
        if f"{os.sep}gaitcore{os.sep}" in file or "workflow_scripts" in file:
            place = f"{file.rpartition(f'{os.sep}gaitcore{os.sep}')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}: {' '.join(str(error).split())[:150]} [{place}]"


def _peak_memory(reset: bool = False) -> int:
    """The most memory the process has had, in bytes, since the last reset."""
    if reset:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
