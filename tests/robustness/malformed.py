"""Malformed inputs that were once accepted silently, or ended in a traceback or a hang: each with its right result.

Those that are a file beside the checkout are read from there, where they exist; the others are made here.
"""

import ast
import gzip
import hashlib
import io
import json
import os
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import experiment
import inputs
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from doors import DOORS, Door, Entered, configured, good_files
from experiment import SmallExperiment
from mutations import Mutation, png_chunk
from PIL import Image
from places import CASES
from scratch_workflow import TINY
from trial import AS_IT_WAS

MALFORMED = CASES / "malformed"
_DEEP = 100_000
_BY_NAME = {door.name: door for door in DOORS}
_RESULTS = "results/small"
_RUN = f"{_RESULTS}/{experiment.SYSTEM}/seed-{experiment.SEED}"


class Case(NamedTuple):
    """An input with its right result.

    Attributes:
        name: of its directory, without the number.
        door: where it comes in.
        changed: the file that is malformed.
        mutation: its content, and whether it has to be refused.
        prepare: what else is done in the working folder before the door is entered.
    """

    name: str
    door: Door
    changed: str
    mutation: Mutation
    prepare: Callable[[], None] | None = None


def _case(
    name: str,
    door: str | Door,
    changed: str,
    content: bytes | str | None = None,
    *,
    refused: bool = True,
    prepare: Callable[[], None] | None = None,
) -> Case:
    door = _BY_NAME[door] if isinstance(door, str) else door
    content = good_files(door).get(changed, b"") if content is None else content
    content = content.encode() if isinstance(content, str) else content
    return Case(name, door, changed, AS_IT_WAS._replace(content=content, refused=refused), prepare)


def _changed(door: str, changed: str, old: str, new: str, name: str) -> Case:
    """A case in which one text of a file is another one."""
    text = good_files(_BY_NAME[door])[changed].decode()
    assert old in text, (name, old)
    return _case(name, door, changed, text.replace(old, new, 1))


# From the files beside the checkout.


def _files_of(folder: Path) -> inputs.Files:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("README", "command.txt", "cli.txt", "reproduction.md")
    }


def _with_tree(door: str, files: inputs.Files, name: str) -> Door:
    """A door whose source is another tree of files."""
    raw = {f"raw/{file.split('/', 1)[1]}": content for file, content in files.items()}
    return replace(_BY_NAME[door], name=name, files=lambda: raw, words=("raw",))


def from_folder(folder: Path) -> Case | None:
    """The case in a folder; None where it holds no input, or one that no door takes as it is."""
    name = folder.name.partition("-")[2]
    files = _files_of(folder)
    kind = name.partition("-")[0]
    refused = "should be refused with one sentence naming" in (folder / "README").read_text()
    if not files and kind != "inject":
        return None
    if kind == "csv":
        return _case(name, "poses: gaitgraph_csv", "raw/poses.csv", files["p.csv"], refused=refused)
    if kind in ("pickle", "alphapose", "psymo", "openpose"):
        door = f"poses: {kind}_tree" if kind == "pickle" else f"poses: {kind}_json"
        tree = _with_tree(door, files, name)
        return _case(name, tree, next(iter(tree.files())), refused=refused)
    if kind == "parquet":
        return _case(name, "poses.parquet", f"{_RESULTS}/poses.parquet", files["p.parquet"], refused=refused)
    if kind in ("config", "e2e"):
        return _configuration(name, files, (folder / "command.txt"), refused)
    if kind == "checkpoint":
        content = files["cp/step-00000002.checkpoint"]
        return _case(name, "checkpoints", f"{_RESULTS}/checkpoints/step-00000002.checkpoint", content, refused=False)
    if kind == "video":
        door = replace(
            _BY_NAME["list of videos"],
            name=name,
            files=lambda: {file.replace("v/", "raw/"): content for file, content in files.items()},
        )
        return _case(name, door, "list.csv", refused=refused)
    if kind == "dvc":
        return _case(name, "dvc.yaml", "dvc.yaml", files["dvc.yaml"], refused=refused)
    if kind == "inject":
        return _injected(name, (folder / "README").read_text())
    return None


