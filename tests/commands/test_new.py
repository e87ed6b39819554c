"""``gaitcore new``: every format is recognised, and the proposed experiment is one that the workflow accepts."""

from pathlib import Path

import pytest
import written_data
import yaml
from scratch_workflow import Workflow

from gaitcore.commands.line import main
from gaitcore.commands.proposal import propose
from gaitcore.modalities.recognition import recognise


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    return Workflow.new(tmp_path_factory.mktemp("new"))


@pytest.fixture
def at_home(workflow, monkeypatch):
    """The tests run in the folder of the workflow, where overlays are written."""
    monkeypatch.chdir(workflow.folder)
    return workflow


def write(workflow, name, write_data):
    folder = workflow.folder / "data" / "raw" / name
    folder.mkdir(parents=True)
    write_data(folder)
    return folder.relative_to(workflow.folder)


def new(name, folder, *options):
    return main(["new", name, "--from", str(folder), *options])


def overlay(name):
    return yaml.safe_load(Path(f"experiments/{name}.yaml").read_text())


SPLIT = {"4/2": {"train": "1-4", "test": "5-6"}}
FORMATS = ("gaitgraph_csv", "pose_table", "pickle_tree", "alphapose_json", "psymo_json", "openpose_json")
PICTURES = ("opengait_pickles", "casia_b_png", "psymo_png")


@pytest.mark.workflow
@pytest.mark.parametrize("name", [*FORMATS, *PICTURES])
def test_the_proposed_experiment_is_accepted_by_the_workflow(name, at_home, capsys):
    folder = write(at_home, name, getattr(written_data, name))
    assert new(name, folder, "--fps", "25") == 0
    said = capsys.readouterr().out
    assert f" as {name} (" in said
    assert "  people       6: 001, 002, 003, 004, 005, 006\n" in said
    assert "  conditions   2: nm, bg\n" in said
    assert "  walks        2: 01, 02\n" in said
    assert "  views        2: 000, 090\n" in said
    assert "  sequences    36\n" in said
    proposed = overlay(name)
    assert proposed["protocol"]["splits"] == SPLIT
    assert proposed["protocol"]["gallery"] == {"nm": [1]}
    assert proposed["protocol"]["probes"] == {"nm": [2], "bg": [1]}
    dry = at_home.snakemake("-n", "tables", experiment=name)
    assert dry.returncode == 0, dry.stdout
    assert "write_tables" in dry.stdout


def test_what_the_files_say_of_the_camera_is_taken_from_them(at_home):
    assert new("camera", write(at_home, "camera", written_data.pose_table)) == 0
    data = overlay("camera")["data"]
    assert (data["frame_width"], data["frame_height"], data["fps"]) == (640, 480, 30)


def test_what_the_files_do_not_say_is_guessed_or_left_to_be_filled_in_and_said(at_home, capsys):
    assert new("unsaid", write(at_home, "unsaid", written_data.gaitgraph_csv)) == 0
    text = Path("experiments/unsaid.yaml").read_text()
    assert "  frame_width: 320 # guessed: the smallest usual frame for joints at x up to 1" in text
    assert "  # fps: 25 # frames per second\n" in text
    said = capsys.readouterr().out
    assert "- data.frame_width and frame_height: 320 x 240 is the smallest usual frame" in said
    assert "- data.fps: config.yaml's 25 frames per second until you write yours.\n" in said


def test_the_command_line_fills_in_the_camera(at_home):
    folder = write(at_home, "told", written_data.gaitgraph_csv)
    assert new("told", folder, "--frame-size", "1920x1080", "--fps", "29.97") == 0
    data = overlay("told")["data"]
    assert (data["frame_width"], data["frame_height"], data["fps"]) == (1920, 1080, 29.97)


def test_folders_in_another_order_are_guessed(at_home, capsys):
    assert new("other", write(at_home, "other", written_data.other_tree)) == 0
    assert overlay("other")["data"]["tree"] == {"folders": "subject/sequence/view", "constant": {"condition": "nm"}}
    assert "  folders      subject/sequence/view (all: condition nm), guessed\n" in capsys.readouterr().out
    assert overlay("other")["protocol"]["gallery"] == {"nm": [1, 2]}


def test_shorter_walks_get_a_shorter_window(at_home):
    assert new("short", write(at_home, "short", written_data.openpose_json)) == 0
    proposed = overlay("short")
    assert proposed["network"] == {"frames": 11}
    assert proposed["protocol"]["min_frames"] == 12


def test_an_experiment_is_not_replaced_unasked(at_home, capsys):
    folder = write(at_home, "twice", written_data.alphapose_json)
    assert new("twice", folder) == 0
    assert new("twice", folder) == 1
    assert capsys.readouterr().err == (
        "experiments/twice.yaml: exists already; choose another name, or replace it with --force.\n"
    )
    assert new("twice", folder, "--force") == 0


def test_a_folder_without_data_is_one_sentence(at_home, tmp_path, capsys):
    (tmp_path / "poses.tar.xz").write_bytes(b"")
    assert new("nothing", tmp_path) == 1
    assert capsys.readouterr().err == (
        f"{tmp_path}: nothing that a reader takes (1 .tar.xz), expected poses, silhouettes or videos named as "
        "docs/data-formats.md shows; unpack archives first.\n"
    )
    assert not Path("experiments/nothing.yaml").exists()


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (
            "image_name;nose_x",
            "line 1: no column 'image_name' (nor 51 others); the nearest present is 'image_name;nose_x'; ",
        ),
        ("frame,person", "line 1: no column 'image_name' (nor 51 others); expected image_name and the x, y and conf"),
    ],
)
def test_a_file_that_its_reader_refuses_says_why(at_home, tmp_path, capsys, header, sentence):
    (tmp_path / "poses.csv").write_text(f"{header}\n1{';' if ';' in header else ','}2\n")
    assert new("refused", tmp_path) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{tmp_path}/poses.csv, {sentence}")
    assert said.count("\n") == 1
    assert not Path("experiments/refused.yaml").exists()


