"""From a number in a table down to the files behind it, and a results folder held against its manifest."""

import hashlib
import json
import re
import shutil
import subprocess
import sys

import pytest

from gaitcore.__main__ import main
from gaitcore.audit.manifest import _sealed, check_manifest, read_manifest

pytestmark = pytest.mark.workflow

TABLE = "results/tiny/tables/table2.csv"


def ask(workflow, *arguments):
    """Run ``python -m gaitcore`` in the workflow's folder: exit status, and all it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "gaitcore", *arguments],
        **workflow.place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def flipped(finished):
    """Flip one bit of a file's byte; the file is restored after the test."""
    originals = {}

    def flip(path, place):
        content = bytearray(originals.setdefault(path, path.read_bytes()))
        content[place] ^= 1
        path.write_bytes(content)

    yield flip
    for path, content in originals.items():
        path.write_bytes(content)


def digests_by_path(told):
    """The files that a trace lists; those of a run stand below its folder."""
    found, folder = {}, ""
    for line in told.splitlines():
        folder = line.rpartition(" ")[2] if line.endswith("/") else folder if line.startswith(" ") else ""
        if listed := re.match(r"  (\S+) +([0-9a-f]{64})  ", line):
            found[f"{folder}{listed[1]}"] = listed[2]
    return found


def test_a_cell_of_table_2_is_followed_to_files_whose_digests_are_computed_again(finished):
    status, told = ask(finished, "trace", TABLE, "GaitMixer", "NM", "--full-digests")
    assert status == 0, told
    files = digests_by_path(told)
    run = "results/tiny/gaitmixer/seed-{}/{}"
    names = ("run.json", "metrics.json", "subjects.csv", "embeddings.parquet", "weights.safetensors", "training.csv")
    expected = {run.format(seed, name) for seed in (0, 1) for name in names}
    expected |= {TABLE, "data/raw/tiny/poses.csv"}
    expected |= {f"results/tiny/{name}" for name in ("summary.csv", "poses.parquet", "split.csv")}
    assert set(files) == expected
    assert files == {name: sha256(finished.folder / name) for name in files}

    records = [json.loads(finished.results(f"gaitmixer/seed-{seed}/run.json").read_text()) for seed in (0, 1)]
    for record in records:
        assert record["inputs"]["poses.parquet"] == files["results/tiny/poses.parquet"]
        for fact in (record["code_digest"], record["machine"]["platform"], record["source_digest"]):
            assert fact in told
    accuracies = [float(number) for number in re.findall(r"^seed \d: rank-1 ([\d.]+) %, ", told, re.MULTILINE)]
    assert f"rank-1 {sum(accuracies) / 2:.1f} ± " in told
    assert f"{sum(accuracies) / 2:.1f} ±" in finished.results("tables/table2.md").read_text()
    assert told.endswith("Every digest is as recorded, and the runs give the number in the table.\n")


@pytest.mark.parametrize(("column", "block"), [("90°", "NM"), ("mean", "CL#1-2")])
def test_a_cell_of_table_1_is_named_by_its_block_too(finished, column, block):
    status, told = ask(finished, "trace", "results/tiny/tables/table1.md", "gaitformer", column, "--block", block)
    assert status == 0, told
    status, told = ask(finished, "trace", "results/tiny/tables/table1.md", "gaitformer", column)
    assert (status, told) == (
        1,
        'results/tiny/tables/table1.csv: "gaitformer" is in 3 blocks; choose one with --block: '
        "NM#5-6, BG#1-2, CL#1-2\n",
    )


def test_a_flipped_byte_behind_the_number_is_named(finished, flipped):
    flipped(finished.results("gaitmixer/seed-1/weights.safetensors"), -1)
    status, told = ask(finished, "trace", TABLE, "GaitMixer", "NM")
    assert status == 1
    assert told.splitlines()[-1].startswith(
        "NOT traced: results/tiny/gaitmixer/seed-1/weights.safetensors is not the file that manifest.json, "
        "metrics.json, run.json and the receipt of evaluate record ("
    )
    assert ask(finished, "trace", TABLE, "GaitFormer", "NM")[0] == 0


