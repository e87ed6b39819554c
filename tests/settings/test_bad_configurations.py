"""Every mistake in a configuration ends in one short sentence, in bounded time, wherever it is made."""

import json
import os
import shutil
import time
from functools import reduce
from itertools import pairwise
from pathlib import Path

import pytest
from places import REPOSITORY

from gaitcore.errors import ConfigError
from gaitcore.settings.files import load_config

START = "experiment: fz\nextends: demo\n"
NAME = 'letters, digits, "_", "-", "+" and ".", 64 at most and a letter, digit or "_" first'
KEY = 'letters, digits, "_" and "+", 64 at most and a letter or digit first'
LONGEST = 600  # characters of a message
SECONDS = 2
HERE = "experiments/fz.yaml, line 3: "
LINE = "--config on the command line: "


@pytest.fixture
def overlay(tmp_path, monkeypatch):
    """Write experiments/fz.yaml below its first two lines, and load it; the real config.yaml is beside it."""
    shutil.copy(REPOSITORY / "config.yaml", tmp_path)
    shutil.copytree(REPOSITORY / "experiments", tmp_path / "experiments")
    monkeypatch.chdir(tmp_path)

    def load(text, start=START, **command_line):
        content = (start + text).encode() if isinstance(text, str) else text
        Path("experiments/fz.yaml").write_bytes(content)
        return load_config("config.yaml", {"experiment": "fz", **command_line})

    return load


def refused(load, *arguments, **command_line):
    """The message of a refusal, which is one line, short, and comes in time."""
    begun = time.process_time()
    with pytest.raises(ConfigError) as raised:
        load(*arguments, **command_line)
    message = str(raised.value)
    assert time.process_time() - begun < SECONDS
    assert len(message) < LONGEST
    assert message.isprintable()
    assert message[-1] in ".?"
    return message


# --- YAML ---


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("training: {epochs: 3}\ntraining: {learning_rate: 0.1}", "line 4: training stands here a second time, after"),
        ("seeds: [0]\nseeds: [1]", "line 4: seeds stands here a second time, after line 3; write it once."),
        ("tables:\n  conditions: {nm: a, nm: b}", "line 4: tables.conditions.nm stands here a second time, after line"),
        ("tables: {conditions: {01: a, '01': b}}", "line 3: tables.conditions.01 stands here a second time"),
        ("protocol: {gallery: {no: [1]}}", "line 3: the key no is false in YAML, expected a name: put it in quotes."),
        ("protocol: {gallery: {On: [1]}}", "line 3: the key On is true in YAML, expected a name: put it in quotes."),
        ("protocol: {gallery: {~: [1]}}", "line 3: the key ~ is null in YAML, expected a name: put it in quotes."),
        ("? [a]\n: 1", "line 3: a list, mapping or alias stands as a key, expected a name."),
        ("data: {dataset: 2023-99-99}", "line 3: '2023-99-99' is a date in YAML, expected text: put it in quotes."),
        ("data: {dataset: 2023-01-05 10:00:00}", "line 3: '2023-01-05 10:00:00' is a date in YAML"),
        ("training: {epochs: !!int abc}", "line 3: 'abc' has the tag !!int, expected a value of that type."),
        ("training: {epochs: !!int 010}", "line 3: '010' has the tag !!int, expected a value of that type."),
        ("training: {learning_rate: !!float abc}", "line 3: 'abc' has the tag !!float, expected a value of that type."),
        ("tables: {published: !!bool maybe}", "line 3: 'maybe' has the tag !!bool, expected a value of that type."),
        ("a: !!python/object/apply:os.system [id]", "line 3: the tag !!python/object/apply:os.system is not allowed"),
        ("a: !!python/name:os.system", "line 3: the tag !!python/name:os.system is not allowed"),
        ("a: !!timestamp 2020-01-01", "line 3: the tag !!timestamp is not allowed, expected a plain value without it."),
        ("a: !!binary aGVsbG8=", "line 3: the tag !!binary is not allowed"),
        ("a: !mine 5", "line 3: the tag !mine is not allowed, expected a plain value without it."),
        ("data:\n  walkers: &a {x: *a}", "line 4: the alias *a is inside itself, expected another value."),
        ("data: *nowhere", "line 3: the alias *nowhere has no anchor, expected one before it."),
        ("data: {<<: 5}", "line 3: << merges 5, expected a mapping."),
        ("data: " + "[" * 20_000 + "]" * 20_000, "line 3: more than 30 lists and mappings inside each other"),
        ("data: " + "{a: " * 3_000 + "1" + "}" * 3_000, "line 3: more than 30 lists and mappings inside each other"),
        ("seeds: [" + "1," * 60_000 + "1]", "line 3: more than 50000 values, aliases included, expected fewer."),
        ("training: {epochs: " + "9" * 5_000 + "}", "has 5000 digits, expected 400 at most."),
        ("a: 1\n---\nb: 2", "line 4: a second document starts, expected one, without a line ---."),
        ("training: {epochs: 3", "line 4: this is not YAML ("),
        ("a: @b", "line 3: this is not YAML ("),
        ("a: '\0'", "line 3: this is not YAML ("),
    ],
)
def test_yaml_with_two_meanings_is_refused_with_its_line(overlay, text, sentence):
    message = refused(overlay, text)
    assert message.startswith("experiments/fz.yaml, line ")
    assert sentence in message


