"""The generated parts of the documentation: ``make docs``, or ``python docs/generate.py``.

Writes docs/configuration.md from the configuration's schema and config.yaml; puts the demo's Table 2 into README.md
and its contact sheet into docs/pictures/ where the demo has been run, and the benchmarks into docs/performance.md where
they have.
"""

import inspect
import json
import math
import re
import shutil
from collections.abc import Iterable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple, get_args

import yaml
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from gaitcore.networks import build_model, model_names, model_title
from gaitcore.settings.chosen import how_chosen, names_of, section_of
from gaitcore.settings.experiment import Config
from gaitcore.settings.values import Settings

ROOT = Path(__file__).resolve().parents[1]
TABLE_STARTS = '<!-- demo table: made by "make tables docs" -->'
TABLE_ENDS = "<!-- end of demo table -->"
BENCHMARKS_START = '<!-- benchmarks: made by "make bench docs" -->'
BENCHMARKS_END = "<!-- end of benchmarks -->"
POSES_START = '<!-- poses from video: made by "make bench-poses docs" -->'
POSES_END = "<!-- end of poses from video -->"
CASIA_B_FRAMES = 1_100_000  # about
NIGHT = 10  # hours
FULL_SIZE = 5232  # test sequences of CASIA-B under the paper's protocol

INTRODUCTION = """\
# Configuration

Made by `make docs` from [gaitcore/settings/](../gaitcore/settings/) and [config.yaml](../config.yaml): edit those, not
this page.

What is computed is set in YAML files; how it is run (cores, memory) in [profiles/](../profiles/default/config.yaml).
Three layers are merged, each over the one before:

1. [config.yaml](../config.yaml): the paper's settings. Its comments say where each value comes from.
2. `experiments/NAME.yaml`: what one experiment changes. `experiment: NAME` chooses it; results go to `results/NAME/`.
3. `--config` on the command line.

An overlay may build on others: `extends: demo`, or `extends: [demo, ablations]`, merges them in this order before it.

A layer changes the keys it names and leaves the others. Numbers, texts and lists are replaced as a whole. So are five
mappings: `protocol.gallery`, `protocol.probes`, `training.repeat`, `tables.conditions` and `figures.against`. The
others are merged key by key, unless a layer names another `kind`: then it replaces the section.

The result is checked before any job starts. A wrong key or value ends the run with one sentence that names the key,
the file and what is allowed:

```text
experiments/demo.yaml: training.epohcs: unknown setting; did you mean "epochs"?
```

On the command line a section is a piece of YAML in quotes:

```sh
snakemake --cores 8 tables --config experiment=casia_b seeds='[0]'
snakemake --cores 8 tables --config experiment=casia_b systems=gaitmixer training='{epochs: 2}'
snakemake --cores 8 tables --config experiment=casia_b evaluation='{windows: centre}'
```

Results go to the same folder as without the change and replace what stands there. To keep both, write an overlay of
another name. The options of a network (`systems`) and of the walkers (`data.walkers`) belong in an overlay in any
case.

In `extensions`, `data.path`, `systems`, `seeds`, `evaluation.ranks`, `protocol.gallery` and `protocol.probes` a single
value stands for a list of one.
"""

END_OF_SCALAR = "...\n"  # what YAML puts behind a value that stands alone
LONGEST_VALUE = 200  # characters

# What the schema cannot say, below the section's table.
NOTES = {
    "data": "The formats are described in [data-formats.md](data-formats.md), poses from video in "
    "[poses.md](poses.md); a format of your own is a reader ([extending.md](extending.md)). "
    "An experiment with silhouettes names them in `modality` and their source in `silhouettes`. "
    "The walkers' settings are those of `WalkerSettings` in "
    "[gaitcore/modalities/keypoints/walkers/walkers.py](../gaitcore/modalities/keypoints/walkers/walkers.py).",
    "protocol": "Subjects are a range (`1-74`), several (`1-59, 80`) or names (`P01, P02` or `[P01, P02]`). Sequences "
    "are numbers or text (`gallery: {NA: [seq0, 1]}`). Numbers compare as numbers: 1 is the subject 001 and the "
    "sequence 01. `min_frames` must be larger than the window, `network.frames`. Every sequence of a training subject "
    "trains, whatever its condition. See [protocol.md](protocol.md).",
    "training": "A condition that is not in `repeat` is listed once. `select: best_validation` needs a split with "
    "validation subjects. A loss of your own is a file ([extending.md](extending.md)).",
    "input": "GaitMixer's and GaitFormer's; the others have their own under `systems`.",
    "evaluation": "`ranks` must contain 1 and 5: the statistics are about rank-1, rank-5 and mAP. `window_step` "
    "concerns `three_windows_and_reverse` only.",
    "tables": "A condition in small letters that has no title is written in capitals.",
}

