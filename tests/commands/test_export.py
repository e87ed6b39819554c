"""``gaitcore export``: file and card say what the run is, and the card's own code gives the run's embeddings."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import gaitcore
from gaitcore.artefacts.embeddings import read_embeddings
from gaitcore.commands.line import main
from gaitcore.digests import file_digest
from gaitcore.exporting import agreement, onnx_file
from gaitcore.keys import sequence_names
from gaitcore.modalities.keypoints.table import PoseTable

RUN = "results/small/gaitmixer/seed-0"


def export(capsys, *words, run=RUN):
    status = main(["export", run, *map(str, words)])
    return status, capsys.readouterr()


@pytest.fixture(scope="module")
def exported(two_experiments, tmp_path_factory):
    """The ONNX file and the card of the small experiment's run."""
    for package in onnx_file.PACKAGES:
        pytest.importorskip(package, reason="exporting needs more packages: make onnx")
    folder = tmp_path_factory.mktemp("exported")
    assert main(["export", str(two_experiments / RUN), "--onnx", str(folder)]) == 0
    return folder / "gaitmixer-seed-0.onnx", folder / "gaitmixer-seed-0.md"


@pytest.fixture
def copied(two_experiments, tmp_path, monkeypatch):
    """A copy of the results that may be changed, as the working folder."""
    shutil.copytree(two_experiments / "results/small", tmp_path / "results/small")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_file_names_its_run(exported, two_experiments):
    import onnx

    model = onnx.load(exported[0])
    assert {one.key: one.value for one in model.metadata_props} == {
        "gaitcore.experiment": "small",
        "gaitcore.network": "gaitmixer",
        "gaitcore.seed": "0",
        "gaitcore.system": "gaitmixer",
        "gaitcore.version": gaitcore.__version__,
        "gaitcore.weights_sha256": file_digest(two_experiments / RUN / "weights.safetensors"),
    }
    assert [value.name for value in model.graph.input] == ["keypoints"]
    assert [value.name for value in model.graph.output] == ["embedding"]


@pytest.mark.slow
def test_a_second_export_has_the_same_bytes(exported, at_two_experiments, tmp_path, capsys):
    status, said = export(capsys, "--onnx", tmp_path / "again.onnx", "--card", tmp_path / "card.md")
    assert status == 0
    first, second = said.out.splitlines()
    assert re.fullmatch(
        r"onnxruntime \S+ against PyTorch \S+ on 8 test sequences: the largest distance between the two embeddings of "
        r"a sequence is \S+, \S+ of the embeddings' spread \S+ \(tolerance 0.001\)\.",
        first,
    )
    assert second == f"{tmp_path / 'again.onnx'} and {tmp_path / 'card.md'}: written."
    assert (tmp_path / "again.onnx").read_bytes() == exported[0].read_bytes()


@pytest.mark.slow
def test_the_code_of_the_card_gives_the_runs_embeddings(exported, two_experiments, monkeypatch):
    code = re.search("```python\n(.*?)```", exported[1].read_text(), re.DOTALL)[1]
    assert code.count("\n") <= 10
    table = PoseTable.read(two_experiments / "results/small/poses.parquet")
    embeddings, keys = read_embeddings(two_experiments / RUN / "embeddings.parquet")
    names, all_names = sequence_names(keys), sequence_names(table.sequences)
    monkeypatch.chdir(exported[0].parent)
    for name in names[:3]:
        place = all_names.index(name)
        np.save("walk.npy", table.keypoints[table.offsets[place] : table.offsets[place + 1]])
        found = {}
        exec(code, found)
        np.testing.assert_allclose(found["embedding"], embeddings[names.index(name)], atol=2e-6)