def test_a_billion_laughs_are_refused(overlay):
    names = "abcdefghij"
    laughs = [f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]" for a, b in pairwise(names)]
    message = refused(overlay, "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "\n".join(laughs))
    assert message == "experiments/fz.yaml, line 7: more than 50000 values, aliases included, expected fewer."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe", "this is not UTF-8 text, expected the configuration; save it as UTF-8."),
        ("experiment: fz".encode("utf-16"), "this is not UTF-8 text, expected the configuration; save it as UTF-8."),
        (b"x" * 10_000_000, "has 10000000 bytes, expected the configuration, 1000000 bytes at most."),
        (b"- 1\n", "holds [1], expected a mapping: the configuration."),
        (b"false\n", "holds false, expected a mapping: the configuration."),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(overlay, content, sentence):
    assert refused(overlay, content) == f"experiments/fz.yaml: {sentence}"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_not_read(overlay, make):
    Path("config.yaml").unlink()
    make(Path("config.yaml"))
    message = refused(overlay, "")
    assert message in (
        "config.yaml: this is a folder, expected the configuration.",
        "config.yaml: this is no file, expected the configuration.",
    )


def test_an_overlay_that_is_no_file_or_not_there_is_refused(overlay):
    Path("experiments/mine.yaml").mkdir()
    assert refused(overlay, "", experiment="mine") == (
        "experiments/mine.yaml: this is a folder, expected the configuration."
    )
    shutil.rmtree("experiments")
    with pytest.raises(ConfigError) as raised:
        load_config("config.yaml")
    assert str(raised.value) == (
        'There is no experiment "demo" (no file experiments/demo.yaml); experiments has no overlays in it, expected '
        "files like demo.yaml."
    )


def test_an_empty_configuration_lacks_the_experiments_name(overlay):
    Path("config.yaml").write_text("")
    with pytest.raises(ConfigError) as raised:
        load_config("config.yaml")
    assert str(raised.value) == "config.yaml: experiment is missing, expected the name of an overlay, e.g. demo."
    assert refused(overlay, "", "experiment: fz\n").startswith("config.yaml: data is missing (")


def test_a_configuration_cut_off_anywhere_is_refused_or_is_whole(overlay):
    whole = Path("config.yaml").read_bytes()
    for end in range(0, len(whole), 401):
        Path("config.yaml").write_bytes(whole[:end])
        if whole[end:].count(b"\n") <= 1:  # within the comment of the last line, where nothing is missing
            continue
        message = refused(overlay, "")
        assert message.startswith(("config.yaml", "experiments/"))


def test_plain_words_are_what_they_look_like(overlay):
    config = overlay(
        "data: {dataset: 007, pose_source: 1_000}\n"
        "protocol: {splits: {2/2: {train: [001, 008], test: [010, 011]}}, split: 2/2, gallery: {nm: [01, 1_2]}}\n"
        "training: {learning_rate: 1e-3}\n"
    )
    assert (config.data.dataset, config.data.pose_source) == ("007", "1_000")
    assert config.protocol.splits["2/2"].train == ("1", "8")
    assert config.protocol.splits["2/2"].test == ("10", "11")
    assert config.protocol.gallery["nm"] == ("1", "1_2")
    assert config.training.learning_rate == 0.001


def test_anchors_and_merge_keys_of_plain_values_are_read(overlay):
    config = overlay(
        "systems:\n  a: &a {like: gaitmixer, network: &n {kernel: 3}}\n  b: {<<: *a, title: B}\n"
        "  c: {like: gaitmixer, network: {<<: *n, heads: 4}}\n"
    )
    assert config.systems["b"] == {"like": "gaitmixer", "title": "B", "network": {"kernel": 3}}
    assert config.systems["c"]["network"] == {"kernel": 3, "heads": 4}


# --- names ---


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "a b;$(id)\n{x}", ".x", "a{b}", "x" * 1000, "a/b", ""])
def test_a_name_that_is_no_part_of_a_path_is_refused_wherever_it_stands(overlay, name):
    for text, given in [
        (f"systems: {{{json.dumps(name)}: {{like: gaitmixer}}}}", {}),
        (f"compare: [{json.dumps(name)}]", {}),
        (f"extends: {json.dumps(name)}", {"start": "experiment: fz\n"}),
        ("", {"experiment": name}),
    ]:
        start = given.pop("start", START)
        assert refused(overlay, text, start, **given).endswith(f" cannot be a name; expected {NAME}.")


