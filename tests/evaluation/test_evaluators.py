"""Cross-view and whole-gallery accuracy of embeddings with parts, equal to the field's own evaluators on six data sets.

The golden values are those of OpenGait's evaluators on made-up embeddings (N, D, parts) = (N, 6, 3), in per cent,
from cells that were rounded to two decimals where there are cells.
"""

import numpy as np
import pandas as pd
import pytest
from places import GOLDEN

from gaitcore.evaluation import cross_view_metrics, whole_gallery_metrics

CELLS = 0.005 + 1e-9  # per cent: what rounding the cells to two decimals can change
CCPG = {  # comparison -> probe types, gallery types
    "CL": (["U0_D0_BG", "U0_D0"], ["U1_D1", "U2_D2", "U3_D3"]),
    "UP": (["U3_D3"], ["U0_D3"]),
    "DN": (["U1_D0"], ["U1_D1"]),
    "BG": (["U0_D0_BG"], ["U0_D0"]),
}
SUSTECH = {  # condition -> parts of the probes' types, in the golden values' order
    **{"Normal": ["01-nm"], "Bag": ["bg"], "Clothing": ["cl"], "Carrying": ["cr"], "Umberalla": ["ub"]},
    **{"Uniform": ["uf"], "Occlusion": ["oc"], "Night": ["nt"], "Overall": ["01", "02", "03", "04"]},
}


@pytest.fixture(scope="module")
def golden():
    return dict(np.load(GOLDEN / "evaluators_small.npz"))


def data(golden, name):
    """The embeddings (N, parts, D) of a data set, and its keys with the free text of its types."""
    subject, kind, view = (golden[f"{name}::{column}"] for column in ("labels", "types", "views"))
    keys = pd.DataFrame({"subject": subject, "condition": kind, "sequence": "1", "view": view}).astype("str")
    return golden[f"{name}::embeddings"].swapaxes(1, 2), keys


def test_casia_b(golden):
    embeddings, keys = data(golden, "CASIA-B")
    kind = keys["condition"]
    keys = keys.assign(condition=kind.str[:2], sequence=kind.str[3:])
    gallery = kind.isin(["nm-01", "nm-02", "nm-03", "nm-04"])
    metrics = cross_view_metrics(
        embeddings, keys.assign(role=np.where(gallery, "gallery", "probe")), distance="euclidean"
    )
    means = [100 * metrics.mean(condition) for condition in ("nm", "bg", "cl")]
    np.testing.assert_allclose(means, golden["CASIA-B::expected"], atol=CELLS)


@pytest.mark.parametrize(("distance", "short"), [("euclidean", "euc"), ("cosine", "cos")])
def test_oumvlp(golden, distance, short):
    embeddings, keys = data(golden, "OUMVLP")
    keys = keys.assign(role=np.where(keys["condition"] == "01", "gallery", "probe"), condition="nm")
    metrics = cross_view_metrics(embeddings, keys, distance=distance)
    expected = golden[f"OUMVLP::expected_per_probe_view_{short}"]
    np.testing.assert_allclose(100 * metrics.per_probe_view("nm"), expected, atol=CELLS)
    np.testing.assert_allclose(100 * metrics.mean("nm"), golden[f"OUMVLP::expected_mean_{short}"], atol=CELLS)


def test_sustech1k(golden):
    embeddings, keys = data(golden, "SUSTech1K")
    gallery = keys["condition"] == "00-nm"
    means = []
    for signs in SUSTECH.values():
        probe = ~gallery & keys["condition"].map(lambda kind, signs=signs: any(sign in kind for sign in signs))
        one_condition = keys.assign(role=np.select([gallery, probe], ["gallery", "probe"], "none"), condition="one")
        means.append(100 * cross_view_metrics(embeddings, one_condition, distance="euclidean").mean("one"))
    assert [name.split("/")[-1] for name in golden["SUSTech1K::expected_names"]] == [f"{name}@R1" for name in SUSTECH]
    np.testing.assert_allclose(means, golden["SUSTech1K::expected"], atol=CELLS)


def test_gait3d(golden):
    embeddings, keys = data(golden, "Gait3D")
    names = keys["subject"] + "-" + keys["condition"] + "-" + keys["view"]
    role = np.where(names.isin(golden["Gait3D::probes"]), "probe", "gallery")
    metrics = whole_gallery_metrics(embeddings, keys.assign(role=role))
    measured = [*(metrics.rank_k[k] for k in (1, 5, 10)), metrics.mAP, metrics.mINP]
    np.testing.assert_allclose(100 * np.array(measured), golden["Gait3D::expected"], atol=1e-6)


@pytest.mark.parametrize(("place", "name"), list(enumerate(CCPG)))
def test_ccpg(golden, place, name):
    embeddings, keys = data(golden, "CCPG")
    probes, gallery = CCPG[name]
    kind = keys["condition"]
    keys = keys.assign(
        role=np.select([kind.isin(probes), kind.isin(gallery)], ["probe", "gallery"], "none"),
        view=keys["view"].str.split("_").str[0],
        condition=name,
    )
    metrics = whole_gallery_metrics(embeddings, keys, ks=(1,), exclude_same="view")
    expected = [golden[f"CCPG::expected_reid_{metric}"][place] for metric in ("rank1", "mAP", "mINP")]
    np.testing.assert_allclose(100 * np.array([metrics.rank_k[1], metrics.mAP, metrics.mINP]), expected, atol=1e-3)
    cells = cross_view_metrics(embeddings, keys, distance="euclidean")
    excluded, included = (
        golden[f"CCPG::expected_rank1_identical_view_{how}"][place] for how in ("excluded", "included")
    )
    np.testing.assert_allclose(100 * cells.mean(name), excluded, atol=CELLS)
    np.testing.assert_allclose(100 * cells.rank1[name].to_numpy().mean(), included, atol=CELLS)


def test_grews_stand_in_has_one_gallery(golden):
    embeddings, keys = data(golden, "GREW")
    keys = keys.assign(role=keys["condition"].map({"01": "gallery", "02": "probe"}).fillna("none"))
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=-1).mean(axis=-1)
    gallery, probes = (np.flatnonzero(keys["role"] == role) for role in ("gallery", "probe"))
    order = gallery[np.argsort(distances[np.ix_(probes, gallery)], axis=1)]
    subject = keys["subject"].to_numpy()
    hits = subject[order] == subject[probes][:, None]
    metrics = whole_gallery_metrics(embeddings, keys, ks=(1, 5))
    matched = hits.any(axis=1)
    assert metrics.rank_k == {1: hits[matched, 0].mean(), 5: hits[matched, :5].any(axis=1).mean()}