def _configuration(name: str, files: inputs.Files, command: Path, refused: bool) -> Case | None:
    if name.startswith("config-cli") or name == "e2e-sequence-list":
        return None
    overlay = next(file for file in files if file.startswith("experiments/"))
    chosen = Path(overlay).stem
    if command.is_file() and (match := re.search(r"experiment=(\S+)", command.read_text())):
        chosen = match[1]
    old = {file: content.replace(b"\nmodels:", b"\ncompare:") for file, content in files.items()}
    base = {**experiment.configuration_files(), "experiments/tiny.yaml": TINY.encode()}
    if "config.yaml" in old and not name.startswith("config-base"):  # it names another experiment, and nothing else
        old.pop("config.yaml")
    door = replace(
        _BY_NAME["configuration"],
        name=f"configuration of {name}",
        files=lambda: base | old,
        enter=partial(configured, {}, chosen),
        words=("experiments/", "config.yaml", "protocol.", chosen),
    )
    return _case(name, door, overlay, refused=refused)


# Names in pages and tables.


def _injected(name: str, readme: str) -> Case | None:
    match = re.search(r"(dataset|experiment|condition|title|pose_source) = ('.*?') Found:", readme, re.DOTALL)
    return injected(name, match[1], ast.literal_eval(match[2])) if match else None


def injected(name: str, field: str, value: str) -> Case:
    """The small experiment with a name that is markup: refused, or escaped in everything that is written."""
    overlay = experiment.OVERLAY
    text = json.dumps(value)
    if field == "dataset":
        overlay = overlay.replace("dataset: small", f"dataset: {text}")
    elif field == "pose_source":
        overlay = overlay.replace("pose_source: drawn", f"pose_source: {text}")
    elif field == "experiment":
        overlay = overlay.replace("experiment: small", f"experiment: {text}")
    elif field == "title":
        overlay = overlay.replace("{gaitmixer: {network", f"{{gaitmixer: {{title: {text}, network")
    else:
        overlay = overlay.replace(
            "tables: {published: false}", f"tables: {{published: false, conditions: {{nm: {text}}}}}"
        )
    door = Door(
        f"inject {name}",
        lambda: experiment.configuration_files() | inputs.gaitgraph_csv(),
        _pages,
        words=("experiments/small.yaml",),
    )
    return _case(name, door, "experiments/small.yaml", overlay, refused=False)


def _pages() -> Entered:
    small = SmallExperiment()
    small.make()
    problems = []
    for path in sorted(small.results.rglob("*")):
        if path.suffix in (".md", ".tex", ".html"):
            problems += [f"{path.name}: {problem}" for problem in _markup(path.suffix, path.read_text())]
    return Entered(problems)


def _markup(suffix: str, text: str) -> list[str]:
    problems = ["a NUL byte"] if "\0" in text else []
    if suffix == ".md":
        outside_code = re.sub(r"`[^`\n]*`", "", text)
        if re.search(r"(?<!\\)<(script|img|/title|b)\b", outside_code):
            problems.append("raw HTML")
        if re.search(r"(?<!\\)\]\((javascript:|http://evil)", outside_code):
            problems.append("a live link")
        if re.search(r"^#+ Fake heading", text, re.MULTILINE):
            problems.append("a heading of the name's own")
        tables = [table for table in re.split(r"\n\s*\n", text) if table.lstrip().startswith("|")]
        for table in tables:
            counts = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines() if line.startswith("|")}
            if len(counts) > 1:
                problems.append("a pipe in a name breaks a table")
    elif suffix == ".tex":
        caption = re.search(r"\\caption\{(.*?)\}\n", text, re.DOTALL)
        if caption and "\n\n" in caption[1]:
            problems.append("an empty line in a caption")
        if re.search(r"(?<!\\)% of a", text) or "a_b &" in text:
            problems.append("a raw % or _")
    elif re.search(r"<script>(alert|1)|<img[^>]*onerror=alert", text):
        problems.append("a script of the name's own")
    return problems


# Made here.


def _long_line(length: int) -> bytes:
    return good_files(_BY_NAME["poses: gaitgraph_csv"])["raw/poses.csv"] + b"a" * length


def _fifo() -> None:
    Path("raw/poses.csv").unlink()
    os.mkfifo("raw/poses.csv")


