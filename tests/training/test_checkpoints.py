"""A run that is killed goes on where it stopped and ends with the same bytes as one that was left alone."""

import hashlib
import io
import json
import logging
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch
from places import REPOSITORY
from resumable_training import outputs_in, run

from gaitcore.digests import file_digest
from gaitcore.errors import GaitError
from gaitcore.modalities.keypoints.augmentation import augmented
from gaitcore.modalities.keypoints.input import transform_of
from gaitcore.modalities.keypoints.store import KeypointStore
from gaitcore.networks import build_model
from gaitcore.settings.files import load_config
from gaitcore.settings.network import Network
from gaitcore.settings.training import Training
from gaitcore.systems import system_settings
from gaitcore.training.checkpoints import Checkpoints
from gaitcore.training.history import BestEpoch, History
from gaitcore.training.loop import train

SCRIPT = REPOSITORY / "tests" / "resumable_training.py"
EVERY_STEP, NEVER = 0.0, 1e9
KILLS = 20


class Counter:
    """A part of a run: a tensor that counts."""

    def __init__(self, value=0):
        self.value = torch.tensor([value])

    def state_dict(self):
        return {"value": self.value}

    def load_state_dict(self, state):
        self.value = state["value"]


def checkpoints(folder, identity=None, minutes=EVERY_STEP):
    return Checkpoints(folder, identity or {"data": "a", "code": "b"}, minutes)


def written(folder, steps=3):
    """A folder with the checkpoints of a run of so many steps."""
    of_run = checkpoints(folder)
    for step in range(1, steps + 1):
        of_run.after_step(step, {"counter": Counter(step)})
    return sorted(folder.glob("*.checkpoint"))


def resumed(folder, **options):
    counter = Counter()
    checkpoints(folder, **options).resume({"counter": counter})
    return int(counter.value)


def start(folder, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, SCRIPT, folder, *map(str, arguments)], stderr=subprocess.PIPE, text=True, **options
    )


def newest_step(folder):
    return max((int(path.stem.removeprefix("step-")) for path in folder.glob("*.checkpoint")), default=0)


def losses(outputs):
    return pd.read_csv(outputs.history).drop(columns=["seconds", "sequences_per_second"])


@pytest.fixture(scope="module")
def expected(drawn, tmp_path_factory):
    """Weights' digest and history of a run on the same files that nobody disturbed, in a process of its own."""
    folder = shutil.copytree(drawn, tmp_path_factory.mktemp("undisturbed"), dirs_exist_ok=True)
    process = start(folder, NEVER)
    assert process.wait() == 0, process.stderr.read()
    outputs = outputs_in(folder)
    return file_digest(outputs.weights), losses(outputs)


@pytest.mark.slow
def test_a_run_killed_at_twenty_random_moments_ends_with_the_same_bytes(data, expected):
    moments, outputs = random.Random(1), outputs_in(data)
    for _ in range(KILLS):
        before = newest_step(outputs.checkpoints)
        process = start(data, EVERY_STEP)
        while newest_step(outputs.checkpoints) == before:  # every start gets a little further
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.03))  # also in the middle of a step or of a write
        process.kill()
        process.wait()
    process = start(data, EVERY_STEP)
    assert process.wait() == 0, process.stderr.read()
    assert len(json.loads(outputs.run.read_text())["resumed_after_steps"]) == KILLS
    assert file_digest(outputs.weights) == expected[0]
    pd.testing.assert_frame_equal(losses(outputs), expected[1])
    assert not outputs.checkpoints.exists()


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_does_not_change_the_bytes(data, expected, threads):
    process = start(data, NEVER, threads)
    assert process.wait() == 0, process.stderr.read()
    assert file_digest(outputs_in(data).weights) == expected[0]


@pytest.mark.slow
def test_sigterm_writes_a_checkpoint_from_which_the_next_run_is_resumed(data, expected):
    outputs = outputs_in(data)
    process = start(data, NEVER)
    while "training on" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGTERM)
    said = process.stderr.read()
    assert process.wait() == 1
    (only,) = outputs.checkpoints.glob("*.checkpoint")
    step = int(only.stem.removeprefix("step-"))
    assert said.rstrip().endswith(f"Stopped by SIGTERM after step {step}; the same command resumes from {only}.")
    assert not outputs.weights.exists()
    assert start(data, NEVER).wait() == 0
    assert file_digest(outputs.weights) == expected[0]
    assert json.loads(outputs.run.read_text())["resumed_after_steps"] == [step]