@pytest.mark.parametrize(
    ("row", "column", "sentence"),
    [
        ("GaitMixr", "NM", f'{TABLE}: there is no row "GaitMixr"; did you mean "GaitMixer"?\n'),
        ("GaitMixer", "XX", f'{TABLE}: "GaitMixer" has no column "XX"; expected one of: bg, cl, mean, nm.\n'),
    ],
)
def test_a_cell_that_is_not_there_ends_in_one_sentence(finished, row, column, sentence):
    assert ask(finished, "trace", TABLE, row, column) == (1, sentence)


def test_a_number_that_the_runs_do_not_give_is_found(finished, edited):
    cells = finished.results("tables/table2.csv").read_text()
    number = re.search(r"GaitMixer,skeleton,measured,nm,([\d.]+)", cells)[1]
    edited(TABLE, lambda text: text.replace(number, "99.9"))
    status, told = ask(finished, "trace", TABLE, "GaitMixer", "NM")
    assert status == 1
    assert f"NOT traced: the table has 99.9 %, but the runs give {float(number):.4f} %." in told


def test_the_manifest_lists_every_file_and_what_made_it(original):
    folder = original / "results" / "tiny"
    manifest = read_manifest(folder)
    of_a_run = ("weights.safetensors", "training.csv", "run.json", "embeddings.parquet", "metrics.json", "subjects.csv")
    tables = {f"tables/{table}.{suffix}" for table in ("table1", "table2") for suffix in ("tex", "csv", "md", "html")}
    runs = [f"{system}/seed-{n}" for system in ("gaitformer", "gaitmixer") for n in (0, 1)]
    jobs = ["walkers", "poses", "splits", "summary", "tables", "reproduction"]
    jobs += [f"{run}/{job}" for run in runs for job in ("train", "evaluate")]
    records = (("logs", "log"), ("benchmarks", "tsv"), ("receipts", "json"))
    assert set(manifest.artefacts) == {
        *("poses.parquet", "poses_report.csv", "split.csv", "summary.csv", "rank1.json"),
        *(f"{run}/{file}" for run in runs for file in of_a_run),
        *tables,
        *("tables/summary.md", "reproduction.md", "reproduction.html"),
        *(f"{kind}/{job}.{suffix}" for kind, suffix in records for job in jobs),
    }
    metrics = manifest.artefacts["gaitmixer/seed-1/metrics.json"]
    inputs = ("poses.parquet", "split.csv", "gaitmixer/seed-1/weights.safetensors")
    assert (metrics.made_by, metrics.made_from) == ("evaluate", inputs)
    source = "data/raw/tiny/poses.csv"
    assert manifest.artefacts["poses.parquet"].made_from == (source,)
    assert manifest.sources == {source: sha256(original / source)}


def test_one_flipped_byte_in_any_artefact_is_found_and_named(finished, flipped):
    folder = finished.results("")
    names = sorted(name for name in read_manifest(folder).artefacts if (folder / name).stat().st_size)
    for name in names:
        original = (folder / name).read_bytes()
        flipped(folder / name, len(original) // 2)
        assert check_manifest(folder).changed == (name,)
        (folder / name).write_bytes(original)
    assert check_manifest(folder).passes


def test_the_check_names_what_is_changed_missing_and_not_listed(finished, flipped):
    assert ask(finished, "check-manifest", "results/tiny")[0] == 0
    flipped(finished.results("split.csv"), 100)
    stray, away = finished.results("stray.txt"), finished.results("gaitmixer/seed-0/subjects.csv")
    kept = away.read_bytes()
    stray.touch()
    away.unlink()
    try:
        total = len(read_manifest(finished.results("")).artefacts)
        status, told = ask(finished, "check-manifest", "results/tiny")
        changed, missing, *unlisted, last, _ = told.splitlines()
        assert (status, changed, missing) == (1, "changed: split.csv", "missing: gaitmixer/seed-0/subjects.csv")
        assert unlisted == ["unlisted: stray.txt"]
        assert last == f"results/tiny: {total - 2} of {total} artefacts are as listed."
    finally:
        stray.unlink()
        away.write_bytes(kept)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.999])
def test_one_flipped_byte_in_the_manifest_itself_is_found(finished, flipped, share):
    manifest = finished.results("manifest.json")
    flipped(manifest, int(share * manifest.stat().st_size))
    status, told = ask(finished, "check-manifest", "results/tiny")
    assert status == 1
    assert told.startswith("results/tiny/manifest.json: ")