SYSTEMS = """\
## `systems`

What one system has of its own. Under `systems.NAME.network` stand the options of its network, listed below. Any setting
of `network`, `input`, `training` and `evaluation` may stand there too and then concerns that system alone:

```yaml
systems:
  gaitformer:
    training: {learning_rate: 3.0e-3}
```

A variant of a system is a system of its own, which `systems` can name beside the first. `like` says of what it is one,
`title` how the tables call it:

```yaml
systems: [gaitmixer, short]

systems:
  short:
    like: gaitmixer
    title: GaitMixer, 9 frames
    network: {kernel: 9}
```

[systems.md](systems.md) says what the systems are.
"""


class Setting(NamedTuple):
    """One row of the reference."""

    key: str
    allowed: str
    meaning: str


def configuration_page() -> str:
    """The text of docs/configuration.md."""
    values = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    sections = {name: field for name, field in Config.model_fields.items() if name != "systems"}
    single = [row for row in settings(Config) if row.key in sections]
    parts = [INTRODUCTION, "## Top level\n", _table(single, values)]
    for name, field in sections.items():
        if inner := _section(field.annotation):
            parts += [f"\n## `{name}`\n", f"{inspect.getdoc(inner)}\n", _table(settings(inner, f"{name}."), values)]
            parts += [f"\n{NOTES[name]}"] if name in NOTES else []
    parts.append(f"\n{SYSTEMS}")
    for system in model_names():
        parts += [f"### {model_title(system)}\n", _table(options(system), values), ""]
    return "\n".join(parts).rstrip() + "\n"


def settings(section: type[Settings], prefix: str = "") -> Iterator[Setting]:
    """Every setting of a section and of the sections in it; NAME stands for a name of the user's choice."""
    properties = section.model_json_schema()["properties"]
    for name, field in section.model_fields.items():
        key, inner = f"{prefix}{name}", _section(field.annotation)
        if name == "kind" and len(get_args(field.annotation)) == 1:  # said by the section it is a kind of
            continue
        if kinds := _kinds(field):
            yield Setting(f"{key}.kind", _any_of(kinds), "which of those that follow")
            for kind, of_kind in kinds.items():
                for row in settings(of_kind, f"{key}."):
                    yield row._replace(meaning=f"{kind}: {row.meaning}")
        elif inner is None:
            chosen = how_chosen(field)
            values = _any_of(names_of(chosen)) if chosen else allowed(properties[name])
            yield Setting(key, values, field.description or "")
        elif type(None) in get_args(field.annotation):
            yield Setting(key, "what follows, or `null`", field.description or "")
            yield from settings(inner, f"{key}.")
        elif inner is field.annotation:
            yield from settings(inner, f"{key}.")
        else:
            yield Setting(key, "mapping of names to what follows", field.description or "")
            yield from settings(inner, f"{key}.NAME.")


def _kinds(field: FieldInfo) -> dict[str, type[Settings]]:
    """The sections of a field that comes in kinds, by kind: those of the schema, or those found by their file."""
    inner, chosen = _section(field.annotation), how_chosen(field)
    if chosen and inner:
        return {kind: section_of(chosen, kind) for kind in names_of(chosen)}
    if not field.discriminator:
        return {}
    return {get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in get_args(field.annotation)}


def _any_of(values: Iterable[str]) -> str:
    return " or ".join(f"`{value}`" for value in values)


def options(system: str) -> Iterator[Setting]:
    """The options of a system's network, from its signature and docstring."""
    network = type(build_model(system, in_channels=3))
    meanings = dict(re.findall(r"^    (\w+): (.+)$", inspect.getdoc(network), re.MULTILINE))
    for name, parameter in inspect.signature(network).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            values = allowed(TypeAdapter(parameter.annotation).json_schema())
            yield Setting(f"systems.{system}.network.{name}", values, meanings[name].rstrip("."))