def test_an_overlay_with_another_name_inside_is_refused(overlay):
    assert refused(overlay, "", "experiment: ../../evil\nextends: demo\n") == (
        f"experiments/fz.yaml, line 1: experiment: '../../evil' cannot be a name; expected {NAME}."
    )
    assert refused(overlay, "", "experiment: demo\nextends: demo\n") == (
        'experiments/fz.yaml, line 1: experiment is "demo", but the file has the name fz.yaml; write experiment: fz.'
    )


def test_an_overlay_without_a_name_has_that_of_its_file(overlay):
    assert overlay("", "extends: demo\n").experiment == "fz"


@pytest.mark.parametrize("name", ["2023", "007"])
def test_an_experiment_named_by_digits_is_one(overlay, name):
    Path(f"experiments/{name}.yaml").write_text(f"experiment: {name}\nextends: demo\n")
    assert overlay("", experiment=name).experiment == name
    base = Path("config.yaml")
    base.write_text(base.read_text().replace("experiment: demo", f"experiment: {name}"))
    assert load_config(base).experiment == name


def test_a_name_of_digits_is_found_though_snakemake_takes_it_for_a_number(overlay):
    Path("experiments/007.yaml").write_text("extends: demo\n")
    assert overlay("", experiment=7).experiment == "007"
    Path("experiments/07.yaml").write_text("extends: demo\n")
    assert refused(overlay, "", experiment=7) == (
        'There is no experiment "7" (no file experiments/7.yaml); expected 007 or 07, of which only one may exist if '
        "the command line gives a number."
    )


