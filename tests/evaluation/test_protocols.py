"""The overlays' protocols give the numbers of the field's own evaluators on six data sets.

Roles, comparisons and metrics are those of ``experiments/NAME.yaml``; the golden values are described in
``test_evaluators.py``.
"""

import io
import re

import numpy as np
import pandas as pd
import pytest
from places import GOLDEN, REPOSITORY

from gaitcore.artefacts.embeddings import write_embeddings
from gaitcore.artefacts.split import write_split
from gaitcore.artefacts.submission import read_submission
from gaitcore.evaluation.comparisons import measure
from gaitcore.evaluation.submission import submit_run
from gaitcore.keys import key_of_name
from gaitcore.protocols.derivation import derive_roles
from gaitcore.protocols.sides import columns
from gaitcore.settings.files import load_config

CELLS = 0.005 + 1e-9  # per cent: what rounding the cells to two decimals can change
TREES = {  # how data.tree of an overlay reads a label, a type and a view
    "casia_b": ("CASIA-B", lambda kind, view: (kind[:2], kind[3:], view)),
    "oumvlp": ("OUMVLP", lambda kind, view: ("nm", kind, view)),
    "sustech1k": ("SUSTech1K", lambda kind, view: (kind, "1", view)),
    "gait3d": ("Gait3D", lambda kind, view: ("walk", view, kind)),
    "ccpg": ("CCPG", lambda kind, view: (kind, *view.split("_")[::-1])),
    "grew": ("GREW", lambda kind, view: (kind, view, "unknown")),
}
CCPG = ("CL", "UP", "DN", "BG")
SUSTECH1K = {"Umberalla": "Umbrella"}  # the evaluator's spelling


@pytest.fixture(scope="module")
def golden():
    return dict(np.load(GOLDEN / "evaluators_small.npz"))


def with_roles(golden, name):
    """The embeddings (N, parts, D), the sequences with their roles and the configuration of an overlay."""
    of, read = TREES[name]
    labels, kinds, views = (golden[f"{of}::{column}"] for column in ("labels", "types", "views"))
    rows = [
        (label, *(key_of_name(text) for text in read(kind, view)), 80)
        for label, kind, view in zip(labels, kinds, views, strict=True)
    ]
    sequences = pd.DataFrame(rows, columns=["subject", "condition", "sequence", "view", "frames"])
    split = {"train": [], "test": sorted(set(labels.tolist())), "probes": golden.get(f"{of}::probes", [])}
    split["probes"] = [str(probe) for probe in split["probes"]]
    override = {"split": "golden", "splits": {"golden": split}}
    config = load_config(REPOSITORY / "config.yaml", {"experiment": name, "protocol": override})
    return golden[f"{of}::embeddings"].swapaxes(1, 2), derive_roles(sequences, config.protocol), config


def means(golden, name, **evaluation):
    """metric -> comparison -> per cent."""
    embeddings, assigned, config = with_roles(golden, name)
    settings = config.evaluation.model_copy(update=evaluation)
    measured = measure(embeddings, assigned, settings, config.protocol)
    return {metric: {c: 100 * value for c, value in of.items()} for metric, of in measured.means.items()}


def test_casia_b(golden):
    rank1 = means(golden, "casia_b", distance="euclidean")["rank1"]
    np.testing.assert_allclose([rank1[name] for name in ("nm", "bg", "cl")], golden["CASIA-B::expected"], atol=CELLS)


def test_oumvlp(golden):
    assert means(golden, "oumvlp")["rank1"]["nm"] == pytest.approx(golden["OUMVLP::expected_mean_euc"], abs=CELLS)
    cosine = means(golden, "oumvlp", distance="cosine")["rank1"]["nm"]
    assert cosine == pytest.approx(golden["OUMVLP::expected_mean_cos"], abs=CELLS)


def test_sustech1k(golden):
    found = means(golden, "sustech1k")
    for metric, start in (("rank1", "Normal@R1"), ("rank5", "Normal@R5")):
        (text,) = (
            line for line in golden["SUSTech1K::log"].tolist() if line.startswith(f"{start}: ") and "[" not in line
        )
        expected = {
            SUSTECH1K.get(name, name): float(value) for name, value in re.findall(r"(\w+)@R\d: ([\d.]+)%", text)
        }
        assert found[metric] == pytest.approx(expected, abs=2 * CELLS)
        assert list(found[metric]) == list(expected)


def test_gait3d(golden):
    found = means(golden, "gait3d")
    measured = [found[metric]["All"] for metric in ("rank1", "rank5", "rank10", "mAP", "mINP")]
    np.testing.assert_allclose(measured, golden["Gait3D::expected"], atol=1e-6)


def test_ccpg_in_both_evaluations(golden):
    found = means(golden, "ccpg")
    for metric in ("rank1", "mAP", "mINP"):
        expected = golden[f"CCPG::expected_reid_{metric}"]
        np.testing.assert_allclose([found[metric][name] for name in CCPG], expected, atol=1e-3)
    for metric, how in (("cells_rank1", "excluded"), ("cells_rank1_identical", "included")):
        expected = golden[f"CCPG::expected_rank1_identical_view_{how}"]
        np.testing.assert_allclose([found[metric][name] for name in CCPG], expected, atol=CELLS)


def test_grews_submission(golden, tmp_path):
    embeddings, assigned, config = with_roles(golden, "grew")
    assert assigned["role"].value_counts().to_dict() == {"gallery": 15, "probe": 15, "unknown_probe": 25}
    write_split(assigned, tmp_path / "split.csv", columns(config.protocol))
    write_embeddings(embeddings, assigned, tmp_path / "embeddings.parquet")
    files = {"table": tmp_path / "submission.csv", "archive": tmp_path / "submission.zip"}
    paths = (tmp_path / "embeddings.parquet", tmp_path / "split.csv")
    submit_run(*paths, config.evaluation, config.protocol.submission, **files)
    expected = pd.read_csv(io.StringIO(str(golden["GREW::expected_csv"])), dtype=str)
    found = read_submission(files["table"])
    assert found["videoId"].tolist() == sorted(expected["videoId"])
    pd.testing.assert_frame_equal(
        found.astype(object), expected.sort_values("videoId", ignore_index=True).astype(object), check_names=False
    )
