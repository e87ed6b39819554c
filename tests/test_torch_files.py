"""Tensors from files of torch.save: every other name a file asks for is inert, and damage ends in one sentence."""

import argparse
import io
import os
import pickle
import subprocess
import time
import zipfile
from collections import defaultdict

import pytest
import torch
from torch import nn

from gaitcore.errors import DataError
from gaitcore.torch_files import read_state_dict

FORMATS = {"archive": True, "older": False}
WEIGHTS = {
    "layer.weight": torch.arange(6.0).reshape(2, 3),
    "layer.transposed": torch.arange(6.0).reshape(2, 3).t(),
    "layer.counter": torch.tensor(7),
    "layer.half": torch.tensor([0.5, -2.0], dtype=torch.bfloat16),
    "layer.empty": torch.empty(0, 4),
}


class Trap:
    """Runs a command where it is unpickled."""

    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


class State:
    """Sets a state where it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __setstate__(self, state):
        state["marker"].touch()


def saved(path, content, of_format="archive"):
    torch.save(content, path, _use_new_zipfile_serialization=FORMATS[of_format])
    return path


def refused(path):
    started = time.monotonic()
    with pytest.raises(DataError) as raised:
        read_state_dict(path, "weights")
    assert time.monotonic() - started < 2
    message = str(raised.value)
    assert "\n" not in message
    return message.removeprefix(str(path))


def assert_equal(weights, expected):
    assert list(weights) == list(expected)
    for name, tensor in expected.items():
        assert weights[name].dtype == tensor.dtype
        assert torch.equal(weights[name], tensor)


@pytest.mark.parametrize("of_format", FORMATS)
@pytest.mark.parametrize("place", [None, "model", "state_dict"])
def test_weights_are_those_that_were_saved(tmp_path, of_format, place):
    content = {"epoch": 3, place: WEIGHTS} if place else WEIGHTS
    assert_equal(read_state_dict(saved(tmp_path / "a.pt", content, of_format), "weights"), WEIGHTS)


@pytest.mark.parametrize("of_format", FORMATS)
def test_a_training_checkpoint_gives_its_weights_and_nothing_else(tmp_path, of_format, caplog):
    model = nn.Linear(3, 2)
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.rand(4, 3)).sum().backward()
    optimiser.step()
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.1, total_steps=10)
    content = {
        "opt": argparse.Namespace(rate=0.1, schedule=subprocess.run),
        "optimizer": optimiser,
        "scheduler": schedule.state_dict() | {"anneal": getattr},
        "seen": defaultdict(list, a=[1]),
        "parameter": model.weight,
        "model": model.state_dict(),
        "epoch": 100,
    }
    caplog.set_level("INFO")
    weights = read_state_dict(saved(tmp_path / "a.pth", content, of_format), "weights")
    assert_equal(weights, model.state_dict())
    assert "took the tensors alone; not executed: __builtin__.dict, __builtin__.getattr, " in caplog.text
    assert "argparse.Namespace, collections.defaultdict, " in caplog.text


@pytest.mark.parametrize("of_format", FORMATS)
def test_nothing_a_file_asks_for_is_executed(tmp_path, of_format):
    marker = tmp_path / "executed"
    traps = [
        Trap(os.system, (f"touch {marker}",)),
        Trap(eval, (f"open({str(marker)!r}, 'w')",)),
        Trap(getattr, (Trap(__import__, ("os",)), "mkdir")),
        State(marker),
    ]
    content = {"traps": traps, "state": dict.fromkeys(traps[:2], 1), "model": WEIGHTS}
    assert_equal(read_state_dict(saved(tmp_path / "a.pt", content, of_format), "weights"), WEIGHTS)
    assert not marker.exists()
    saved(tmp_path / "b.pt", traps[0], of_format)
    assert refused(tmp_path / "b.pt") == (
        ": holds an object, no weights by name, expected weights; nothing in it was executed."
    )
    assert not marker.exists()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ([1, 2], "a list"),
        ({}, "an empty dictionary"),
        (torch.zeros(2, 3), "one tensor (2, 3)"),
        ({"a": 1, "b": torch.zeros(1)}, "a dictionary of 2 entries (a, b)"),
        ({"model": {"a": torch.zeros(1), "b": [1]}}, "a dictionary of 1 entries (model)"),
    ],
)
def test_a_file_without_weights_is_refused(tmp_path, content, found):
    path = saved(tmp_path / "a.pt", content)
    assert refused(path) == f": holds {found}, no weights by name, expected weights; nothing in it was executed."


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "a.pt"
    sentence = ": not a file of torch.save, expected weights; nothing in it was executed."
    for content in (b"", b"text", pickle.dumps({"a": 1}), bytes(1000)):
        path.write_bytes(content)
        assert refused(path) == sentence
    assert refused(tmp_path / "absent.pt") == ": no such file, expected weights."
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "text")
    assert refused(path) == (
        ": an archive that torch.save did not write, expected weights; nothing in it was executed."
    )
    with zipfile.ZipFile(path, "w") as archive:  # TorchScript's
        archive.writestr("archive/data.pkl", pickle.dumps({}))
        archive.writestr("archive/constants.pkl", pickle.dumps(()))
    assert refused(path).startswith(": an archive that torch.save did not write, expected")


@pytest.mark.parametrize("of_format", FORMATS)
def test_a_file_that_is_cut_off_is_refused(tmp_path, of_format):
    path = saved(tmp_path / "a.pt", WEIGHTS, of_format)
    content = path.read_bytes()
    for share in (0.01, 0.3, 0.6, 0.9, 0.999):
        path.write_bytes(content[: int(len(content) * share)])
        assert refused(path).endswith(", expected weights; nothing in it was executed.")


def test_a_flipped_byte_in_the_numbers_of_an_archive_is_refused(tmp_path):
    path = saved(tmp_path / "a.pt", {"a": torch.arange(1000.0)})
    content = bytearray(path.read_bytes())
    content[content.index(torch.arange(500.0, 510.0).numpy().tobytes())] ^= 1
    path.write_bytes(content)
    assert refused(path).startswith(": damaged, or not a file of torch.save (Bad CRC-32")


def forged(path, data, numbers=bytes(8), **options):
    """An archive as torch.save writes it, with this pickle."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/data/0", numbers)
    return path


