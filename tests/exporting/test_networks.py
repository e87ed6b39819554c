"""Every network as an exported graph: its embeddings are those of the evaluation, its input and output as declared."""

from typing import get_args

import numpy as np
import pytest
import torch
import yaml
from places import REPOSITORY

from gaitcore import modalities
from gaitcore.evaluation.embedding import embed
from gaitcore.exporting.agreement import agreement
from gaitcore.exporting.model_card import window_code
from gaitcore.exporting.network import ExportedNetwork, windows
from gaitcore.exporting.onnx_file import PACKAGES, write_onnx
from gaitcore.networks import build_model, gaitgraph, gpgait, modality, model_names
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input

FRAMES, DIMENSIONS = 12, 4
SMALL = {
    "gaitformer": {"width": 8, "spatial_depth": 1, "temporal_depth": 1, "heads": 2},
    "gaitgraph": {},
    "gaitgraph2": {},
    "gaitmixer": {"spatial_width": 8, "spatial_depth": 1, "heads": 2, "widths": (8,), "kernel": 5},
    "gaitnet": {},
    "gaitpart": {"widths": (4, 4, 4)},
    "gaitset": {"widths": (2, 2, 2)},
    "gaittr": {"widths": (32,)},
    "gpgait": {"shared": (), "width": 8},
    "posegait": {},
    "ptsn": {"hidden": 4, "layers": 1, "widths": (4,)},
    "skeletongait": {"widths": (2, 2, 2, 2)},
}
PARTS = {"gaitnet": 1, "gaitpart": 16, "gaitset": 62, "gpgait": 3, "skeletongait": 16}
CONFIGURATION = yaml.safe_load((REPOSITORY / "config.yaml").read_text())


@pytest.fixture
def fewer_layers(monkeypatch):
    """GPGait without most of its ten last layers and GaitGraph with fewer modules, which are alike and take long."""
    monkeypatch.setattr(gaitgraph, "STRUCTURE", (1, 1, 1, 1))
    for branch in gpgait.DIVISIONS:
        monkeypatch.setitem(gpgait.DIVISIONS, branch, gpgait.DIVISIONS[branch][-1:])
    monkeypatch.setitem(gpgait.DIVISIONS, "angle", ((gpgait.ARMS + gpgait.LEGS,),))


def settings(name, **changes):
    """The input and the evaluation of a system in config.yaml."""
    own = CONFIGURATION["systems"][name]
    return (
        Input.model_validate(CONFIGURATION["input"] | own.get("input", {})),
        Evaluation.model_validate(CONFIGURATION["evaluation"] | own.get("evaluation", {}) | changes),
    )


def parts_of(name, **changes):
    """A small network with random weights, the exported one, both stores of made-up sequences, and the evaluation."""
    of_input, evaluation = settings(name, **changes)
    part = modalities.part(modality(name), "exported")
    channels = tuple(one for one in of_input.channels if one != "z")
    raw = part.made_up_raw(np.array([24, 13, 20, 17]), channels)
    stores = part.stores(raw, of_input)
    torch.manual_seed(0)
    network = build_model(
        name, frames=FRAMES, embedding_dim=DIMENSIONS, **stores[0].network_arguments(), **SMALL[name]
    ).eval()
    before = part.ExportedInput(of_input, channels, raw.frame_width)
    return network, ExportedNetwork(network, before, evaluation).eval().requires_grad_(False), stores, evaluation


def test_every_network_with_weights_is_exported_here():
    without = {name for name in model_names() if not list(build_model(name).parameters())}
    assert without == {"body_statistics", "gei"}
    assert set(model_names()) - without == SMALL.keys()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("gaitmixer", {}),
        ("gaitmixer", {"windows": "even_windows", "window_count": 3}),
        ("gaitmixer", {"test_time_augmentation": ["original", "swapped"], "combine": "concatenated"}),
        ("gaitmixer", {"windows": "centre", "test_time_augmentation": ["reversed"]}),
        ("gaitgraph2", {}),
        ("gaittr", {"windows": "centre", "test_time_augmentation": ["original", "reversed", "swapped"]}),
        ("gaitset", {}),
        ("gaitset", {"parts": "mean", "test_time_augmentation": ["original", "reversed"]}),
    ],
)
@torch.no_grad()
def test_the_mean_over_windows_is_the_evaluations_embedding(name, changes):
    network, exported, (store, raw), evaluation = parts_of(name, **changes)
    expected = embed(network, store, FRAMES, evaluation)
    for sequences, numbers in windows(raw.lengths, FRAMES, evaluation):
        for sequence, own in zip(sequences, numbers, strict=True):
            found = exported(raw.windows(sequence.repeat(len(own)), own)).mean(dim=0).numpy()
            of_sequence = expected[int(sequence)]
            assert found.shape == (
                of_sequence.ravel().shape if evaluation.parts == "concatenated" else of_sequence.shape
            )
            np.testing.assert_allclose(found.ravel(), of_sequence.ravel(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", get_args(Evaluation.model_fields["windows"].annotation))
@pytest.mark.parametrize("length", [12, 13, 30, 101])
def test_the_code_of_the_card_cuts_the_windows_of_the_evaluation(kind, length):
    evaluation = settings("gaitmixer", windows=kind, window_count=5)[1]
    found = {"walk": np.arange(length), "np": np}
    exec("\n".join(window_code(FRAMES, evaluation)), found)
    ((_, expected),) = windows(torch.tensor([length]), FRAMES, evaluation)
    assert found["windows"].tolist() == expected[0].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_onnxruntime_gives_the_embeddings_of_the_evaluation(name, tmp_path, fewer_layers):
    for package in PACKAGES:
        pytest.importorskip(package, reason="exporting needs more packages: make onnx")
    import onnx

    network, exported, stores, evaluation = parts_of(name)
    part, path = modalities.part(modality(name), "exported"), tmp_path / "network.onnx"
    whole = evaluation.windows == "whole_sequence"
    example = stores[1].windows(torch.tensor([0, 1, 2]), torch.arange(FRAMES).expand(3, -1))
    write_onnx(exported, example, path, name=part.NAME, any_length=whole, metadata={"key": "text"}, title=name)
    rounds = name == "skeletongait"
    found = agreement(path, network, stores, FRAMES, evaluation, real=False, rounds=rounds)
    assert found.sequences == 4
    assert found.tolerance == (0.05 if rounds else 1e-3)
    assert found.relative < (0.05 if rounds else 1e-4)
    model = onnx.load(path)
    frames = ["frames" if whole else FRAMES]
    kind = modality(name)
    assert shape_of(model.graph.input) == {
        kind: ["batch", *frames, *((17, 3) if kind == "keypoints" else (64, 64))],
    }
    copies = 3 if name == "gaitgraph2" else 1
    rows = [PARTS[name]] if name in PARTS else []
    length = [DIMENSIONS * copies]
    if evaluation.parts == "concatenated":
        rows, length = [], [PARTS[name] * DIMENSIONS]
    assert shape_of(model.graph.output) == {"embedding": ["batch", *rows, *length]}
    assert [(one.key, one.value) for one in model.metadata_props] == [("key", "text")]
    assert str(REPOSITORY).encode() not in path.read_bytes()
    assert b"site-packages" not in path.read_bytes()


def shape_of(values):
    """The name of each value and its shape, dynamic axes as words."""
    return {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim] for value in values
    }
