"""A made-up tree of each set in its users' layout goes through the set's own overlay to tables in the real DAG."""

import re
import zipfile

import numpy as np
import pandas as pd
import pytest
from made_up_sets import PROBES_GREW, SETS, VIEWS_OUMVLP
from scratch_workflow import Workflow

from gaitcore.artefacts.embeddings import read_embeddings
from gaitcore.artefacts.metrics import read_metrics
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.submission import read_submission
from gaitcore.artefacts.summary import read_summary
from gaitcore.artefacts.table_cells import read_cells
from gaitcore.audit.trace import trace_cell
from gaitcore.audit.trace_text import trace_text

pytestmark = pytest.mark.workflow

SMALL = """\
experiment: small_NAME
extends: NAME
compare: [body_statistics, gaittr]
systems:
  gaittr:
    network: {frames: 12, embedding_dim: 8, widths: [32, 32, 32, 32]}
    training: {epochs: 1, batch: {subjects: 2, sequences: 2, steps: 2}, schedule: constant}
statistics: {resamples: 100}
"""
SUSTECH1K = {
    **{"Normal": 12, "Bag": 24, "Clothing": 12, "Carrying": 12, "Umbrella": 24, "Uniform": 12, "Occlusion": 12},
    **{"Night": 24, "Overall": 108},
}


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    workflow = Workflow.new(tmp_path_factory.mktemp("sets"))
    for name, make in SETS.items():
        make(workflow.folder / "data" / "raw")
        (workflow.folder / "experiments" / f"small_{name}.yaml").write_text(SMALL.replace("NAME", name))
    return workflow


@pytest.fixture(scope="module")
def made(workflow):
    """The results folder of a set, made by the first test that asks for it."""

    def results(name, *targets):
        done = workflow.snakemake(*(targets or ("tables",)), experiment=f"small_{name}")
        assert done.returncode == 0, done.stdout
        return workflow.folder / "results" / f"small_{name}"

    return results


def caption_and_notes(results, table="table1"):
    text = (results / "tables" / f"{table}.md").read_text()
    return "\n".join(line for line in text.splitlines() if not line.startswith("|"))


def rank1(results, system="body_statistics"):
    """Condition -> rank-1 of the system without learning, in percent."""
    summary = read_summary(results / "summary.csv")
    rows = summary[(summary["system"] == system) & (summary["metric"] == "rank1") & (summary["view"] == "mean")]
    return dict(zip(rows["condition"], 100 * rows["mean"], strict=True))


def columns_of(split, name):
    return split[name].value_counts().reindex(["gallery", "probe"]).tolist()


def test_oumvlp_has_fourteen_views(made):
    results = made("oumvlp")
    split = read_split(results / "split.csv")
    assert split["role"].value_counts().to_dict() == {"train": 112, "gallery": 56, "probe": 56}
    cells = read_cells(results / "tables" / "table1.csv")
    assert cells["view"].tolist() == [*(view.lstrip("0") or "0" for view in VIEWS_OUMVLP), "mean"] * 2
    assert rank1(results) == {"nm": 100.0, "mean": 100.0}
    text = caption_and_notes(results)
    assert "4 training and 4 test subjects, gallery NM#1, probes NM#0, identical view excluded." in text
    assert "Probes: NM 56, against 56 gallery sequences." in text
    assert "Sequences of any length are used; training sequences shorter than a window are repeated end to end." in text
    assert "†" not in text  # the published rows are of 5,154 test subjects


