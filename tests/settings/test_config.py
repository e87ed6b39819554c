"""The configuration: merged in order, refused with one sentence that names file, key, found and expected."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from places import REPOSITORY
from pydantic import ValidationError

from gaitcore.errors import ConfigError
from gaitcore.protocols.roles import split_in_use
from gaitcore.settings.files import load_config
from gaitcore.settings.protocol import Protocol, Split
from gaitcore.settings.training import Training
from gaitcore.systems import system_settings
from gaitcore.training.optimisation import phases


@pytest.fixture
def base(tmp_path, monkeypatch):
    """The real config.yaml and experiments in a scratch folder, which is the working directory."""
    shutil.copy(REPOSITORY / "config.yaml", tmp_path)
    shutil.copytree(REPOSITORY / "experiments", tmp_path / "experiments")
    monkeypatch.chdir(tmp_path)
    return Path("config.yaml")


def without_line(raised):
    """The message without the line in config.yaml, which changes with every edit of that file."""
    return re.sub(r"^config\.yaml, line [0-9]+", "config.yaml", str(raised.value))


def test_the_papers_recipe_is_the_published_one(base):
    config = load_config(base, {"experiment": "casia_b"})
    system = system_settings(config, "gaitmixer")
    assert config.protocol.split == "74/50"
    assert config.seeds == (0, 1, 2, 3, 4)
    assert (system.training.epochs, system.training.batch.subjects, system.training.batch.sequences) == (300, 74, 4)
    assert (system.training.learning_rate, system.training.weight_decay) == (6e-3, 1e-5)
    assert system.network.model_dump()["kernel"] == 31


def test_the_overlay_changes_what_it_names_and_nothing_else(base):
    paper, real = (load_config(base, {"experiment": name}) for name in ("casia_b", "ucalgary"))
    assert (real.training.epochs, real.training.loss) == (30, paper.training.loss)
    assert real.training.repeat == {}
    assert list(real.protocol.probes) == ["nm", "ar", "al"]
    assert "74/50" in real.protocol.splits


def test_the_command_line_goes_over_the_overlay(base):
    config = load_config(base, {"experiment": "ucalgary", "seeds": [7], "training": {"epochs": 2}})
    assert (config.seeds, config.training.epochs, config.training.batch.subjects) == ((7,), 2, 18)


def test_what_is_to_be_filled_in_is_named_unless_the_command_line_has_it(base):
    text = "experiment: mine\ndata:\n  path:\n  - ???\nnetwork:\n  frames: ??? # of a window\n"
    (base.parent / "experiments/mine.yaml").write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"experiment": "mine"})
    assert str(raised.value) == (
        "experiments/mine.yaml, line 4: data.path.0 and network.frames are still ???; write values there, as the "
        "comments in their lines say."
    )
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"experiment": "mine", "data": {"path": "a.csv"}})
    assert str(raised.value) == (
        "experiments/mine.yaml, line 6: network.frames is still ???; write values there, as the comments in its "
        "line say."
    )
    filled = {"experiment": "mine", "data": {"path": "a.csv"}, "network": {"frames": "30"}}
    assert load_config(base, filled).network.frames == 30


def test_overlays_of_ones_own_come_before_those_beside_the_configuration(base, tmp_path):
    own = tmp_path / "project" / "experiments"
    own.mkdir(parents=True)
    (own / "ucalgary.yaml").write_text("experiment: ucalgary\nextends: demo\nseeds: [7]\n")
    (own / "007.yaml").write_text("experiment: '007'\nextends: demo\n")
    assert load_config(base, {"experiment": "ucalgary"}, experiments=own).seeds == (7,)
    assert load_config(base, {"experiment": "demo"}, experiments=own) == load_config(base, {"experiment": "demo"})
    assert load_config(base, {"experiment": 7}, experiments=own).experiment == "007"
    with pytest.raises(ConfigError, match=rf'no experiment "008" \(no file {own}/008.yaml\); did you mean "007"'):
        load_config(base, {"experiment": "008"}, experiments=own)


def test_a_setting_from_another_file_is_refused_with_the_name_of_that_file(base):
    with pytest.raises(ConfigError, match=r"^config/config.yaml: seeds.0 is 'x', expected a list"):
        load_config(base, {"seeds": "x"}, source="config/config.yaml")


def test_a_systems_own_setting_concerns_that_system_alone(base):
    config = load_config(base, {"systems": {"gaitmixer": {"training": {"learning_rate": 0.5}}}})
    assert system_settings(config, "gaitmixer").training.learning_rate == 0.5
    assert system_settings(config, "gaitformer").training.learning_rate == config.training.learning_rate


def test_an_unknown_modality_is_refused(base):
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"data": {"modality": "keypoint"}})
    assert str(raised.value) == (
        '--config on the command line: data.modality: there is no modality "keypoint"; did you mean "keypoints"?'
    )


def test_a_network_whose_modality_the_data_lack_is_refused(base):
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"compare": ["gaitmixer", "gaitset"]})
    assert without_line(raised) == (
        "config.yaml: data.modality is keypoints, but gaitset's network takes silhouettes; add it there, or take "
        "gaitset out of compare."
    )


SILHOUETTES = {"format": "casia_b_png", "path": "data/raw/silhouettes"}
FILMED = {"modality": ["keypoints", "silhouettes"], "format": "video", "video": {"estimator": "mediapipe"}}


@pytest.mark.parametrize("modality", [["keypoints", "silhouettes"], ["silhouettes", "keypoints"]])
def test_silhouettes_have_a_source_of_their_own(base, modality):
    data = load_config(base, {"data": {"modality": modality, "silhouettes": SILHOUETTES}}).data
    assert (data.format, data.modality) == ("gaitgraph_csv", tuple(modality))
    assert data.silhouettes.model_dump() == {
        "format": "casia_b_png",
        "path": ("data/raw/silhouettes",),
        "tree": None,
        "bodies": None,
        "segmenter": None,
        "source": "",
    }


def test_silhouettes_are_cut_out_of_the_experiments_own_videos(base):
    silhouettes = load_config(base, {"data": {**FILMED, "silhouettes": {"format": "video"}}}).data.silhouettes
    assert (silhouettes.path, silhouettes.segmenter) == ((), None)


def test_bodies_are_drawn_round_the_experiments_own_poses(base):
    chosen = {"modality": ["keypoints", "silhouettes"], "silhouettes": {"format": "bodies", "bodies": {"spread": 0.2}}}
    silhouettes = load_config(base, {"data": chosen}).data.silhouettes
    assert (silhouettes.path, silhouettes.bodies.spread) == ((), 0.2)
    assert silhouettes.bodies.clothing == {"bg": "bag", "cl": "coat"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            {"modality": ["keypoints", "silhouettes"]},
            "data.modality is keypoints, silhouettes, but data.silhouettes is null; give their format and path there.",
        ),
        (
            {"silhouettes": SILHOUETTES},
            "data.silhouettes is set, but data.modality is keypoints; add silhouettes there, or set data.silhouettes "
            "to null.",
        ),
        (
            {"silhouettes": {**SILHOUETTES, "format": "casia_b"}},
            'data.silhouettes.format: there is no source format of silhouettes "casia_b"; did you mean "casia_b_png"?',
        ),
        ({"silhouettes": {**SILHOUETTES, "pat": 1}}, 'data.silhouettes.pat: unknown setting; did you mean "path"?'),
        (
            {"modality": ["keypoints", "silhouettes"], "silhouettes": {"format": "bodies", "path": "data/raw"}},
            "data.silhouettes.path is data/raw, expected none, since bodies are drawn round the experiment's poses; "
            "take it out.",
        ),
        (
            {"modality": "silhouettes", "silhouettes": {"format": "bodies"}},
            "data.modality is silhouettes, but data.silhouettes.format is bodies, and bodies are drawn round the "
            "experiment's poses; write [keypoints, silhouettes].",
        ),
        (
            {"modality": ["keypoints", "silhouettes"], "silhouettes": {"format": "video", "path": "data/raw"}},
            "data.silhouettes.path is data/raw, expected none, since people are cut out of the videos of the "
            "experiment's poses; take it out.",
        ),
        (
            {"modality": ["keypoints", "silhouettes"], "silhouettes": {"format": "video"}},
            "data.silhouettes.format is video, but data.format is gaitgraph_csv, so there are no videos; set "
            "data.format to video, or another format here.",
        ),
        (
            {**FILMED, "silhouettes": {"format": "video", "segmenter": {"kind": "onnx", "weights": "a.onnx"}}},
            "data.silhouettes.segmenter.sha256 is not set, but onnx needs it (what sha256sum prints for the file).",
        ),
        (
            {**FILMED, "silhouettes": {"format": "video", "segmenter": {"threshold": 2}}},
            "data.silhouettes.segmenter.threshold is 2, expected a number from 0 to 1 (pixels of at least this "
            "probability are the walker).",
        ),
        ({"modality": ["keypoints", "keypoints"]}, "data.modality: keypoints is listed twice."),
        (
            {"modality": "silhouettes", "silhouettes": SILHOUETTES},
            "data.modality is silhouettes, but body_statistics's network takes keypoints; add it there, or take "
            "body_statistics out of compare.",
        ),
    ],
)
def test_a_source_of_silhouettes_that_cannot_be_is_refused(base, data, sentence):
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"data": data})
    assert str(raised.value) == f"--config on the command line: {sentence}"


def test_a_source_of_silhouettes_without_a_path_is_refused(base):
    data = {"modality": ["keypoints", "silhouettes"], "silhouettes": {"format": "casia_b_png"}}
    with pytest.raises(
        ConfigError, match=r"data\.silhouettes\.path is missing, expected a folder with the silhouettes"
    ):
        load_config(base, {"data": data})


@pytest.mark.parametrize(
    ("protocol", "sentence"),
    [
        (
            {"kind": "whole_galery"},
            'protocol.kind: there is no kind of protocol "whole_galery"; did you mean "whole_gallery"?',
        ),
        (
            {"exclude_same": "view"},
            "protocol.exclude_same is view, but cross_view leaves identical views out in any case; set it to null, or "
            "protocol.kind: whole_gallery.",
        ),
    ],
)
def test_a_protocol_that_cannot_be_is_refused(base, protocol, sentence):
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"protocol": protocol})
    assert str(raised.value) == f"--config on the command line: {sentence}"


@pytest.mark.parametrize(
    ("experiment", "overall", "end"),
    [("sustech1k", "Overal", '"Overal"; did you mean "Overall"?'), ("casia_b", "nm", '"nm"; set it to null.')],
)
def test_an_overall_comparison_that_is_none_is_refused(base, experiment, overall, end):
    assert load_config(base, {"experiment": "sustech1k"}).statistics.overall == "Overall"
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"experiment": experiment, "statistics": {"overall": overall}})
    assert str(raised.value) == f"--config on the command line: statistics.overall: there is no comparison {end}"


@pytest.mark.parametrize(("name", "train", "test"), [("74/50", 74, 50), ("62/62", 62, 62), ("24/100", 24, 100)])
def test_the_common_splits_are_one_setting(base, name, train, test):
    protocol = load_config(base, {"experiment": "casia_b", "protocol": {"split": name}}).protocol
    subjects = split_in_use(protocol)
    assert (len(subjects.train), len(subjects.test)) == (train, test)


def test_subjects_compare_as_numbers():
    split = {"train": ["001", "2"], "test": "3"}
    protocol = {"split": "s", "splits": {"s": split}, "gallery": {"nm": 1}, "probes": {"nm": 2}, "min_frames": 1}
    assert split_in_use(Protocol.model_validate(protocol)).train == ("1", "2")


EPOCHS = Training.model_fields["epochs"].description
LINE = "--config on the command line: "


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        (
            {"experiment": "casa_b"},
            'There is no experiment "casa_b" (no file experiments/casa_b.yaml); did you mean "casia_b"?',
        ),
        (
            {"extensions": ["nowhere"]},
            LINE + "extensions: there is no folder nowhere, expected one with networks, losses, readers, "
            "silhouette_readers, inputs or protocols in it.",
        ),
        (
            {"extensions": 3},
            LINE + "extensions: there is no folder 3, expected one with networks, losses, readers, "
            "silhouette_readers, inputs or protocols in it.",
        ),
        ({"trainig": {}}, LINE + 'trainig: unknown setting; did you mean "training"?'),
        ({"training": {"epohcs": 3}}, LINE + 'training.epohcs: unknown setting; did you mean "epochs"?'),
        (
            {"systems": {"gaitmixer": {"network": {"kernal": 3}}}},
            LINE + 'systems.gaitmixer.network.kernal: unknown setting; did you mean "kernel"?',
        ),
        (
            {"training": {"epochs": -1}},
            LINE + f"training.epochs is -1, expected a whole number from 0 to 100000 ({EPOCHS}).",
        ),
        (
            {"systems": {"gaitmixer": {"training": {"epochs": -1}}}},
            LINE + f"systems.gaitmixer.training.epochs is -1, expected a whole number from 0 to 100000 ({EPOCHS}).",
        ),
        (
            {"training": {"schedule": "steps"}},
            LINE + "training: schedule is steps, but milestones is empty; name the steps after which the rate falls.",
        ),
        (
            {"training": {"milestones": [10]}},
            LINE
            + "training: schedule is one_cycle, but there are milestones; write schedule: steps, or milestones: [].",
        ),
        ({"seeds": [1, 2, 1]}, LINE + "seeds: 1 is listed twice."),
        (
            {"seeds": [-1]},
            LINE + "seeds.0 is -1, expected a list of whole numbers from 0 to 4294967295 "
            "(one training run per seed and system).",
        ),
        (
            {"evaluation": {"ranks": [1, 10]}},
            LINE + "evaluation.ranks: [1, 10] lacks 1 or 5, which the summary and the tables report.",
        ),
        (
            {"data": {"format": "opengait"}},
            LINE + 'data.format: there is no source format "opengait"; expected one of: alphapose_json, gaitgraph_csv, '
            "openpose_json, pickle_tree, pose_table, pose_text, psymo_json, video.",
        ),
        (
            {"data": {"format": "gaitgraf_csv"}},
            LINE + 'data.format: there is no source format "gaitgraf_csv"; did you mean "gaitgraph_csv"?',
        ),
        (
            {"protocol": {"splits": {"48/20": {"train": "1-60"}}}},
            LINE + "protocol.splits.48/20: subject 49 is in both train and test; "
            "a test subject must never be trained on.",
        ),
        ({"protocol": {"split": "70/50"}}, LINE + 'protocol: there is no split "70/50"; did you mean "74/50"?'),
        ({"protocol": {"gallery": {"nm": [1, 5]}}}, LINE + "protocol: nm-05 is both gallery and probe."),
        (
            {"protocol": {"gallery": {"nm": ["seq 1"]}}},
            LINE + "protocol.gallery.nm.0: 'seq 1' cannot be a name; expected "
            'letters, digits, "_" and "+", 64 at most '
            "and a letter or digit first.",
        ),
        (
            {"protocol": {"splits": {"48/20": {"test": "9-3"}}}},
            LINE + "protocol.splits.48/20.test: '9-3' is not a range of subjects like 1-74.",
        ),
        (
            {"protocol": {"min_frames": 24}},
            LINE + "protocol.min_frames is 24, expected more than gaitformer's window of 24 frames "
            "(the published code never draws a sequence's last window).",
        ),
        (
            {"systems": {"gaitmixer": {"network": {"spatial_width": 30}}}},
            LINE + "systems.gaitmixer.network.spatial_width is 30, expected a multiple of heads (8).",
        ),
        (
            {"compare": "wide", "systems": {"wide": {"like": "gaitformer", "network": {"heads": 5}}}},
            "config.yaml: systems.gaitformer.network.width is 32, expected a multiple of heads (5).",
        ),
        (
            {"compare": "gaittr", "systems": {"gaittr": {"network": {"widths": [64, 64, 100, 256]}}}},
            LINE + "systems.gaittr.network.widths is [64, 64, 100, 256], expected multiples of 32.",
        ),
        (
            {"compare": "skeletongait", "systems": {"skeletongait": {"network": {"blocks": [1, 1, 1]}}}},
            LINE + "systems.skeletongait.network.blocks is [1, 1, 1], expected 4 numbers.",
        ),
        ({"compare": ["gaitmixr"]}, LINE + 'compare: there is no system "gaitmixr"; did you mean "gaitmixer"?'),
        (
            {"training": {"select": "best"}},
            LINE + "training.select is 'best', expected last or best_validation "
            "(which epoch's weights are kept; best_validation needs validation subjects in the split).",
        ),
        (
            {"training": {"select": "best_validation"}},
            LINE + "training.select is best_validation, but protocol.splits.48/20 holds no validation subjects out; "
            "name some there, or select last.",
        ),
        (
            {"data": {"frame_width": None}},
            LINE + "data.frame_width is null, but the other side is not null; give it in pixels.",
        ),
        (
            {"data": {"people": "index"}},
            LINE + "data.people is index, but data.people_index is null; set both (people: index and the folder), or "
            "neither.",
        ),
        (
            {"training": {"batch": {"subjcts": 3}}},
            LINE + 'training.batch.subjcts: unknown setting; did you mean "subjects"?',
        ),
        (
            {"training": {"loss": {"margin": 0}}},
            LINE + "training.loss.margin is 0, expected a number above 0 and at most 1000000000 "
            "(triplet margin, Euclidean distance of unit embeddings).",
        ),
        (
            {"training": {"loss": {"kind": "triplets"}}},
            LINE + 'training.loss: there is no loss "triplets"; did you mean "triplet"?',
        ),
        (
            {"training": {"loss": {"margn": 0.1}}},
            LINE + 'training.loss.margn: unknown setting; did you mean "margin"?',
        ),
        (
            {"training": {"loss": {"kind": "supervised_contrastive", "temperature": 0.1, "similarity": "manhattan"}}},
            LINE + "training.loss.similarity is 'manhattan', expected cosine or euclidean "
            "(cosine, or the negative Euclidean distance of two embeddings of unit length).",
        ),
        (
            {"training": {"loss": {"kind": "softmax_centre", "centre_rate": 0.5}}},
            LINE + "training.loss.centre_weight is missing "
            "(weight of the squared distance from the centre; the cross entropy has weight 1).",
        ),
        (
            {"systems": {"gaitgraph": {"training": {"loss": {"temperature": 0}}}}, "compare": "gaitgraph"},
            LINE + "systems.gaitgraph.training.loss.temperature is 0, expected a number above 0 and at most 1000000000 "
            "(divisor of the similarities).",
        ),
        (
            {"systems": {"gaitgraph": {"training": {"batch": {"size": 0}}}}, "compare": "gaitgraph"},
            LINE + "systems.gaitgraph.training.batch.size is 0, expected a whole number from 1 to 1000000 "
            "(sequences in a batch; the last one of an epoch may have fewer).",
        ),
        (
            {"systems": {"long": {"like": "gaitmxer"}}},
            LINE + 'systems.long: there is no network "gaitmxer"; did you mean "gaitmixer"?',
        ),
        (
            {"systems": {"long": {"like": "gaitmixer", "network": {"kernal": 61}}}},
            LINE + 'systems.long.network.kernal: unknown setting; did you mean "kernel"?',
        ),
        (
            {"systems": {"a": {"like": "b"}, "b": {"like": "a"}}},
            LINE + "systems.a: circular `like`: a -> b -> a.",
        ),
        (
            {"systems": {"gaitmixr": {"network": {"kernel": 3}}}},
            LINE + 'systems.gaitmixr: there is no network "gaitmixr"; did you mean "gaitmixer"? A variant names '
            "its system in `like`.",
        ),
        (
            {"figures": {"against": {"kernel": ["gaitmxer"]}}},
            LINE
            + 'figures.against.kernel names "gaitmxer", which is not one of the systems; did you mean "gaitmixer"?',
        ),
        (
            {"figures": {"against": {"kernel": ["gaitformer"]}}},
            LINE + 'figures.against.kernel: "gaitformer" has no network option "kernel".',
        ),
        (
            {"data": {"format": "video"}},
            "config.yaml: data.video.sha256 is not set, but hrnet needs it (what sha256sum prints for the file).",
        ),
        (
            {"data": {"format": "video", "video": {"estimator": "onnx", "sha256": "ab" * 32, "weights": None}}},
            LINE + "data.video.weights is not set, but onnx needs it (the file; docs/poses.md says where to get it).",
        ),
        (
            {"data": {"format": "video", "video": {"estimator": "mediapipe", "detector": {"kind": "yolox"}}}},
            "config.yaml: data.video.detector.weights is not set, but yolox needs it "
            "(the file; docs/poses.md says where to get it).",
        ),
        (
            {"data": {"format": "video", "video": {"estimator": "mediapipe", "detect_every": 5}}},
            LINE + "data.video.detect_every is 5, but exactly_one counts people in every frame; set it to 1, or "
            "data.video.people: track.",
        ),
        (
            {"data": {"video": {"estimator": "alphapose"}}},
            LINE + "data.video.estimator is 'alphapose', expected hrnet or mediapipe or onnx (the pose estimator).",
        ),
        (
            {"network": {"frames": "long"}},
            LINE + "network.frames is 'long', expected a whole number from 2 to 10000 (window length, frames).",
        ),
    ],
)
def test_a_wrong_setting_ends_in_one_sentence(base, override, sentence):
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"experiment": "demo", **override})
    assert without_line(raised) == sentence


CROPS = {"frame_width": None, "frame_height": None, "walkers": None, "format": "pose_text", "path": "data/raw/gait3d"}


def test_coordinates_of_crops_are_never_divided_by_a_frame(base):
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"experiment": "demo", "data": CROPS})
    assert without_line(raised) == (
        LINE + "data.frame_width is null, but body_statistics divides by it (input.unit: frame_width); set input.unit "
        "to body_height or torso."
    )
    for unit in ("body_height", "torso", "pixels"):
        config = load_config(base, {"experiment": "demo", "data": CROPS, "input": {"unit": unit}})
        assert config.data.frame_width is None
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"experiment": "demo", "data": {"frame_width": None, "frame_height": None}})
    assert without_line(raised) == (
        LINE + "data.frame_width is null, but data.walkers are drawn in it; give it in pixels."
    )


@pytest.mark.parametrize("least", [None, 1])
def test_there_may_be_no_minimum_of_frames(base, least):
    override = {"protocol": {"min_frames": least}, "input": {"short_sequences": "repeated"}}
    assert load_config(base, {"experiment": "demo", **override}).protocol.min_frames == 1


NETWORK = """\
TITLE = "Mine"
MODALITY = "keypoints"
MAP = None


