"""The documentation is true of the code: generated pages are fresh, links lead somewhere, examples run."""

import re
import subprocess
import sys

import generate
import numpy as np
import pytest
import torch
from places import REPOSITORY

from gaitcore import merging
from gaitcore.artefacts.split import write_split
from gaitcore.errors import ConfigError, ProtocolError
from gaitcore.evaluation.summary import summarise_runs
from gaitcore.execution.whole_step import too_large
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.modalities.keypoints.video import estimators
from gaitcore.protocols.cross_view import assign_roles
from gaitcore.settings.files import load_config
from gaitcore.settings.statistics import Statistics

FOLDERS = ("config", "data/raw", "results")
PAGES = [*sorted(REPOSITORY.glob("*.md")), *(REPOSITORY / folder / "README.md" for folder in FOLDERS)]
PAGES += sorted((REPOSITORY / "docs").glob("*.md"))

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def named(page):
    return page.relative_to(REPOSITORY).as_posix()


def blocks(page, language):
    """The fenced blocks of a language in a page."""
    return [text for found, text in FENCE.findall(page.read_text(encoding="utf-8")) if found == language]


OVERLAYS = {
    re.match(r"# experiments/(\w+)\.yaml\n", text)[1]: text
    for page in PAGES
    for text in blocks(page, "yaml")
    if text.startswith("# experiments/")
}


def anchors(page):
    """The headings of a page as the hosts of Markdown make anchors of them."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_configuration_reference_is_what_the_generator_gives_now():
    page = REPOSITORY / "docs" / "configuration.md"
    assert page.read_text(encoding="utf-8") == generate.configuration_page(), "run: make docs"


def test_the_sizes_of_the_networks_are_what_the_generator_counts_now():
    page = (REPOSITORY / "docs" / "systems.md").read_text(encoding="utf-8")
    table = generate.sizes_table()
    assert page == generate.between(page, generate.SIZES_START, generate.SIZES_END, table), "run: make docs"
    assert "| GaitTR | 512,010 | 484 | 128 |" in table
    assert "| GPGait | 3,294,874 | 2,023 | 19 x 256 |" in table


def test_a_setting_is_described_with_its_value_and_what_is_allowed():
    lines = generate.configuration_page().splitlines()
    assert "| `training.learning_rate` | `0.006` | number above 0 and at most 100 | peak of the schedule |" in lines
    kinds = "`balanced` or `shuffled` or `drawn`"
    assert f"| `training.batch.kind` | `balanced` | {kinds} | one of the kinds below |" in lines
    size = "shuffled: sequences in a batch; the last one of an epoch may have fewer"
    assert f"| `training.batch.size` |  | whole number from 1 to 1000000 | {size} |" in lines
    assert (
        "| `systems.gaitmixer.network.padding` | `past` | `past` or `both` | "
        '"past" (published code) or "both" (centred) |'
    ) in lines


def test_the_demos_table_goes_between_its_markers():
    starts, ends = generate.TABLE_STARTS, generate.TABLE_ENDS
    once = generate.between(f"before\n{starts}\n{ends}\nafter\n", starts, ends, "| new |\n")
    assert once == f"before\n{starts}\n\n| new |\n\n{ends}\nafter\n"
    assert generate.between(once, starts, ends, "| new |\n") == once


def test_the_readme_has_a_place_for_the_demos_table():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert (readme.count(generate.TABLE_STARTS), readme.count(generate.TABLE_ENDS)) == (1, 1)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_to_a_file_and_heading_that_exist(page):
    broken = []
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text(encoding="utf-8")):
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(f"{target}#{anchor}")
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_experiment_that_is_named_exists_or_is_an_example(page):
    mentioned = set(re.findall(r"--config experiment=([a-z]\w*)", page.read_text(encoding="utf-8")))
    existing = {path.stem for path in (REPOSITORY / "experiments").glob("*.yaml")}
    existing |= set(re.findall(r"^cat > experiments/(\w+)\.yaml <<", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert mentioned - existing - set(OVERLAYS) == set()


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_example_overlay_is_a_valid_experiment(name, tmp_path):
    (tmp_path / "config.yaml").write_bytes((REPOSITORY / "config.yaml").read_bytes())
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / f"{name}.yaml").write_text(OVERLAYS[name], encoding="utf-8")
    assert load_config(tmp_path / "config.yaml", {"experiment": name}).experiment == name


def settled_walkers():
    """Four subjects whose every walk looks the same from everywhere: each test probe finds its subject."""
    generator = np.random.default_rng(1)
    walks = [("nm", 1), ("nm", 5), ("bg", 1), ("cl", 1)]
    poses = {}
    for subject in ("001", "002", "075", "076"):
        keypoints = generator.uniform(0, 240, (64, 17, 3)) / (1, 1, 240)
        for condition, sequence in walks:
            for view in (0, 90):
                poses[SequenceKey(subject, condition, sequence, view)] = (np.arange(64), keypoints)
    return table_of_sequences(poses, PoseInfo("CASIA-B", 320, 240, 25.0))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A folder as the Python example of released weights finds it, after the example has been run there."""
    folder = tmp_path_factory.mktemp("scratch")
    results = folder / "results" / "casia_b"
    results.mkdir(parents=True)
    (folder / "experiments").mkdir()
    for name in ("config.yaml", "experiments/casia_b.yaml"):
        (folder / name).write_bytes((REPOSITORY / name).read_bytes())
    table = settled_walkers()
    table.write(results / "poses.parquet")
    protocol = load_config(folder / "config.yaml", {"experiment": "casia_b"}).protocol
    write_split(assign_roles(table.sequences, protocol), results / "split.csv")
    golden = np.load(REPOSITORY / "tests" / "golden" / "gaitmixer_random_weights.npz")
    weights = {name[3:]: torch.from_numpy(golden[name]) for name in golden.files if name.startswith("w::")}
    torch.save(weights, folder / "GaitMixer.pt")
    examples = blocks(REPOSITORY / "docs" / "systems.md", "python")
    (example,) = (example for example in examples if "evaluate_run(" in example)
    done = subprocess.run([sys.executable, "-c", example], cwd=folder, capture_output=True, text=True, check=False)
    return folder, done