def test_gait3d_has_listed_probes_and_columns_of_metrics(made):
    results = made("gait3d")
    split = read_split(results / "split.csv")
    assert columns_of(split, "All") == [8, 4]
    assert set(split.loc[split["All"] == "probe", "view"]) == {"camid7_videoid2"}
    cells = read_cells(results / "tables" / "table1.csv")
    assert cells["metric"].tolist() == ["rank1", "rank5", "rank10", "mAP", "mINP"] * 2
    assert cells.loc[cells["method"].str.startswith("Body"), "percent"].tolist() == [100.0] * 5
    header = re.sub(" +", " ", (results / "tables" / "table1.md").read_text())
    assert "| Probe | Method | Rank-1 | Rank-5 | Rank-10 | mAP | mINP | Interval of Rank-1 |" in header
    text = caption_and_notes(results)
    assert "gallery all other test sequences, probes All (the listed sequences); against the whole gallery." in text
    assert "Probes: All 4, against 8 gallery sequences." in text


def test_a_metric_of_a_table_is_traced_to_its_runs(made):
    table = made("gait3d") / "tables" / "table1.csv"
    trace = trace_cell(table, "Body statistics (no learning)", "mINP", "All")
    assert trace.holds
    assert "mINP 100.0 %" in trace_text(trace)


def test_ccpg_has_four_comparisons_in_two_evaluations(made):
    results = made("ccpg")
    split = read_split(results / "split.csv")
    assert {name: columns_of(split, name) for name in ("CL", "UP", "DN", "BG")} == {
        **{"CL": [24, 16], "UP": [8, 8], "DN": [8, 8], "BG": [8, 8]},
    }
    tested = split[split["role"] != "train"].drop_duplicates("condition").set_index("condition")["role"]
    assert tested.to_dict() == {
        **{"U0_D0": "gallery_and_probe", "U0_D0_BG": "probe", "U0_D3": "gallery", "U1_D0": "probe"},
        **{"U1_D1": "gallery", "U2_D2": "gallery", "U3_D3": "gallery_and_probe"},
    }
    cells = read_cells(results / "tables" / "table1.csv")
    metrics = ["rank1", "rank5", "mAP", "mINP", "cells_rank1", "cells_rank1_identical"]
    assert cells["metric"].tolist() == metrics * 8
    assert cells["block"].drop_duplicates().tolist() == ["CL", "UP", "DN", "BG"]
    assert rank1(results) == {"CL": 100.0, "UP": 100.0, "DN": 100.0, "BG": 100.0, "mean": 100.0}
    record = read_metrics(results / "gaittr" / "seed-0" / "metrics.json")
    assert record.cells["CL"].views == ("00", "01")
    assert record.cells["CL"].probes == ((8, 8), (8, 8))
    matrix = np.array(record.cells["CL"].cells["rank1"])
    assert record.means["cells_rank1"]["CL"] == pytest.approx((matrix[0, 1] + matrix[1, 0]) / 2)
    assert record.means["cells_rank1_identical"]["CL"] == pytest.approx(matrix.mean())
    text = caption_and_notes(results)
    assert "UP: probes U3_D3, gallery U0_D3; DN: probes U1_D0, gallery U1_D1;" in text
    assert "Probes: CL 16 against 24, UP 8 against 8, DN 8 against 8, BG 8 against 8 gallery sequences." in text


def test_ccpgs_evaluations_are_those_of_the_embeddings(made):
    """The rank-1 of UP, computed here from embeddings.parquet."""
    results = made("ccpg")
    vectors, keys = read_embeddings(results / "gaittr" / "seed-0" / "embeddings.parquet")
    distances = np.linalg.norm(vectors[:, None].astype(float) - vectors[None], axis=-1)
    probes, gallery = (np.flatnonzero(keys["condition"] == name) for name in ("U3_D3", "U0_D3"))
    subject, camera = keys["subject"].to_numpy(), keys["view"].to_numpy()
    hits, crossed = [], []
    for probe in probes:
        own = (subject[gallery] == subject[probe]) & (camera[gallery] == camera[probe])
        nearest = gallery[~own][distances[probe, gallery[~own]].argmin()]
        hits.append(subject[nearest] == subject[probe])
        other = gallery[camera[gallery] != camera[probe]]
        crossed.append(subject[other[distances[probe, other].argmin()]] == subject[probe])
    means = read_metrics(results / "gaittr" / "seed-0" / "metrics.json").means
    assert means["rank1"]["UP"] == pytest.approx(np.mean(hits))
    assert means["cells_rank1"]["UP"] == pytest.approx(np.mean(crossed))