@pytest.mark.parametrize("words", [("--fps", "0"), ("--fps", "-3"), ("--fps", "fast"), ("--frame-size", "0x240")])
def test_a_camera_that_cannot_be_is_refused_before_anything_is_written(at_home, capsys, words):
    with pytest.raises(SystemExit) as ended:
        new("camera_refused", "data", *words)
    assert ended.value.code == 2
    assert f"argument {words[0]}: '{words[1]}' is not a " in capsys.readouterr().err


def test_another_folder_than_the_repositorys_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert new("mine", tmp_path) == 1
    assert capsys.readouterr().err == (
        f"{tmp_path}: no config.yaml in it; run the command in the repository's folder.\n"
    )


def test_too_few_people_leave_the_protocol_to_be_written(tmp_path):
    written_data.alphapose_json(tmp_path)
    for path in tmp_path.glob("00[4-6]-*"):
        path.unlink()
    proposal = propose("few", recognise(tmp_path)[0])
    assert not proposal.complete
    assert proposal.unknown[-1] == "protocol: the data have 3 people, expected 4 or more."
    text = proposal.files[Path("experiments/few.yaml")]
    protocol = yaml.safe_load(text)["protocol"]
    assert {key: protocol[key] for key in ("split", "splits")} == {"split": "???", "splits": "???"}
    assert (protocol["gallery"], protocol["probes"]) == ({"nm": [1]}, {"nm": [2], "bg": [1]})
    assert "protocol: # the data have 3 people, expected 4 or more\n" in text


def test_one_walk_of_each_person_leaves_gallery_and_probes_to_be_written(tmp_path):
    written_data.alphapose_json(tmp_path)
    for path in tmp_path.glob("*"):
        if not path.name.startswith(tuple(f"{subject:03d}-nm-01-" for subject in range(1, 7))):
            path.unlink()
    proposal = propose("once", recognise(tmp_path)[0])
    assert not proposal.complete
    assert proposal.unknown[-1] == (
        "protocol: the data have one walk of each person, so that there is nothing to find it by."
    )
    protocol = yaml.safe_load(proposal.files[Path("experiments/once.yaml")])["protocol"]
    assert protocol["splits"] == SPLIT
    assert (protocol["gallery"], protocol["probes"]) == ("???", "???")


def test_what_is_to_be_filled_in_is_named_until_it_is(at_home, capsys):
    source = at_home.folder / write(at_home, "two", written_data.alphapose_json)
    for path in source.glob("00[3-6]-*"):
        path.unlink()
    assert new("two", source) == 1
    assert capsys.readouterr().err == (
        "experiments/two.yaml is not complete: fill in what is missing; gaitcore check two names it.\n"
    )
    path = Path("experiments/two.yaml")
    line = path.read_text().splitlines().index("  split: ??? # a name, e.g. mine") + 1
    for command in (["check", "two"], ["check", "experiments/two.yaml"]):
        assert main(command) == 1
        assert capsys.readouterr().err == (
            f"{path}, line {line}: protocol.split and protocol.splits are still ???; write values there, as the "
            "comments in their lines say.\n"
        )
    path.write_text(path.read_text().replace("split: ???", "split: mine"))
    assert main(["check", "two"]) == 1
    assert capsys.readouterr().err == (
        f"{path}, line {line + 1}: protocol.splits is still ???; write values there, as the comments in its line say.\n"
    )


@pytest.mark.video
def test_videos_give_their_camera_and_an_experiment(at_home, capsys):
    pytest.importorskip("av", reason="needs the packages of make video")
    pytest.importorskip("mediapipe", reason="needs the packages of make video")
    from drawn_video import write_walk

    folder = at_home.folder / "data/raw/filmed"
    for subject in range(1, 5):
        for sequence in (1, 2):
            for view in (0, 90):
                write_walk(folder, subject, "nm", sequence, view, frames=20)
    assert new("filmed", "data/raw/filmed") == 0
    said = capsys.readouterr().out
    assert "data/raw/filmed as video (keypoints)" in said
    assert "  frame size   320 x 240 pixels\n  rate         25 frames per second\n" in said
    assert overlay("filmed")["protocol"]["splits"] == {"2/2": {"train": "1-2", "test": "3-4"}}
    dry = at_home.snakemake("-n", "tables", experiment="filmed")
    assert dry.returncode == 0, dry.stdout
    assert "extract_poses" in dry.stdout


@pytest.mark.video
def test_videos_that_name_nobody_get_a_list_to_fill_in(at_home, capsys):
    pytest.importorskip("av", reason="needs the packages of make video")
    from drawn_video import draw, walked, write_video

    for name in ("holiday.avi", "party.avi"):
        write_video(Path("data/raw/unnamed") / name, [draw(one) for one in walked(1, "nm", 1, 90)[:5]])
    assert new("unnamed", "data/raw/unnamed") == 1
    assert Path("experiments/unnamed_videos.csv").read_text() == (
        "video,subject,condition,sequence,view\nholiday.avi,,,,\nparty.avi,,,,\n"
    )
    said = capsys.readouterr()
    assert "- experiments/unnamed_videos.csv: who walks in which video: 2 of 2 videos name nobody; fill in" in said.out
    assert said.err == (
        "experiments/unnamed.yaml is not complete: fill in what is missing; gaitcore check unnamed names it.\n"
    )