@pytest.mark.slow
def test_the_card_is_filled_in_from_the_files_of_the_run(exported, two_experiments):
    card = exported[1].read_text()
    assert card.startswith("---\nlibrary_name: onnx\npipeline_tag: feature-extraction\nlicense: unknown\n")
    sections = dict(re.findall(r"^#+ (.*)\n\n((?:(?!^#).*\n?)*)", card, re.MULTILINE))
    assert list(sections) == [
        *("GaitMixer, seed 0, of the experiment small", "Input and output", "How to use it", "Data", "Protocol"),
        *("Results", "Training", "Limits", "Provenance"),
    ]
    assert sections["Input and output"] == (
        "|  | name | shape | type |\n| --- | --- | --- | --- |\n"
        "| input | `keypoints` | (batch, 10, 17, 3) | float32 |\n"
        "| output | `embedding` | (batch, 8) | float32 |\n\n"
        "- 17 joints in COCO's order; of each, three numbers: x and y in pixels (x to the right, y downwards) of a "
        "frame 320\n  pixels wide, the confidence from 0 to 1. Multiply x and y of a frame of another width by 320 / "
        "its width.\n"
        "- In the graph: the input transform `channels` of the run (x, y; frame_width).\n"
        "- The input is windows of 10 consecutive frames. Left to the user: to cut the window from the middle of the "
        "walk. A walk\n  shorter than 10 frames is not used: the evaluation excludes it.\n"
        "- Distance of two embeddings: 1 - the cosine.\n\n"
    )
    metrics = json.loads((two_experiments / RUN / "metrics.json").read_text())
    rank1, rank5, precision = (f"{100 * metrics['means'][name]['nm']:.1f}" for name in ("rank1", "rank5", "mAP"))
    assert f"| nm | {rank1} | {rank5} | {precision} |\n" in sections["Results"]
    assert "Rank-1 by guessing: 50.0 %." in sections["Results"]
    assert "bootstrap interval over subjects alone:" in sections["Results"]
    assert re.search(rf"\| gaitmixer \| {rank1} \[[\d., ]+\] \| {rank1} \[[\d., ]+\] \|", sections["Results"])
    assert sections["Data"] == (
        "|  |  |\n| --- | --- |\n| data set | small |\n| poses by | drawn |\n| camera's frame | 320 x 240 pixels |\n"
        "| frames per second | 25 |\n| training subjects | 2 |\n| training sequences | 8 |\n\n"
    )
    assert "- Gallery: nm-01.\n- Probes: nm-02.\n" in sections["Protocol"]
    assert "2 training and 2 test subjects, nobody is both; 8 test sequences." in sections["Protocol"]
    assert "- The views of its data: 000, 090.\n" in sections["Limits"]
    assert "Collapsed" not in card
    assert f"| {exported[0].name} | `{file_digest(exported[0])}` |\n" in sections["Provenance"]
    weights = file_digest(two_experiments / RUN / "weights.safetensors")
    assert f"| weights.safetensors | `{weights}` |\n" in sections["Provenance"]


@pytest.mark.slow
def test_without_data_made_up_sequences_are_compared_and_marks_are_told(copied, exported, capsys):
    for name in ("poses.parquet", "split.csv", "summary.csv", "manifest.json"):
        Path("results/small", name).unlink()
    edit_record(collapsed=True)
    status, said = export(capsys, "--onnx", "one.onnx")
    assert status == 0
    assert " on 8 made-up sequences: " in said.out
    card = Path("one.md").read_text()
    assert "of a frame 320\n  pixels wide" in card
    assert "No summary.csv of the experiment is there, so intervals are unknown." in card
    assert card.count("**Collapsed:** at the end of training all embeddings were nearly one point.") == 2
    assert Path("one.onnx").read_bytes() == exported[0].read_bytes()


@pytest.mark.slow
def test_a_file_that_differs_from_pytorch_is_not_written(copied, exported, capsys, monkeypatch):
    monkeypatch.setattr(agreement, "TOLERANCE", 0.0)
    Path("one.onnx").write_text("an earlier file")
    status, said = export(capsys, "--onnx", "one.onnx")
    assert status == 1
    assert said.err.startswith("one.onnx: not written, since the exported GaitMixer differs from PyTorch by ")
    assert said.err.count("\n") == 1
    assert Path("one.onnx").read_text() == "an earlier file"
    assert sorted(path.name for path in copied.iterdir()) == ["one.onnx", "results"]


def edit_record(**changes):
    path = Path(RUN, "run.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_system_without_learning_has_nothing_to_export(copied, exported, capsys):
    edit_record(parameters=0)
    status, said = export(capsys, "--onnx", "one.onnx")
    assert status == 1
    assert said.err == (
        f"{RUN}: GaitMixer is a system without learning and has nothing to export, expected one with weights.\n"
    )


def test_missing_packages_are_named_with_the_command(at_two_experiments, capsys, monkeypatch):
    monkeypatch.setattr(onnx_file, "PACKAGES", ("numpy", "no_such_package"))
    status, said = export(capsys, "--onnx", "one.onnx")
    assert status == 1
    assert said.err == (
        "Export to ONNX needs packages that are not installed: no_such_package. Install them with: make onnx\n"
    )


def test_data_that_changed_after_the_evaluation_are_refused(copied, exported, capsys):
    with Path("results/small/split.csv").open("a") as file:
        file.write("\n")
    status, said = export(capsys, "--onnx", "one.onnx")
    assert status == 1
    assert said.err.startswith(f"{copied / 'results/small/split.csv'}: changed after the evaluation, its SHA-256 is ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--onnx", "one.pt"], "one.pt: not the name of a file *.onnx, expected one like one.onnx (--onnx).\n"),
        (
            ["--onnx", "one.onnx", "--card", "card.html"],
            "card.html: not the name of a file *.md, expected one like card.md (--card).\n",
        ),
        (["--onnx", "none/one.onnx"], "none: no such folder; make it, or name a file elsewhere (--onnx).\n"),
    ],
)
def test_names_of_files_that_cannot_be_are_refused(at_two_experiments, capsys, words, message):
    assert export(capsys, *words) == (1, ("", message))


def test_a_folder_without_a_run_is_refused(at_two_experiments, capsys):
    status, said = export(capsys, "--onnx", "one.onnx", run="results/small")
    assert status == 1
    assert said.err.startswith("results/small: no run.json and metrics.json beside the weights, expected the folder")