class Forger(pickle.Pickler):
    """Pickles one tensor whose storage has eight bytes."""

    def persistent_id(self, thing):
        return ("storage", torch.FloatStorage, "0", "cpu", 2) if thing is Forger else None


def forged_tensor(path, offset, shape, stride):
    file = io.BytesIO()
    tensor = Trap(torch._utils._rebuild_tensor_v2, (Forger, offset, shape, stride, False, {}))
    Forger(file, protocol=2).dump({"a": tensor})
    return forged(path, file.getvalue())


def test_a_tensor_outside_its_storage_is_refused(tmp_path):
    path = tmp_path / "a.pt"
    assert read_state_dict(forged_tensor(path, 0, (2,), (1,)), "weights")["a"].tolist() == [0, 0]
    for offset, shape, stride in [
        (1, (2,), (1,)),
        (0, (10**12,), (1,)),
        (-1, (2,), (1,)),
        (0, (-2,), (1,)),
        (2**70, (2,), (1,)),
        (0, ("a",), (1,)),
        (0, (2,), (1, 1)),
    ]:
        assert refused(forged_tensor(path, offset, shape, stride)).startswith(": damaged, or not a file of torch.save")


def test_bombs_are_refused_in_bounded_time(tmp_path):
    path = tmp_path / "a.pt"
    assert refused(forged(path, b"N.", bytes(10**8), compression=zipfile.ZIP_DEFLATED)) == (
        ": a compressed archive, which torch.save does not write, expected weights; nothing in it was executed."
    )
    memo = b"\x80\x02Nr\xff\xff\xff\xff."  # a memo of four thousand million entries
    number = b"\x80\x02\x8b\x00\x00\x00\x70."  # an integer of 1.8 GB
    nested = b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b"."
    itself = b"\x80\x02}q\x00X\x05\x00\x00\x00modelh\x00s."
    for data in (memo, number, nested, itself):
        assert refused(forged(path, data)).endswith(", expected weights; nothing in it was executed.")