# --- shapes and ranges ---


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("systems: [a]", "systems is ['a'], expected a mapping of settings."),
        ("systems: null", "systems is null, expected a mapping of settings."),
        ("systems: {gaitmixer: 5}", "systems.gaitmixer is 5, expected a mapping of settings."),
        ("systems: {gaitmixer: [1]}", "systems.gaitmixer is [1], expected a mapping of settings."),
        ("systems: {gaitmixer: {network: [kernel]}}", "systems.gaitmixer.network is ['kernel'], expected a mapping of"),
        ("systems: {gaitmixer: {network: null}}", "systems.gaitmixer.network is null, expected a mapping of settings."),
        ("systems: {gaitmixer: {training: 5}}", "systems.gaitmixer.training is 5, expected a mapping with settings"),
        ("systems: {gaitmixer: {trainig: {}}}", 'systems.gaitmixer.trainig: unknown setting; did you mean "training"?'),
        ("systems: {gaitmixer: {title: [a]}}", "systems.gaitmixer.title is ['a'], expected text"),
        ("systems: {x: {like: [gaitmixer]}}", "systems.x.like: ['gaitmixer'] cannot be a name; expected"),
        ("systems: {x: {like: null}}", "systems.x.like: null cannot be a name; expected"),
        (
            "systems: {tables: {like: gaitmixer}}",
            "systems.tables: results/NAME/tables/ has other results; give the system another name.",
        ),
        ("data: 5", "data is 5, expected a mapping with settings such as dataset, modality, format"),
        ("training: [1]", "training is [1], expected a mapping with settings such as epochs"),
        ("compare: {a: 1}", "compare is {'a': 1}, expected a list of texts (systems to train and compare)."),
        ("protocol: {splits: {48/20: 5}}", "protocol.splits.48/20 is 5, expected"),
        ("protocol: {splits: {a: {train: 1-2}}}", "protocol.splits.a.test is missing (subjects to test on"),
        ("training: {batch: {kind: [a]}}", "training.batch.kind is "),
        ("data: {walkers: {subject: 3}}", 'data.walkers.subject: unknown setting; did you mean "subjects"?'),
        ("data: {walkers: 3}", "data.walkers is 3, expected a mapping with settings such as subjects, seed, width"),
        (
            "data: {path: ../poses.csv}",
            "data.path is '../poses.csv', but the walkers are written there; expected a CSV",
        ),
        ("data: {path: /tmp/poses.csv}", "data.path is '/tmp/poses.csv', but the walkers are written there; expected"),
        ("data: {path: config.yaml}", "data.path is 'config.yaml', but the walkers are written there; expected a CSV"),
        ("data: {path: 'run {1}/p.csv'}", "data.path.0: 'run {1}/p.csv' has a brace in it, which Snakemake reads as a"),
        (
            'data: {dataset: "a\\n# b"}',
            "data.dataset: 'a\\n# b' has the sign '\\n' in it, expected one line of printable",
        ),
        ('data: {dataset: "a\\0b"}', "data.dataset: 'a\\x00b' has the sign '\\x00' in it, expected one line of"),
        ("data: {dataset: " + "x" * 300_000 + "}", "data.dataset has 300000 signs, expected 500 at most."),
        ("data: {dataset: no}", "data.dataset: False is a truth value in YAML, and so are no, off, yes and on; put it"),
        ("data: {dataset: 1.10}", "data.dataset: 1.1 is a number in YAML, expected text; put it in quotes if the text"),
        ("data: {dataset: null}", "data.dataset is null, expected text (name of the data set"),
        ("figures: {probe: ../x}", "figures.probe: '../x' is not the name of a sequence, expected one like"),
        ("tables: {published: 1}", "tables.published is 1, expected true or false (show the paper's rows"),
        ("protocol: {gallery: {a/b: [1]}}", f"protocol.gallery: 'a/b' cannot be a name; expected {KEY}."),
        ("protocol: {probes: {mean: [1]}}", 'protocol.probes: the name "mean" is reserved; rename the condition.'),
        (
            "protocol: {gallery: {nm: [yes]}}",
            "protocol.gallery.nm.0: True is a truth value in YAML, and so are no, off",
        ),
        ("protocol: {splits: {48/20: {train: [1.5]}}}", "protocol.splits.48/20.train.0: 1.5 is a number in YAML"),
    ],
)
def test_a_value_of_another_shape_is_refused(overlay, text, sentence):
    assert refused(overlay, text).startswith(f"{HERE}{sentence}")