def _csv_cases() -> list[Case]:
    door = "poses: gaitgraph_csv"
    bomb = gzip.compress(b"\n" * 40_000_000, mtime=0)
    packed = replace(
        _BY_NAME[door],
        name="packed poses",
        files=lambda: {"raw/poses.csv.gz": bomb},
        enter=_read_packed,
        words=("raw",),
    )
    return [
        _case("csv-long-line-200kB", door, "raw/poses.csv", _long_line(200_000), refused=False),
        _case("csv-long-line-20MB", door, "raw/poses.csv", _long_line(20_000_000), refused=False),
        _case("csv-zip-bomb-gz-lines", packed, "raw/poses.csv.gz", bomb),
        _case("csv-fifo", door, "raw/poses.csv", prepare=_fifo),
    ]


def _read_packed() -> Entered:
    from gaitcore.modalities.keypoints.reading import read_poses

    table, report = read_poses("gaitgraph_csv", "raw/poses.csv.gz", dataset="small", **inputs.CAMERA)
    return Entered([], entries=len(table), reported=len(report))


def _json_cases() -> list[Case]:
    cases = []
    for kind, name in (("psymo", "000_45_0_1_nm.json"), ("alphapose", "001-nm-01-000.json")):
        door, file = f"poses: {kind}_json", f"raw/{name}"
        entries = json.loads(good_files(_BY_NAME[door])[file])
        entries[0]["box"][0] = 10**400
        cases += [
            _case(f"{kind}-deep-nesting", door, file, "[" * _DEEP + "]" * _DEEP, refused=False),
            _case(f"{kind}-deep-nesting-objects", door, file, '{"a":' * _DEEP + "1" + "}" * _DEEP, refused=False),
            _case(f"{kind}-huge-int-in-box", door, file, json.dumps(entries), refused=False),
        ]
    return cases


def _parquet_cases() -> list[Case]:
    door, file = "poses.parquet", f"{_RESULTS}/poses.parquet"
    content = good_files(_BY_NAME[door])[file]
    table = pq.read_table(io.BytesIO(content))
    facts = json.loads(table.schema.metadata[b"gaitcore"])

    def written(changed: pa.Table, metadata: str | None = None) -> bytes:
        kept = json.dumps(facts) if metadata is None else metadata
        sink = io.BytesIO()
        pq.write_table(changed.replace_schema_metadata({b"gaitcore": kept}), sink)
        return sink.getvalue()

    def column(name: str, values: pa.Array) -> bytes:
        number = table.column_names.index(name)
        return written(table.set_column(number, pa.field(name, values.type, nullable=False), values))

    keypoints = np.array(table["keypoints"].combine_chunks().flatten())
    keypoints[100] = np.nan
    subjects = table["subject"].to_pylist()
    frames = table["frame"].to_pylist()

    def subject(evil: str) -> bytes:
        return column("subject", pa.array([evil if one == "001" else one for one in subjects]).dictionary_encode())

    flipped = bytearray(content)
    flipped[-60] ^= 4
    metadata = {
        "not-json": "{",
        "list": "[]",
        "deep": "[" * _DEEP,
        "unknown-key": json.dumps({**facts, "evil": 1}),
        "source-list": json.dumps({**facts, "source": ["a"]}),
    }
    return [
        _case("parquet-flipped-footer-0", door, file, bytes(flipped), refused=False),
        *(_case(f"parquet-metadata-{name}", door, file, written(table, text)) for name, text in metadata.items()),
        _case(
            "parquet-nan-keypoints",
            door,
            file,
            column("keypoints", pa.FixedSizeListArray.from_arrays(pa.array(keypoints), 51)),
        ),
        _case("parquet-frames-reversed", door, file, column("frame", pa.array(frames[::-1], pa.int32()))),
        _case("parquet-frames-constant", door, file, column("frame", pa.array([1] * len(frames), pa.int32()))),
        _case("parquet-subject-evil", door, file, subject("../../../evil")),
        _case("parquet-subject-empty", door, file, subject("")),
        _case("parquet-subject-dash", door, file, subject("a-b")),
    ]


def _split_cases() -> list[Case]:
    file = f"{_RESULTS}/split.csv"
    text = good_files(_BY_NAME["evaluation"])[file].decode()
    excluded = re.sub(r",(train|gallery|probe),", ",excluded,", text)
    trained = text.replace(",gallery,", ",train,", 1)
    return [
        _case("split-binary", "evaluation", file, b"\x00\x01\xff,\n\x02,\x03,,\n" * 50),
        _case("split-utf16", "evaluation", file, text.encode("utf-16")),
        _case("split-unknown-role-one", "evaluation", file, text.replace(",probe,", ",prob,", 1)),
        _case("split-all-excluded", "evaluation", file, excluded),
        _case("split-test-subject-trained-evaluate", "evaluation", file, trained),
        _case("split-test-subject-trained", "training", file, trained),
        _case("split-all-excluded-trained", "training", file, excluded),
    ]