@pytest.mark.slow
def test_a_run_that_cannot_write_its_weights_is_resumed_after_its_last_step(data, expected):
    outputs = outputs_in(data)
    obstacle = outputs.weights.with_name(f".{outputs.weights.name}.unfinished")
    obstacle.mkdir()
    failed = start(data, NEVER)
    assert "Is a directory" in failed.stderr.read()
    assert failed.wait() == 1
    step = newest_step(outputs.checkpoints)
    obstacle.rmdir()
    again = start(data, NEVER)
    assert again.wait() == 0, again.stderr.read()
    assert json.loads(outputs.run.read_text())["resumed_after_steps"] == [step]
    assert step == 250  # all of them
    assert file_digest(outputs.weights) == expected[0]
    pd.testing.assert_frame_equal(losses(outputs), expected[1])


def test_only_the_two_newest_are_kept(tmp_path):
    assert [path.name for path in written(tmp_path, steps=5)] == [
        "step-00000004.checkpoint",
        "step-00000005.checkpoint",
    ]
    assert resumed(tmp_path) == 5


def test_without_a_checkpoint_a_run_starts_from_nothing(tmp_path):
    assert resumed(tmp_path / "absent") == 0


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: content[:40], lambda _: b""])
def test_a_damaged_checkpoint_is_reported_and_the_one_before_it_used(tmp_path, caplog, damage):
    newest = written(tmp_path)[-1]
    newest.write_bytes(damage(newest.read_bytes()))
    size = newest.stat().st_size
    with caplog.at_level(logging.INFO):
        assert resumed(tmp_path) == 2
    aside = newest.with_suffix(".set-aside")
    assert f"{newest}: damaged or cut short ({size} bytes), not used; renamed to {aside}" in caplog.text
    assert aside.exists()
    assert not newest.exists()