def allowed(schema: dict[str, Any]) -> str:
    """The values a JSON schema allows, in words."""
    if "enum" in schema:
        return _any_of(schema["enum"])
    if "anyOf" in schema:
        return " or ".join(map(allowed, schema["anyOf"]))
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return f"list of {len(schema['prefixItems'])}, each a {allowed(schema['prefixItems'][0])}"
        case "array":
            return f"list of {allowed(schema['items']).replace('number', 'numbers').replace('text', 'texts')}"
        case "object":
            inner = schema.get("additionalProperties")
            return f"mapping of names to {allowed(inner)}" if isinstance(inner, dict) and inner else "mapping"
        case kind:
            words = {"integer": "whole number", "string": "text", "boolean": "`true` or `false`", "null": "`null`"}
            return words.get(kind, kind) + _bounds(schema)


def between(page: str, starts: str, ends: str, text: str) -> str:
    """A page with another text between its markers."""
    before, rest = page.split(starts)
    _, after = rest.split(ends)
    return f"{before}{starts}\n\n{text.strip()}\n\n{ends}{after}"


def benchmark_tables(result: dict) -> str:
    """What benchmarks/bench.py measured, as Markdown."""
    machine = result["machine"]
    step, embedding = result["step"], result["embedding"]
    ours = step["gaitmixer, ours"]["seconds"]
    steps = [
        [name, f"{run['seconds']:.1f}", f"{run['peak_gb']:.1f}", _ratio(run["seconds"], ours, name)]
        for name, run in step.items()
    ]
    published = {"batch": 296, **{way: step[f"gaitmixer, {way}"] for way in ("ours", "textbook")}}
    by_batch = [
        [row["batch"], *(f"{row[way][key]:.1f}" for way in ("ours", "textbook") for key in ("seconds", "peak_gb"))]
        for row in [*result["step_by_batch"], published]
    ]
    each = {way: 1000 * run["seconds"] / run["runs"][0]["sequences"] for way, run in embedding.items()}
    embeddings = [
        [way, f"{each[way]:.1f}", f"{each[way] * FULL_SIZE / 1000:.0f}", _ratio(each[way], each["ours"], way)]
        for way in embedding
    ]
    by_sequences = [
        [row["sequences"], f"{row['seconds']:.2f}", f"{row['ms_each']:.1f}", f"{row['peak_gb']:.2f}"]
        for row in result["embedding_by_sequences"]
    ]
    seeds = result["seeds"]
    alone, together = seeds["one run, two threads"], seeds["two runs, one thread each"]
    of_seeds = [
        ["one after the other, two threads", f"{alone['seconds']:.2f}", f"{alone['peak_gb']:.1f}"],
        [
            "two at once, one thread each",
            f"{max(run['seconds'] for run in together) / 2:.2f}",
            f"{sum(run['peak_gb'] for run in together):.1f}",
        ],
    ]
    return "\n\n".join(
        [
            f"Measured on {result['made'][:10]}: {machine['cores']} cores ({machine['processor']}), "
            f"{machine['platform']}, Python {machine['python']}, torch {machine['packages']['torch']}; "
            f"{result['seconds']} s in all.",
            "A training step of the published recipe, 296 sequences of 60 frames:",
            _grid(["", "seconds", "peak GB", "times ours"], steps),
            "A step of each baseline's own recipe (GaitGraph sees each sequence twice), in chunks, and as the network "
            "is written: the whole batch at once, its operations split between threads by torch:",
            _grid(
                ["", "sequences", "ours, seconds", "ours, GB", "whole batch, seconds", "whole batch, GB"],
                _baselines(result["baselines"]),
            ),
            "GaitMixer's step against the size of the batch:",
            _grid(["sequences", "ours, seconds", "ours, GB", "textbook, seconds", "textbook, GB"], by_batch),
            "Embedding a test sequence, three windows and their reverse, GaitMixer:",
            _grid(["", "ms a sequence", f"seconds for {FULL_SIZE:,}", "times ours"], embeddings),
            "Ours against the number of sequences:",
            _grid(["sequences", "seconds", "ms each", "peak GB"], by_sequences),
            "Two seeds on two cores, seconds a step and seed, a quarter of the published subjects:",
            _grid(["", "seconds", "GB in all"], of_seeds),
        ]
    )


def _baselines(measured: dict) -> list[list]:
    return [
        [
            name,
            sequences,
            *(
                f"{measured[f'{name}, {way}'][key]:.1f}"
                for way in ("ours", "whole batch")
                for key in ("seconds", "peak_gb")
            ),
        ]
        for name, sequences in measured["sequences"].items()
    ]