@pytest.fixture
def damaged(finished, tmp_path, monkeypatch):
    """A copy of the results in the current folder, to be damaged, and the command line in it."""
    shutil.copytree(finished.folder / "results", tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results" / "tiny"


def traced(capsys, *arguments):
    status = main(["trace", *arguments])
    said = capsys.readouterr()
    return status, said.out + said.err


@pytest.mark.parametrize("table", [".", "", "/", "a\0b"])
def test_what_is_no_table_ends_in_one_sentence(damaged, capsys, table):
    assert traced(capsys, table, "GaitMixer", "NM") == (
        1,
        f"{table!r}: not a table, expected e.g. results/demo/tables/table2.csv.\n",
    )


def resealed(folder, change):
    """The manifest with other content and a digest that fits it."""
    content = json.loads((folder / "manifest.json").read_text())
    del content["digest"]
    change(content)
    (folder / "manifest.json").write_text(_sealed(content))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda content: content["configuration"].update(nonsense=1),
            "configuration has the unknown section 'nonsense'; run the workflow again.",
        ),
        (
            lambda content: content["configuration"].pop("seeds"),
            "the key configuration.seeds is missing; delete it and run again.",
        ),
        (
            lambda content: content["configuration"].update(seeds=["a"]),
            'configuration.seeds.0 is "a", expected a valid integer; delete it and run again.',
        ),
        (
            lambda content: content.update(configuration=None),
            "configuration is null, expected an object; delete it and run again.",
        ),
        (
            lambda content: content.update(titles={}),
            'no system has the title "GaitMixer"; run the workflow again.',
        ),
        (
            lambda content: content["artefacts"].pop("gaitmixer/seed-0/run.json"),
            "does not list gaitmixer/seed-0/run.json, so the number cannot be traced; run the workflow again.",
        ),
    ],
)
def test_a_manifest_without_what_a_trace_needs_ends_in_one_sentence(damaged, capsys, change, sentence):
    resealed(damaged, change)
    assert traced(capsys, TABLE, "GaitMixer", "NM") == (1, f"results/tiny/manifest.json: {sentence}\n")


def without_key(key):
    def change(text):
        content = json.loads(text)
        del content[key]
        return json.dumps(content)

    return change


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("tables/table2.csv", lambda _: "\0\1", ": cut off in line 1; delete it and run again."),
        ("tables/table2.csv", lambda _: "", ": empty, expected CSV with a header; delete it and run again."),
        (
            "tables/table2.csv",
            lambda text: re.sub(r"nm,[\d.]+", "nm,abc", text),
            'abc" in column rank1_percent, expected a',
        ),
        ("summary.csv", lambda _: "", ": empty, expected CSV with a header; delete it and run again."),
        (
            "summary.csv",
            lambda text: re.sub(r"gaitmixer,nm,mean,rank1,.*\n", "", text),
            ": has no row of rank1 for gaitmixer, nm, mean; delete it and run again.",
        ),
        ("gaitmixer/seed-0/run.json", without_key("outputs"), ": the key outputs is missing; delete it and run again."),
        ("gaitmixer/seed-0/run.json", without_key("machine"), ": the key machine is missing; delete it and run again."),
        (
            "gaitmixer/seed-0/run.json",
            lambda text: text[:500],
            ": damaged or cut off, expected JSON; delete it and run",
        ),
        ("gaitmixer/seed-0/metrics.json", lambda _: "[]", ": the content is a list, expected an object; delete it and"),
    ],
)
def test_a_damaged_file_on_the_way_ends_in_one_sentence(damaged, capsys, name, change, sentence):
    path = damaged / name
    path.write_text(change(path.read_text()))
    status, said = traced(capsys, TABLE, "GaitMixer", "NM")
    assert (status, said.count("\n")) == (1, 1)
    assert said.startswith(f"results/tiny/{name}")
    assert sentence in re.sub(r", line \d+", "", said)


def test_the_report_is_one_file_with_captions_and_categories_and_needs_no_network(finished):
    done = finished.snakemake("--report", "report.html", "--", "tables")
    assert done.returncode == 0, done.stdout
    report = (finished.folder / "report.html").read_text()
    for text in ("Table 2: per condition", "Published against measured", "Reproduction", "What was dropped from the"):
        assert text in report
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']?https?:", report) == []


def test_the_reproduction_report_of_another_data_set_compares_with_nothing(finished):
    page = finished.results("reproduction.md").read_text()
    assert "This experiment shows no published rows, since nothing was published for its data and protocol." in page
    assert "| training.epochs " in page
    assert "| Exact number of training and evaluation runs " in page