class Trap:
    """Makes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def sealed(path, content):
    """A checkpoint file with a right digest and this content."""
    if not isinstance(content, bytes):
        file = io.BytesIO()
        torch.save(content, file)
        content = file.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"gaitcore checkpoint 1\n" + hashlib.sha256(content).digest() + content)


IDENTITY = {"data": "a", "code": "b"}
NO_CHECKPOINT = "without identity and state, so not a checkpoint of a run"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"garbage", "not readable as tensors and plain values (UnpicklingError)"),
        (b"", "not readable as tensors and plain values (EOFError)"),
        ([1, 2], NO_CHECKPOINT),
        ({}, NO_CHECKPOINT),
        ({"identity": IDENTITY}, NO_CHECKPOINT),
        ({"identity": list(IDENTITY), "state": {}}, NO_CHECKPOINT),
        ({"identity": IDENTITY, "state": [1]}, NO_CHECKPOINT),
        ({"identity": {}, "state": {"counter": {"value": torch.tensor([9])}}}, "of a run with other data and code"),
        ({"identity": IDENTITY, "state": {"model": {}}}, "without the state of counter"),
    ],
)
def test_a_sealed_file_that_is_no_checkpoint_is_reported_and_the_one_before_it_used(tmp_path, caplog, content, reason):
    written(tmp_path)
    path = tmp_path / "step-00000009.checkpoint"
    sealed(path, content)
    assert resumed(tmp_path) == 3
    aside = path.with_suffix(".set-aside")
    assert caplog.messages == [f"{path}: {reason}, not used; renamed to {aside}"]
    assert aside.exists()


def test_a_sealed_file_that_asks_for_code_is_not_executed(tmp_path, caplog):
    path = tmp_path / "cp" / "step-00000009.checkpoint"
    sealed(path, {"identity": IDENTITY, "state": {"counter": Trap(tmp_path / "executed")}})
    assert resumed(tmp_path / "cp") == 0
    assert f"{path}: not readable as tensors and plain values (UnpicklingError), not used" in caplog.text
    assert not (tmp_path / "executed").exists()


def test_a_folder_with_the_name_of_a_checkpoint_is_set_aside(tmp_path, caplog):
    written(tmp_path)
    path = tmp_path / "step-00009999.checkpoint"
    (path / "inside").mkdir(parents=True)
    assert resumed(tmp_path) == 3
    assert caplog.messages == [f"{path}: not a file, not used; renamed to {path.with_suffix('.set-aside')}"]


def test_checkpoints_that_cannot_be_used_do_not_push_out_new_ones(tmp_path):
    for step in (7, 8, 9):
        sealed(tmp_path / f"step-{step:08d}.checkpoint", [step])
    assert resumed(tmp_path) == 0
    assert [path.name for path in written(tmp_path, steps=2)] == [
        "step-00000001.checkpoint",
        "step-00000002.checkpoint",
    ]


@pytest.mark.parametrize("state", [{}, {"value": 1, "other": 2}, [1], None])
def test_a_state_that_does_not_fit_ends_the_run_with_what_to_do(tmp_path, state):
    path = tmp_path / "step-00000009.checkpoint"
    sealed(path, {"identity": IDENTITY, "state": {"history": state}})
    with pytest.raises(GaitError) as raised:
        checkpoints(tmp_path).resume({"history": BestEpoch()})
    aside = path.with_suffix(".set-aside")
    assert str(raised.value).startswith(f"{path}: its state of history does not fit this run (")
    assert str(raised.value).endswith(f"), so it was renamed to {aside}; run the same command again.")
    assert aside.exists()
    assert resumed(tmp_path) == 0


def test_a_history_with_other_entries_is_refused():
    state = History().state_dict()
    for changed in (state | {"more": 1}, state | {"rows": 3}, {"steps": 1}):
        with pytest.raises(ValueError, match=r"^(more|rows is a int|.*rows.*)$"):
            History().load_state_dict(changed)


def test_one_flipped_byte_is_noticed(tmp_path):
    newest = written(tmp_path)[-1]
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    assert resumed(tmp_path) == 2


def test_a_checkpoint_of_other_code_or_data_is_renamed_with_a_message(tmp_path, caplog):
    older, newest = written(tmp_path)
    assert resumed(tmp_path, identity={"data": "a", "code": "changed"}) == 0
    assert not newest.exists()
    assert newest.with_suffix(".set-aside").exists()
    assert f"{older}: of a run with other code, not used; renamed to {older.with_suffix('.set-aside')}" in (caplog.text)
    written(tmp_path)
    resumed(tmp_path, identity={"data": "changed", "code": "changed"})
    assert f"{newest}: of a run with other data and code," in caplog.text


def test_the_unfinished_file_of_a_killed_write_is_removed(tmp_path):
    written(tmp_path)
    leftover = tmp_path / ".step-00000004.checkpoint.unfinished"
    leftover.write_bytes(b"half")
    assert resumed(tmp_path) == 3
    assert not leftover.exists()


def test_checkpoints_are_written_at_their_interval(tmp_path):
    rarely = checkpoints(tmp_path, minutes=NEVER)
    rarely.after_step(1, {"counter": Counter(1)})
    assert list(tmp_path.iterdir()) == []
    rarely.written -= 60 * NEVER
    rarely.after_step(2, {"counter": Counter(2)})
    assert resumed(tmp_path) == 2


def test_a_training_whose_weights_could_not_be_written_is_not_trained_on(data):
    recipe = {"minutes": 10, "threads": 1, "epochs": 3}
    expected = file_digest(run(data, **recipe).weights)
    outputs = outputs_in(data)
    outputs.weights.unlink()
    outputs.weights.mkdir()
    with pytest.raises(OSError, match="directory"):
        run(data, **recipe)
    (checkpoint,) = outputs.checkpoints.glob("*.checkpoint")
    steps = int(checkpoint.stem.removeprefix("step-"))
    outputs.weights.rmdir()
    assert file_digest(run(data, **recipe).weights) == expected
    assert json.loads(outputs.run.read_text())["resumed_after_steps"] == [steps]
    assert len(pd.read_csv(outputs.history)) == 3


def test_a_full_disk_ends_the_run_with_the_last_checkpoint_intact(tmp_path):
    newest = written(tmp_path)[-1]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, limits[1]))
    try:
        with pytest.raises(GaitError) as raised:
            checkpoints(tmp_path).after_step(4, {"counter": Counter(4)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert str(raised.value) == (
        f"{tmp_path / 'step-00000004.checkpoint'}: the checkpoint cannot be written ({os.strerror(27)}); the one "
        f"before it, {newest}, is intact; make room and run the same command again."
    )
    assert resumed(tmp_path) == 3


@pytest.mark.slow
def test_a_checkpoint_of_another_recipe_is_not_used(data, caplog):
    outputs = outputs_in(data)
    process = start(data, EVERY_STEP)
    while not list(outputs.checkpoints.glob("*.checkpoint")):
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.wait()
    run(data, NEVER, weight_decay=0.3)
    assert "of a run with other configuration, not used" in caplog.text
    assert json.loads(outputs.run.read_text())["resumed_after_steps"] == []


def test_a_loss_that_is_not_finite_leaves_the_last_good_checkpoint(data):
    with pytest.raises(GaitError, match=r"^The loss became nan in epoch \d, step 1, at a learning rate of") as raised:
        run(data, EVERY_STEP, learning_rate=100, start_divisor=1e-6)
    bad = int(str(raised.value).split("epoch ")[1][0])  # an epoch has one step
    assert newest_step(outputs_in(data).checkpoints) == bad - 1


class StopError(Exception):
    pass


class StoppingAfter(Checkpoints):
    """Checkpoints of a run that ends, without a word, after so many steps."""

    def __init__(self, folder, steps):
        super().__init__(folder, {}, EVERY_STEP)
        self.last = steps

    def after_step(self, step, parts):
        super().after_step(step, parts)
        if step == self.last:
            raise StopError


SMALL = {
    "gaittr": {"widths": (32,)},
    "gpgait": {"shared": (4,), "width": 8},
    "skeletongait": {"widths": (2, 2, 2, 2)},
    "ptsn": {"hidden": 8, "widths": (4,)},
}


def baseline(name, checkpoints=None):
    """A short run of a system as config.yaml has it, with fewer steps: 3 an epoch, 2 epochs of each phase."""
    system = system_settings(load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b"}), name)
    recipe = system.training.model_dump() | {"epochs": 2, "batch": {"kind": "shuffled", "size": 5, "copies": 2}}
    recipe["second_phase"] = recipe["second_phase"] and {"epochs": 2, "learning_rate": 1e-5}
    network = Network(frames=12, embedding_dim=8)
    generator = torch.Generator().manual_seed(0)
    lengths = torch.full((12,), 14)
    poses = 100 + 50 * torch.rand(12 * 14, 17, 3, generator=generator)
    transform = transform_of(system.input, 3, 320)
    store = KeypointStore(transform.prepared(poses, lengths), lengths.cumsum(0) - 14, lengths, 320, transform)
    sequences = pd.DataFrame({"subject": list("abc") * 4, "condition": "nm"})
    torch.manual_seed(0)
    model = build_model(name, **store.network_arguments(), **network.model_dump(), **SMALL.get(name, {}))
    settings = Training.model_validate(recipe)
    train(model, store, sequences, settings, augmented=augmented, network=network, seed=1, checkpoints=checkpoints)
    return model.state_dict()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "steps"),
    [("gaitgraph", 2), ("gaitgraph", 8), ("gaitgraph2", 4), ("posegait", 4), *((name, 4) for name in SMALL)],
)
def test_a_resumed_run_of_each_baseline_ends_with_the_same_bytes(name, steps, tmp_path):
    expected = baseline(name)
    with pytest.raises(StopError):
        baseline(name, StoppingAfter(tmp_path, steps))
    resumed = baseline(name, Checkpoints(tmp_path, {}, NEVER))
    assert all(torch.equal(tensor, expected[key]) for key, tensor in resumed.items())