def pose_tables(result: dict) -> str:
    """What benchmarks/poses.py measured, as Markdown."""
    machine, mediapipe, hrnet = result["machine"], result["mediapipe"], result["hrnet"]
    speeds = {
        "mediapipe, one thread": mediapipe["1"],
        "mediapipe, two threads": mediapipe["2"],
        "hrnet alone, one thread": 1000 / hrnet["4"],
    }
    hours = {name: CASIA_B_FRAMES / speed / 3600 for name, speed in speeds.items()}
    cores = {name: 2 if "two" in name else 1 for name in speeds}
    whole = [
        [name, f"{speed:.1f}", f"{hours[name]:.1f}", math.ceil(hours[name] * cores[name] / NIGHT)]
        for name, speed in speeds.items()
    ]
    steps = [*result["steps"].items(), *((f"HRNet-W32, {batch} at once", ms) for batch, ms in hrnet.items())]
    return "\n\n".join(
        [
            f"Measured on {result['made'][:10]}: {machine['cores']} cores ({machine['processor']}), "
            f"{machine['platform']}, Python {machine['python']}; load average at the start {result['load']}.",
            f"All of CASIA-B, about {CASIA_B_FRAMES:,} frames of 320 x 240, and the cores that make it a night's work "
            f"({NIGHT} hours):",
            _grid(["", "frames/s", "hours", "cores for a night"], whole),
            "The steps alone, one thread:",
            _grid(["", "ms a frame"], [[name, f"{ms:.1f}"] for name, ms in steps]),
        ]
    )


def _ratio(seconds: float, ours: float, name: str) -> str:
    return "" if "ours" in name else f"{seconds / ours:.1f}"


def _grid(header: list[str], rows: list[list]) -> str:
    lines = [header, [":--"] + ["--:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _section(annotation: Any) -> type[Settings] | None:
    """The section an annotation holds: itself, or the values of a mapping of named sections."""
    candidates = (annotation, *get_args(annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, Settings)), None)


def _bounds(schema: dict[str, Any]) -> str:
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    found = [f"{text} {schema[bound]:g}" for bound, text in words.items() if bound in schema]
    return f" {' and '.join(found)}" if found else ""


def _table(rows: Iterator[Setting] | list[Setting], values: dict) -> str:
    lines = ["| key | in config.yaml | allowed | meaning |", "|:--|:--|:--|:--|"]
    for row in rows:
        cells = [f"`{row.key}`", _default(row.key, values), row.allowed, row.meaning]
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines)


def _default(key: str, values: dict) -> str:
    """The value config.yaml gives a key, as YAML on one line; a long text stays there."""
    try:
        value = reduce(lambda inner, part: inner[part], key.split("."), values)
    except (KeyError, TypeError):  # the key is not set, or the section is null
        return ""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=100_000)
    return f"`{text.removesuffix(END_OF_SCALAR).strip()}`" if len(text) < LONGEST_VALUE else "(see there)"


def main() -> None:
    (ROOT / "docs" / "configuration.md").write_text(configuration_page(), encoding="utf-8")
    readme, table = ROOT / "README.md", ROOT / "results" / "demo" / "tables" / "table2.md"
    if table.is_file():
        _replace(readme, TABLE_STARTS, TABLE_ENDS, table.read_text(encoding="utf-8"))
    picture = ROOT / "results" / "demo" / "figures" / "contact_sheet.png"
    if picture.is_file():
        shutil.copyfile(picture, ROOT / "docs" / "pictures" / picture.name)
    benchmarks = ROOT / "results" / "benchmarks.json"
    if benchmarks.is_file():
        text = benchmark_tables(json.loads(benchmarks.read_text(encoding="utf-8")))
        _replace(ROOT / "docs" / "performance.md", BENCHMARKS_START, BENCHMARKS_END, text)
    poses = ROOT / "results" / "benchmarks_poses.json"
    if poses.is_file():
        text = pose_tables(json.loads(poses.read_text(encoding="utf-8")))
        _replace(ROOT / "docs" / "performance.md", POSES_START, POSES_END, text)


def _replace(page: Path, starts: str, ends: str, text: str) -> None:
    page.write_text(between(page.read_text(encoding="utf-8"), starts, ends, text), encoding="utf-8")


if __name__ == "__main__":
    main()