def _configuration_cases() -> list[Case]:
    door = _BY_NAME["configuration"]
    overlay = "experiments/small.yaml"
    text = experiment.OVERLAY

    def command_line(name: str, settings: dict[str, Any], refused: bool = True) -> Case:
        way_in = replace(
            door,
            name=f"--config of {name}",
            enter=partial(configured, settings),
            words=("--config", "experiments/", "experiment"),
        )
        return _case(name, way_in, overlay, refused=refused)

    def directory() -> None:
        Path("config.yaml").unlink()
        Path("config.yaml").mkdir()

    return [
        _case("config-10MB-string", door, overlay, text.replace("epochs: 3", f"epochs: {'x' * 10_000_000}")),
        _case("config-base-is-directory", door, "config.yaml", prepare=directory),
        command_line("config-cli-ellipsis", {"network": {"frames": "..."}}),
        command_line("config-cli-true-dataset", {"data": {"dataset": "true"}}, refused=False),
        command_line("config-cli-number-dataset", {"data": {"dataset": "2023"}}, refused=False),
        command_line("config-cli-experiment-long", {"experiment": "x" * 300}),
    ]


def _weights_cases() -> list[Case]:
    file = f"{_RUN}/weights.safetensors"
    content = good_files(_BY_NAME["evaluation"])[file]
    (size,) = struct.unpack("<Q", content[:8])
    header, data = content[8 : 8 + size], content[8 + size :]

    def flipped(place: int) -> bytes:
        changed = bytearray(content)
        changed[place] ^= 64
        return bytes(changed)

    def headed(text: bytes, length: int | None = None) -> bytes:
        return struct.pack("<Q", len(text) if length is None else length) + text + data

    entries = json.loads(header)
    first = next(name for name in entries if name != "__metadata__")
    renamed = {f"x{name}" if name == first else name: entry for name, entry in entries.items()}
    lost = {name: entry for name, entry in entries.items() if name != first}
    outside = {**entries, first: {**entries[first], "data_offsets": [0, 2**40]}}
    contents = {
        **{f"truncated-{n}": content[:cut] for n, cut in ((0, 100), (2, len(content) // 2), (3, len(content) - 1))},
        **{f"flipped-header-{n}": flipped(8 + size * part // 8) for n, part in ((0, 1), (1, 4), (3, 7))},
        **{f"flipped-data-{n}": flipped(8 + size + len(data) * part // 8) for n, part in ((0, 1), (2, 4), (3, 7))},
        "header-length-2e63": headed(header, 2**63),
        "header-length-1e9": headed(header, 10**9),
        "header-deep": headed(b"[" * _DEEP),
        "offsets-outside": headed(json.dumps(outside).encode()),
        "key-renamed": headed(json.dumps(renamed).encode()),
        "key-missing": headed(json.dumps(lost).encode()),
    }
    return [_case(f"weights-{name}", "evaluation", file, changed) for name, changed in contents.items()]


def _record_cases() -> list[Case]:
    subjects, run, summary = f"{_RUN}/subjects.csv", f"{_RUN}/run.json", f"{_RESULTS}/summary.csv"
    by_subject = good_files(_BY_NAME["statistics"])[subjects].decode()
    record = good_files(_BY_NAME["tables"])[run].decode()
    lines = by_subject.splitlines(keepends=True)
    lacking = {key: value for key, value in json.loads(record).items() if key != "collapsed"}

    def directory() -> None:
        Path(f"{_RESULTS}/checkpoints/step-00009999.checkpoint").mkdir()

    newest = max(name for name in good_files(_BY_NAME["checkpoints"]) if name.endswith(".checkpoint"))
    return [
        _case("subjects-truncated-0", "statistics", subjects, "".join(lines[:-1])),
        _case("subjects-truncated-1", "statistics", subjects, by_subject[:-5]),
        _case("subjects-empty", "statistics", subjects, ""),
        _case("run-json-truncated-0", "tables", run, record[:2496]),
        _case("run-json-lacks-key", "tables", run, json.dumps(lacking)),
        _case("run-json-list", "tables", run, "[]"),
        _case("summary-binary", "tables", summary, b"\x00\x01\xff,\n\x02,\x03,,\n" * 50),
        _case("summary-empty", "tables", summary, ""),
        _case("checkpoint-is-directory", "checkpoints", newest, refused=False, prepare=directory),
    ]


def _video_cases() -> list[Case]:
    long = good_files(_BY_NAME["list of videos"])["list.csv"] + b"x" * 200_000 + b",001,nm,1,90\n"
    same = b"video,subject,condition,sequence,view\na.avi,001,nm,1,90\na.avi,002,nm,1,90\n"
    return [
        _case("video-list-field-200kB", "list of videos", "list.csv", long, refused=False),
        _case("video-list-same-video-two-subjects", "list of videos", "list.csv", same),
    ]


def _command_cases() -> list[Case]:
    def arguments(name: str, *words: str) -> Case:
        door = _BY_NAME[f"arguments of {words[0]}"]
        return _case(name, door, "command.arguments", json.dumps(words))

    table = f"{_RESULTS}/tables/table2.csv"
    return [
        arguments("cli-table-dot", "trace", ".", "GaitMixer", "nm"),
        arguments("cli-table-empty", "trace", "", "GaitMixer", "nm"),
        arguments("cli-table-nul", "trace", "a\0b", "GaitMixer", "nm"),
        _case(
            "cli-manifest-file",
            "arguments of check-manifest",
            "command.arguments",
            json.dumps(["check-manifest", table]),
        ),
        *_manifest_cases(),
        *_trace_cases(),
    ]


def sealed(content: dict[str, Any]) -> str:
    """A manifest with the digest of its content, as anybody can make it."""
    content = {key: value for key, value in content.items() if key != "digest"}
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
    return json.dumps({"digest": digest, **content}, indent=1, ensure_ascii=False)


def _manifest_cases() -> list[Case]:
    file = f"{_RESULTS}/manifest.json"
    manifest = json.loads(good_files(_BY_NAME["check-manifest"])[file])
    artefacts = manifest["artefacts"]
    first = next(iter(artefacts))
    without = {key: value for key, value in artefacts[first].items() if key != "sha256"}
    passwd = {**artefacts[first], "sha256": hashlib.sha256(Path("/etc/passwd").read_bytes()).hexdigest()}
    changed = {
        "artefacts-list": list(artefacts),
        "artefact-no-sha": {**artefacts, first: without},
        "artefact-absolute": {**artefacts, "/etc/passwd": passwd},
        "artefacts-empty": {},
    }
    return [
        *(
            _case(f"manifest-sealed-{name}", "check-manifest", file, sealed({**manifest, "artefacts": value}))
            for name, value in changed.items()
        ),
        _case("manifest-deep", "check-manifest", file, "[" * _DEEP),
    ]


def _trace_cases() -> list[Case]:
    file, table = f"{_RESULTS}/manifest.json", f"{_RESULTS}/tables/table2.csv"
    summary, run = f"{_RESULTS}/summary.csv", f"{_RUN}/run.json"
    files = good_files(_BY_NAME["trace"])
    manifest, record = json.loads(files[file]), json.loads(files[run])
    lines = files[summary].decode().splitlines(keepends=True)
    number = re.search(r",(\d+\.\d+),", files[table].decode())
    assert number
    lost = {name: one for name, one in manifest["artefacts"].items() if not name.endswith("run.json")}

    def lacking(key: str) -> str:
        return json.dumps({name: value for name, value in record.items() if name != key})

    return [
        _case("trace-manifest-bad-config", "trace", file, sealed({**manifest, "configuration": {"nonsense": 1}})),
        _case("trace-manifest-config-null", "trace", file, sealed({**manifest, "configuration": None})),
        _case("trace-manifest-artefact-missing", "trace", file, sealed({**manifest, "artefacts": lost})),
        _case("trace-table-binary", "trace", table, b"\x00\x01\xff,\n\x02,\x03,,\n" * 50),
        _case("trace-table-empty-file", "trace", table, ""),
        _case("trace-table-number-text", "trace", table, files[table].decode().replace(number[1], "abc")),
        _case(
            "trace-summary-lost-row",
            "trace",
            summary,
            "".join(line for line in lines if ",mean,mean,rank1," not in line),
        ),
        _case("trace-run-json-lacks-outputs", "trace", run, lacking("outputs")),
        _case("trace-run-json-lacks-machine", "trace", run, lacking("machine")),
    ]


def _who_trains() -> Entered:
    """Poses and split of the small experiment; what is said of them counts as a report."""
    import logging

    said: list[str] = []

    class _Said(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING:
                said.append(record.getMessage())

    logging.disable(logging.NOTSET)
    handler = _Said()
    logging.getLogger().addHandler(handler)
    try:
        small = SmallExperiment()
        small.make_folders()
        small.read()
        small.assign()
    finally:
        logging.getLogger().removeHandler(handler)
        logging.disable(logging.CRITICAL)
    return Entered([] if said else ["accepted without a word"])


def _leak_cases() -> list[Case]:
    files = experiment.configuration_files() | inputs.gaitgraph_csv()
    door = Door(
        "who trains", lambda: files, _who_trains, words=("experiments/small.yaml", "poses", "protocol.", "subject")
    )
    overlay, poses = experiment.OVERLAY, files["raw/poses.csv"].decode()
    trains = {"bool": "[1, 2, true]", "whitespace": "[' 1', 2]", "minus-zero": "[-0, 1, 2]", "plus": "['+1', 2]"}
    trains |= {"names-not-in-data": "[1, 2, 50-60]"}
    twice = poses + "".join(
        re.sub(r"^\./001-", "./1-", line) for line in poses.splitlines(keepends=True) if line.startswith("./001-")
    )
    copied = [line for line in poses.splitlines(keepends=True) if not line.startswith("./004-")]
    copied += [line.replace("./001-", "./004-") for line in copied if line.startswith("./001-")]
    return [
        *(
            _case(
                f"leak-{name}",
                door,
                "experiments/small.yaml",
                overlay.replace("train: 1-2", f"train: {value}"),
                refused=name in ("bool", "whitespace", "plus"),
            )
            for name, value in trains.items()
        ),
        _case("leak-data-001-and-1", door, "raw/poses.csv", twice),
        _case("leak-same-walk-other-name", door, "raw/poses.csv", "".join(copied)),
    ]


def _figure_cases() -> list[Case]:
    """A figure on the report's page that is no PNG, and one that says it is as large as a town."""
    picture = io.BytesIO()
    Image.new("L", (4, 4)).save(picture, "PNG")
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    bomb = picture.getvalue()[:8] + png_chunk(b"IHDR", head) + picture.getvalue()[33:]
    file = f"{_RESULTS}/figures/seeds.png"
    files = {**good_files(_BY_NAME["tables"]), file: picture.getvalue(), file.replace("png", "txt"): b"Seeds.\n"}
    door = Door("report", lambda: files, _report)
    return [_case("inject-png-not-png", door, file, b"not a PNG"), _case("inject-png-bomb", door, file, bomb)]


def _report() -> Entered:
    small = SmallExperiment()
    small.report(figures=[small.results / "figures" / "seeds.png"])
    return Entered([])


def _other_cases() -> list[Case]:
    released = torch.load(io.BytesIO(good_files(_BY_NAME["released weights"])["released.pt"]), weights_only=True)
    next(iter(released.values())).fill_(torch.nan)
    saved = io.BytesIO()
    torch.save(released, saved)
    file = f"{_RESULTS}/split.csv"
    split = good_files(_BY_NAME["tables"])[file].decode()
    return [
        _case("published-pt-nan", "released weights", "released.pt", saved.getvalue()),
        _case("inject-subject-in-split", "tables", file, split.replace("\n003,", "\n<b>003</b>,", 1)),
    ]


def all_cases() -> tuple[list[Case], list[str]]:
    """The cases, and the names of those in the folder beside the checkout that are not run, with the reason."""
    made = [
        *_csv_cases(),
        *_json_cases(),
        *_parquet_cases(),
        *_split_cases(),
        *_configuration_cases(),
        *_weights_cases(),
        *_record_cases(),
        *_video_cases(),
        *_command_cases(),
        *_leak_cases(),
        *_figure_cases(),
        *_other_cases(),
    ]
    known, skipped = {case.name for case in made}, []
    for folder in sorted(MALFORMED.glob("*")) if MALFORMED.is_dir() else ():
        name = folder.name.partition("-")[2]
        if name in known:
            continue
        case = from_folder(folder)
        if case:
            made.append(case)
        else:
            skipped.append(name)
    return made, skipped