class Mine:
    def __init__(self, frames, joints, in_channels, embedding_dim, *, scale: float = 1.0): ...
"""


def test_a_network_of_a_folder_is_a_system_with_its_options(base):
    Path("folder/networks").mkdir(parents=True)
    Path("folder/networks/mine.py").write_text(NETWORK)
    given = {"experiment": "demo", "extensions": "folder", "compare": ["mine"]}
    config = load_config(base, {**given, "systems": {"mine": {"network": {"scale": 2.0}}}})
    system = system_settings(config, "mine")
    assert (config.extensions, system.title, system.network.name) == (("folder",), "Mine", "mine")
    assert "extensions" not in config.model_dump()  # no rule has the folders among its parameters
    with pytest.raises(ConfigError) as raised:
        load_config(base, {**given, "systems": {"mine": {"network": {"scal": 2.0}}}})
    assert str(raised.value) == LINE + 'systems.mine.network.scal: unknown setting; did you mean "scale"?'
    with pytest.raises(ConfigError, match='there is no system "mine"'):
        load_config(base, {**given, "extensions": []})


def test_the_sentence_names_the_overlay_that_is_wrong(base):
    overlay = Path("experiments/demo.yaml")
    overlay.write_text(overlay.read_text().replace("epochs:", "epohcs:"))
    with pytest.raises(ConfigError) as raised:
        load_config(base)
    assert (
        str(raised.value) == 'experiments/demo.yaml, line 36: training.epohcs: unknown setting; did you mean "epochs"?'
    )


def test_an_overlay_that_is_not_yaml_names_the_line(base):
    Path("experiments/demo.yaml").write_text("experiment: demo\ntraining: {epochs: 3\n")
    with pytest.raises(ConfigError, match=r"^experiments/demo\.yaml, line 3: this is not YAML \("):
        load_config(base)


def test_a_missing_setting_is_named_with_its_meaning(base):
    base.write_text(base.read_text().replace("  epochs: 300\n", ""))
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"experiment": "casia_b"})
    assert without_line(raised) == f"config.yaml: training.epochs is missing ({EPOCHS})."


def test_numbers_from_the_command_line_are_numbers(base):
    given = {"systems": {"gaitmixer": {"network": {"kernel": "9", "widths": ["16", "32"], "padding": "both"}}}}
    network = system_settings(load_config(base, given), "gaitmixer").network.model_dump()
    assert (network["kernel"], network["widths"], network["padding"]) == (9, [16, 32], "both")


def test_a_split_named_on_the_command_line_stays_text(base):
    config = load_config(base, {"protocol": {"splits": {"2/2": {"train": "1-2", "test": "3-4"}}, "split": "2/2"}})
    assert split_in_use(config.protocol).test == ("3", "4")


def test_a_section_of_another_kind_replaces_the_common_one(base):
    recipe = system_settings(
        load_config(base, {"experiment": "casia_b", "compare": ["gaitgraph"]}), "gaitgraph"
    ).training
    assert recipe.batch.model_dump() == {"kind": "shuffled", "size": 128, "copies": 2}
    assert recipe.loss.model_dump() == {
        "kind": "supervised_contrastive",
        "temperature": 0.01,
        "base_temperature": 0.07,
        "similarity": "cosine",
    }
    assert [(phase.epochs, phase.learning_rate) for phase in phases(recipe)] == [(300, 1e-2), (100, 1e-5)]


def test_a_protocol_of_another_kind_keeps_splits_gallery_and_probes(base):
    paper, whole = (load_config(base, {"protocol": {"kind": kind}}) for kind in ("cross_view", "whole_gallery"))
    assert whole.protocol == paper.protocol.model_copy(update={"kind": "whole_gallery"})


def test_a_variant_is_its_system_and_what_it_changes(base):
    systems = {"short": {"like": "gaitmixer", "title": "GaitMixer, 3 frames", "network": {"kernel": 3}}}
    systems["shorter"] = {"like": "short", "training": {"epochs": 1}}
    config = load_config(base, {"experiment": "casia_b", "compare": ["gaitmixer", "shorter"], "systems": systems})
    whole, variant = (system_settings(config, name) for name in config.compare)
    titles = (whole.title, system_settings(config, "short").title, variant.title)
    assert titles == ("GaitMixer", "GaitMixer, 3 frames", "shorter")
    assert variant.network.model_dump() == whole.network.model_dump() | {"kernel": 3}
    assert variant.training.model_dump() == whole.training.model_dump() | {"epochs": 1}


@pytest.mark.parametrize("name", ["gaitmixer", "gaitformer", "gaitgraph", "gaitgraph2", "posegait"])
def test_every_system_can_be_compared_in_every_experiment(base, name):
    for experiment in ("demo", "casia_b", "ucalgary", "psymo"):
        config = load_config(base, {"experiment": experiment, "compare": name})
        assert system_settings(config, name).network.name == name


def test_an_overlay_extends_others_in_their_order(base):
    Path("experiments/first.yaml").write_text("experiment: first\nseeds: [1]\ntraining: {epochs: 7}\n")
    Path("experiments/second.yaml").write_text("experiment: second\nextends: [demo, first]\nnetwork: {frames: 20}\n")
    config = load_config(base, {"experiment": "second"})
    assert (config.experiment, config.seeds, config.training.epochs, config.network.frames) == ("second", (1,), 7, 20)
    assert config.data.dataset == "synthetic walkers"


def test_overlays_that_extend_each_other_are_refused(base):
    Path("experiments/first.yaml").write_text("extends: second\n")
    Path("experiments/second.yaml").write_text("extends: first\n")
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"experiment": "first"})
    assert str(raised.value) == "experiments/first.yaml: circular `extends`: first -> second -> first."


def test_each_ablation_changes_only_the_option_in_its_name(base):
    for experiment in ("ablations", "ablations_demo"):
        config = load_config(base, {"experiment": experiment})
        networks = {name: system_settings(config, name).network.model_dump() for name in config.compare}
        whole = networks["gaitmixer"]
        kernels = {name: networks[name]["kernel"] for name in config.figures.against["kernel"]}
        assert list(kernels.values()) == [3, 9, 15, 31, 61]
        for name, kernel in kernels.items():
            assert networks[name] == whole | {"kernel": kernel}
        assert networks["padded_both"] == whole | {"padding": "both"}
        assert networks["conv_conv"] == whole | {"spatial": "convolution"}
        assert networks["conv_attention"] == networks["gaitformer"] | {"spatial": "convolution"}
        assert len({networks["isotropic"]["spatial_width"], *networks["isotropic"]["widths"]}) == 1


def test_the_sections_old_keys_work_with_a_line_in_the_log_also_inside_a_system(base, caplog):
    systems = {"gaitgraph": {"training": {"batch": {"views": 3}}, "evaluation": {"views": ["original", "swapped"]}}}
    given = {"compare": ["gaitgraph", "gaitmixer"], "evaluation": {"views": ["reversed"]}, "systems": systems}
    config = load_config(base, {"experiment": "casia_b", **given})
    assert system_settings(config, "gaitgraph").training.batch.copies == 3
    assert system_settings(config, "gaitgraph").evaluation.test_time_augmentation == ("original", "swapped")
    assert system_settings(config, "gaitmixer").evaluation.test_time_augmentation == ("reversed",)
    line = "--config on the command line: {0} is now called {1}; the old name works until the next release."
    assert caplog.messages == [
        line.format("evaluation.views", "evaluation.test_time_augmentation"),
        line.format("systems.gaitgraph.evaluation.views", "systems.gaitgraph.evaluation.test_time_augmentation"),
        line.format("systems.gaitgraph.training.batch.views", "systems.gaitgraph.training.batch.copies"),
    ]


def test_a_common_setting_on_the_command_line_is_not_silently_replaced_by_a_recipe(base, caplog):
    given = {
        "compare": ["gaitgraph2", "posegait", "gaitmixer"],
        "training": {"epochs": 2, "learning_rate": 0.01},
        "systems": {"posegait": {"training": {"learning_rate": 0.02}}},
    }
    load_config(base, {"experiment": "casia_b", **given})
    assert caplog.messages == [
        "--config on the command line: training.epochs is 2, but gaitgraph2 (200) and posegait (200) set "
        "systems.NAME.training.epochs, which is used; set it there to change it.",
        "--config on the command line: training.learning_rate is 0.01, but gaitgraph2 (0.005) sets "
        "systems.NAME.training.learning_rate, which is used; set it there to change it.",
    ]


def test_a_setting_of_an_overlay_that_recipes_replace_is_as_it_should_be(base, caplog):
    load_config(base, {"experiment": "ucalgary", "compare": ["gaitgraph", "posegait", "gaitmixer"]})
    assert caplog.messages == []


@pytest.mark.parametrize(
    "spelling", [True, " 1", "1 ", "+1", "-0", "-1", "1.0", 1.0, "\u0661", "", "1\n", "a b", "../1", None, ["1"]]
)
def test_a_subject_spelled_in_a_way_that_could_match_nobody_is_refused(spelling):
    with pytest.raises(ValidationError) as raised:
        Split.model_validate({"train": [spelling, 2], "test": "3-4"})
    assert raised.value.errors()[0]["loc"] == ("train", 0)


def test_one_number_in_two_spellings_is_one_subject(base):
    splits = {"s": {"train": [1, "2"], "test": ["001", 3]}}
    with pytest.raises(ConfigError, match="subject 1 is in both train and test"):
        load_config(base, {"protocol": {"split": "s", "splits": splits}})
    with pytest.raises(ConfigError, match="1 is listed twice"):
        load_config(base, {"protocol": {"split": "s", "splits": {"s": {"train": ["01", 1], "test": "3"}}}})


def test_a_split_may_name_nobody_to_train(base):
    splits = {"s": {"train": [], "test": "1-4"}}
    assert load_config(base, {"protocol": {"split": "s", "splits": splits}}).protocol.splits["s"].train == ()


def test_tracking_without_its_package_is_refused_before_anything_runs(base, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ConfigError) as raised:
        load_config(base, {"experiment": "demo", "tracking": {"tool": "tensorboard"}})
    assert str(raised.value) == (
        "--config on the command line: tracking.tool is tensorboard, whose package tensorboardX is not installed; "
        "install it with: make tracking, or set tracking.tool to null."
    )
    assert load_config(base, {"experiment": "demo"}).tracking.tool is None