@pytest.mark.parametrize("text", ["5", "null", "{a: 1}", "[[demo]]", "[1.5]", "[~]"])
def test_extends_is_a_name_or_a_list_of_names(overlay, text):
    message = refused(overlay, "", f"experiment: fz\nextends: {text}\n")
    assert message.startswith(("experiments/fz.yaml, line 2: extends", "There is no experiment"))


def test_overlays_that_multiply_are_refused(overlay):
    for n in range(40):
        Path(f"experiments/n{n}.yaml").write_text(f"extends: [n{n + 1}, n{n + 1}]\n")
    Path("experiments/n40.yaml").write_text("extends: demo\n")
    message = refused(overlay, "extends: n0\n", "experiment: fz\n")
    assert message.endswith("extends leads to more than 100 overlays, expected fewer.")


@pytest.mark.parametrize(
    ("setting", "values", "expected"),
    [
        (
            "training.epochs",
            ("true", "-1", "1.5", "abc", "010", "0x10", "1:30", "1_000", "10000000"),
            "0 to 100000",
        ),
        (
            "training.learning_rate",
            ("0", "-1", ".inf", ".nan", "true", "abc", "1000", "[1]"),
            "above 0 and at most 100",
        ),
        ("training.warmup", ("2", "-0.1", ".nan", "false"), "at least 0 and at most 1|from 0 to 1"),
        ("training.batch.subjects", ("0", "true", "1e3"), "1 to 100000"),
        ("training.repeat.bg", ("0", "true", "100000"), "1 to 1000"),
        ("training.augmentation.point_noise", (".inf", "-1", "true"), "0 to 1000"),
        ("data.fps", (".inf", "-.inf", ".nan", "0", "-25", "true", "1e300"), "above 0 and at most 1000"),
        ("data.frame_width", ("0", "true", "320.5", "1000000"), "1 to 100000"),
        ("data.walkers.subjects", ("0", "1000", "true", "1.5"), "1 to 999"),
        ("data.walkers.missing", ("1", "-1", ".nan"), "at least 0 and below 1"),
        ("network.frames", ("1", "0", "true", "100000", "abc"), "2 to 10000"),
        ("network.embedding_dim", ("0", "true", "100000000000", "1000000000000"), "1 to 65536"),
        ("statistics.resamples", ("0", "true", "1000000000"), "1 to 100000"),
        ("statistics.confidence", ("0", "1", "95", ".nan"), "above 0 and below 1"),
        ("evaluation.window_step", ("0", "true"), "1 to 10000"),
        ("protocol.min_frames", ("0", "true", "1000000"), "1 to 10000"),
        ("systems.gaitmixer.network.kernel", ("abc", "1000000000", "0", "-3", "true", "null", "1.5"), "1 to 10000"),
        ("systems.gaitmixer.network.heads", ("0", "-1", "true", "'8'"), "1 to 8192"),
        ("systems.gaitmixer.network.dropout", ("2", "1", "-0.1", ".nan", "true"), "at least 0 and below 1"),
        ("systems.gaitmixer.network.spatial_width", ("0", "true", "100000000"), "1 to 8192"),
        ("systems.gaitmixer.network.padding", ("none", "true", "5"), "past or both"),
        ("systems.gaitformer.network.temporal_depth", ("0", "1000000"), "1 to 100"),
    ],
)
def test_a_number_out_of_its_range_is_refused_with_the_range(overlay, setting, values, expected):
    parts = setting.split(".")
    for value in values:
        message = refused(
            overlay, "".join(f"{part}: {{" for part in parts[:-1]) + f"{parts[-1]}: {value}" + "}" * (len(parts) - 1)
        )
        assert message.startswith(f"{HERE}{setting} is ")
        assert any(words in message for words in expected.split("|"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "seeds: [18446744073709551616]",
            "seeds.0 is 18446744073709551616, expected a list of whole numbers from 0 to",
        ),
        ("seeds: [true]", "seeds.0 is true, expected a list of whole numbers from 0 to 4294967295 (one training run"),
        ("seeds: true", "seeds.0 is true, expected a list of whole numbers from 0 to 4294967295"),
        ("seeds: null", "seeds is null, expected a list of whole numbers from 0 to 4294967295 (one training run per"),
        ("seeds: []", "seeds is [], expected a list of whole numbers from 0 to 4294967295"),
        ("seeds: [1, 1]", "seeds: 1 is listed twice."),
        ("evaluation: {ranks: [0, 1, 5]}", "evaluation.ranks.0 is 0, expected a list of whole numbers from 1 to"),
        (
            "systems: {gaitmixer: {network: {widths: [-1]}}}",
            "systems.gaitmixer.network.widths.0 is -1, expected a list of",
        ),
        ("systems: {gaitmixer: {network: {widths: 5}}}", "systems.gaitmixer.network.widths is 5, expected a list of"),
        (
            "protocol: {splits: {48/20: {train: 1-999999999}}}",
            'protocol.splits.48/20.train: "1-999999999" is 999999999',
        ),
        (f"protocol: {{splits: {{48/20: {{train: 1-{'9' * 5000}}}}}}}", "protocol.splits.48/20.train: '1-9"),
        ("data: {video: {sha256: abc}}", "data.video.sha256: 'abc' is no SHA-256, expected 64 hexadecimal digits."),
    ],
)
def test_a_list_with_a_value_that_cannot_be_is_refused(overlay, text, sentence):
    assert refused(overlay, text).startswith(f"{HERE}{sentence}")