@pytest.mark.slow
def test_the_example_of_released_weights_evaluates_them(scratch):
    _, done = scratch
    assert done.returncode == 0, done.stderr
    assert done.stdout == "{'bg': 1.0, 'cl': 1.0, 'nm': 1.0}\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["data-formats.md", "results.md"])
def test_every_python_example_runs(name, scratch, monkeypatch, capsys):
    folder, _ = scratch
    results = folder / "results" / "casia_b"
    subjects = results / "gaitmixer" / "published" / "subjects.csv"
    summarise_runs(
        [(("gaitmixer", 0), subjects)], Statistics(confidence=0.95, resamples=50, seed=0), results / "summary.csv"
    )
    monkeypatch.chdir(folder)
    for example in blocks(REPOSITORY / "docs" / name, "python"):
        exec(compile(example, name, "exec"), {})
    expected = {"data-formats.md": "CASIA-B 32 sequences, 2048 frames", "results.md": "gaitmixer  1.0  1.0   1.0  1.0"}
    assert expected[name] in capsys.readouterr().out


def test_the_configuration_page_names_each_mapping_that_an_overlay_replaces():
    (sentence,) = re.findall(r"So are\n(.*?)\. The others", generate.INTRODUCTION, re.DOTALL)
    assert {name.split(".")[-1] for name in re.findall(r"`([\w.]+)`", sentence)} == set(merging._REPLACED)


def test_no_part_of_our_own_beside_a_library_has_more_lines_than_the_page_says():
    page = REPOSITORY / "docs" / "decisions.md"
    text = page.read_text(encoding="utf-8")
    most = int(re.search(r"has more than (\d+) lines", text)[1])
    files = {page.parent / name for name in re.findall(r"\]\((\.\./gaitcore/[\w/]+\.py)\)", text)}
    assert len(files) > 10
    assert {file.name for file in files if len(file.read_text(encoding="utf-8").splitlines()) > most} == set()


def test_the_questions_quote_the_messages_of_the_program(monkeypatch):
    page = (REPOSITORY / "docs" / "faq.md").read_text(encoding="utf-8")
    assert f"`{too_large(296, 120)}`" in page
    monkeypatch.setattr(estimators, "find_spec", lambda package: None)  # no package is installed
    config = load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b_video"})
    with pytest.raises(ConfigError) as raised:
        estimators.check_installed(config.data.video)
    assert f"`{raised.value}`" in page
    walks = settled_walkers().sequences
    with pytest.raises(ProtocolError) as raised:
        assign_roles(walks, config.protocol.model_copy(update={"min_frames": 500}))
    pattern = re.escape(str(raised.value)).replace("All\\ 32", r"All\ \d+").replace("has\\ 64", r"has\ \d+")
    assert re.search(pattern, page)


def test_the_table_of_inputs_tried_ends_with_the_sum_of_all_doors():
    doors = [
        {"door": "trace", "tried": 3, "refused": 3, "accepted": 0, "failures": 0, "slowest": 0.01},
        {"door": "dvc.yaml", "tried": 4, "refused": 2, "accepted": 1, "failures": 1, "slowest": 1.5},
    ]
    lines = generate.fuzz_table({"seed": 7, "doors": doors}).splitlines()
    assert lines[0].startswith("Seed 7. ")
    assert lines[-3:] == [
        "| trace | 3 | 3 | 0 | 0 | 0.01 |",
        "| dvc.yaml | 4 | 2 | 1 | 1 | 1.50 |",
        "| all | 7 | 5 | 1 | 1 | 1.50 |",
    ]


def test_the_table_of_kills_counts_files_and_bytes():
    survival = {"seed": 7, "kills": 20, "resumed": 2, "files": 22, "size": 123_456, "different": [], "orphans": 0}
    lines = generate.kills_table(survival).splitlines()
    assert "| kills survived | 20 |" in lines
    assert "| bytes compared | 123,456 |" in lines
    assert "| files with other bytes | 0 |" in lines