def test_sustech1ks_rows_overlap(made):
    results = made("sustech1k")
    split = read_split(results / "split.csv")
    assert {name: columns_of(split, name) for name in SUSTECH1K} == {name: [12, n] for name, n in SUSTECH1K.items()}
    cells = read_cells(results / "tables" / "table1.csv")
    assert cells["block"].drop_duplicates().tolist() == list(SUSTECH1K)
    assert cells["view"].drop_duplicates().tolist() == ["0", "270", "270_far", "mean"]
    assert rank1(results) == {**dict.fromkeys(SUSTECH1K, 100.0), "mean": 100.0}
    text = caption_and_notes(results, "table2")
    assert "gallery 00_nm, probes Normal (\\*01_nm\\*), Bag (\\*bg\\*), " in text
    assert "Probes: Normal 12, Bag 24, Clothing 12, Carrying 12, Umbrella 24, " in text


def test_grews_stand_in_and_its_submission(made):
    results = made("grew", "tables", "submission")
    split = read_split(results / "split.csv")
    assert split["role"].value_counts().to_dict() == {"train": 8, "gallery": 10, "probe": 10, "unknown_probe": 5}
    assert columns_of(split, "StandIn") == [10, 10]
    assert columns_of(split, "submission") == [20, 5]
    cells = read_cells(results / "tables" / "table1.csv")
    assert cells["metric"].drop_duplicates().tolist() == ["rank1", "rank5", "rank10", "rank20", "mAP", "mINP"]
    assert rank1(results) == {"StandIn": 100.0, "mean": 100.0}
    text = caption_and_notes(results)
    assert "4 training and 10 test subjects; gallery 01, probes Stand-in (02); " in text
    assert "5 probes of unknown identity are in the submission alone." in text

    run = results / "gaittr" / "seed-0"
    first = (run / "submission.csv").read_text().splitlines()[0]
    assert first == ",".join(["videoId", *(f"rank{place}" for place in range(1, 21))])
    with zipfile.ZipFile(run / "submission.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "submission.csv": (run / "submission.csv").read_bytes()
        }
    assert read_submission(run / "submission.csv").equals(nearest_subjects(run))
    known = read_submission(results / "body_statistics" / "seed-0" / "submission.csv").set_index("videoId")["rank1"]
    assert known.to_dict() == {video: str(person) for video, person in PROBES_GREW.items()}


def nearest_subjects(run):
    """The submission computed from embeddings.parquet: Euclidean distances, a row for each probe's video."""
    vectors, keys = read_embeddings(run / "embeddings.parquet")
    distances = np.linalg.norm(vectors[:, None].astype(float) - vectors[None], axis=-1)
    gallery = np.flatnonzero(keys["condition"].isin(["01", "02"]))
    rows = []
    for video in sorted(PROBES_GREW):
        (probe,) = np.flatnonzero(keys["sequence"] == video)
        nearest = gallery[np.argsort(distances[probe, gallery], kind="stable")]
        rows.append([video, *(str(int(keys["subject"].iloc[row])) for row in nearest)])
    return pd.DataFrame(rows, columns=["videoId", *(f"rank{place}" for place in range(1, 21))], dtype="str")


def test_a_submission_without_probes_of_unknown_identity_ends_in_one_sentence(workflow):
    done = workflow.snakemake("submission", experiment="small_gait3d")
    assert done.returncode == 1
    assert done.stdout.strip().endswith(
        "submission: small_gait3d has no probes of unknown identity; protocol.submission says which they are, as in "
        "experiments/grew.yaml."
    )