def test_a_value_of_a_system_it_is_like_is_blamed_on_that_system(overlay):
    text = "systems:\n  gaitmixer: {network: {kernel: abc}}\n  short: {like: gaitmixer}\ncompare: [short]\n"
    assert refused(overlay, text) == (
        "experiments/fz.yaml, line 4: systems.gaitmixer.network.kernel is 'abc', expected a whole number from 1 to "
        "10000 (length of the depthwise convolution, frames; a window shorter than it is reflected repeatedly)."
    )


def test_a_missing_key_is_blamed_on_the_file_in_which_its_section_begins(overlay):
    assert refused(overlay, "training:\n  loss: {kind: softmax_centre, centre_rate: 0.5}\n") == (
        "experiments/fz.yaml, line 4: training.loss.centre_weight is missing "
        "(weight of the squared distance from the centre; the cross entropy has weight 1)."
    )
    assert refused(overlay, "protocol:\n  splits:\n    mine: {train: 1-2}\n").startswith(
        "experiments/fz.yaml, line 5: protocol.splits.mine.test is missing"
    )


def test_many_subjects_are_compared_in_time(overlay):
    begun = time.process_time()
    config = overlay(
        "protocol: {split: big, splits: {big: {train: 1-50000, test: 50001-100000, validation: 1-50000}}}\n"
    )
    assert len(config.protocol.splits["big"].test) == 50_000
    assert time.process_time() - begun < SECONDS


# --- the command line ---


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"training": {"epochs": "..."}}, LINE + "training.epochs is '...', expected a whole number from 0 to 100000"),
        ({"training": "..."}, LINE + "training is '...', expected a mapping with settings such as epochs"),
        ({"training": {"epochs": "9" * 10_000}}, LINE + "'9"),
        ({"training": {"epochs": "true"}}, LINE + "training.epochs is true, expected a whole number from 0 to 100000"),
        ({"training": {"learning_rate": ".inf"}}, LINE + "training.learning_rate is inf, expected a number above 0"),
        ({"seeds": True}, LINE + "seeds.0 is true, expected a list of whole numbers from 0 to 4294967295"),
        ({"experiment": "x" * 100_000}, LINE + "experiment: 'xxx"),
        ({"experiment": None}, LINE + "experiment: null cannot be a name"),
        ({"experiment": ["demo"]}, LINE + "experiment: ['demo'] cannot be a name"),
        ({"x" * 100_000: 1}, LINE + "xxx"),
        ({"data": {"path": "a\0b"}}, LINE + "data.path.0: 'a\\x00b' has the sign '\\x00' in it"),
        ({"extensions": "a\0b"}, LINE + "extensions.0: 'a\\x00b' has the sign '\\x00' in it"),
        ({"compare": "x" * 100_000}, LINE + "compare.0: 'xxx"),
        ({"data": {"format": "x" * 100_000}}, LINE + "data.format has 100000 signs"),
        ({"seeds": reduce(lambda inner, _: [inner], range(500), 0)}, LINE + "more than 30 lists and mappings inside"),
        ({"data": {"format": "x" * 400}}, LINE + 'data.format: there is no source format "xxx'),
    ],
)
def test_a_mistake_on_the_command_line_is_refused(overlay, given, sentence):
    assert refused(overlay, "", **given).startswith(sentence)


def test_an_old_name_beside_the_new_one_is_refused(overlay):
    assert refused(overlay, "models: [gaitmixer]\ncompare: [gaitformer]") == (
        "experiments/fz.yaml: models is the old name of compare, and both are set; remove the old one."
    )
    assert refused(overlay, "systems: {gaitgraph: {training: {batch: {views: 2, copies: 1}}}}") == (
        "experiments/fz.yaml: systems.gaitgraph.training.batch.views is the old name of "
        "systems.gaitgraph.training.batch.copies, and both are set; remove the old one."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'data: {path: "a\\0b"}',
            "data.path.0: 'a\\x00b' has the sign '\\x00' in it, expected one line of printable signs.",
        ),
        (
            'data: {path: "a\\nb"}',
            "data.path.0: 'a\\nb' has the sign '\\n' in it, expected one line of printable signs.",
        ),
        (
            'data: {help: "\\e[31m"}',
            "data.help: '\\x1b[31m' has the sign '\\x1b' in it, expected one line of printable",
        ),
        ('data: {dataset: "\\u202e"}', "data.dataset: '\\u202e' has the sign '\\u202e' in it, expected one line of"),
        ("data: {path: ''}", "data.path.0 is '', expected a list of texts (file or files (CSV), or folder"),
        (f"data: {{path: a/{'x' * 300}/b.csv}}", "data.path.0: 'a/xxxxxxxxxxxxxxxxxxxxxxxxx...xxx"),
        (f"extensions: {'x' * 300}", "extensions.0: 'xxxxxxxxxxxxxxxxxxxxxxxxxxx...xxx"),
        ("data: {video: {weights: 'a{b}'}}", "data.video.weights: 'a{b}' has a brace in it, which Snakemake reads as"),
    ],
)
def test_text_with_signs_that_nobody_sees_and_paths_that_cannot_be_are_refused(overlay, text, sentence):
    assert refused(overlay, text).startswith(f"{HERE}{sentence}")


@pytest.mark.parametrize("text", ["true", "2023", "007", "1e5", "1.10", "...", "a{b}", "no"])
def test_text_on_the_command_line_is_text_whatever_it_looks_like(overlay, text):
    config = overlay("", data={"dataset": text}, tables={"conditions": {"nm": text}})
    assert (config.data.dataset, config.tables.conditions["nm"]) == (text, text)


def test_numbers_and_truth_values_on_the_command_line_are_such(overlay):
    config = overlay("", training={"epochs": "3", "learning_rate": "1e-3"}, tables={"published": "false"}, seeds=["7"])
    assert (config.training.epochs, config.training.learning_rate, config.tables.published) == (3, 0.001, False)
    assert config.seeds == (7,)
    assert overlay("", data={"video": {"list": "null"}}).data.video.list is None
