"""Subjects, conditions, sequences and views of any name go from poses to tables, figures and reports.

Some look like missing numbers (NA, nan), some are spelled with capitals, and of the views one alone has degrees.
"""

import re

import pandas as pd
import pyarrow.parquet as pq
import pytest

from gaitcore.artefacts.metrics import read_metrics
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.subjects import read_subjects
from gaitcore.artefacts.summary import read_summary
from gaitcore.artefacts.table_cells import read_cells
from gaitcore.modalities.keypoints.walkers.walkers import WalkerSettings, write_walkers

pytestmark = pytest.mark.workflow

SUBJECTS = {"001": "P1", "002": "P2", "003": "P3", "004": "P9", "005": "P10", "006": "nan"}
CONDITIONS = {"nm": "NA", "bg": "nan"}
SEQUENCES = {"01": "seq0", "02": "1", "03": "seq10"}
VIEWS = {"000": "front", "036": "036", "090": "NA"}
EXPERIMENT = """\
experiment: texts
extends: tiny
data: {path: data/raw/texts/poses.csv, walkers: null}
protocol:
  split: 3/3
  splits:
    3/3: {train: "P1, P2, P3", test: [P9, P10, nan]}
  gallery: {NA: [seq0, 1]}
  probes: {NA: [seq10], nan: [seq0, 1]}
seeds: [0]
compare: [gaitmixer]
"""
ORDERED_VIEWS = ["036", "NA", "front"]


def renamed(line):
    """A line of the walkers' CSV with its sequence under a name of the tables above; None where it has none."""
    subject, condition, sequence, view = re.match(r"\./(\w+)-(\w+)-(\w+)-(\w+)/", line).groups()
    keys = (SUBJECTS.get(subject), CONDITIONS.get(condition), SEQUENCES.get(sequence), VIEWS.get(view))
    return None if None in keys else f"./{'-'.join(keys)}/{line.split('/', 2)[2]}"


def write_poses(path):
    path.parent.mkdir(parents=True)
    write_walkers(path, WalkerSettings(subjects=len(SUBJECTS)))
    header, *lines = path.read_text().splitlines(keepends=True)
    path.write_text(header + "".join(filter(None, map(renamed, lines))))


@pytest.fixture(scope="module")
def results(finished):
    write_poses(finished.folder / "data" / "raw" / "texts" / "poses.csv")
    (finished.folder / "experiments" / "texts.yaml").write_text(EXPERIMENT)
    done = finished.snakemake("tables", "figures", "report", experiment="texts")
    assert done.returncode == 0, done.stdout
    return finished.folder / "results" / "texts"


def test_the_pose_table_is_sorted_by_keys_and_nothing_was_dropped(results):
    frames = pd.read_parquet(results / "poses.parquet", columns=["subject", "condition", "sequence", "view"])
    walks = frames.drop_duplicates()
    assert list(dict.fromkeys(walks["subject"])) == ["P1", "P2", "P3", "P9", "P10", "nan"]
    assert walks[walks["subject"] == "P1"].to_numpy()[:, 1:].tolist() == [
        [condition, sequence, view]
        for condition, sequences in (("NA", ("1", "seq0", "seq10")), ("nan", ("1", "seq0")))
        for sequence in sequences
        for view in ORDERED_VIEWS
    ]
    assert (results / "poses_report.csv").read_text() == "file,line,sequence,frame,reason\n"


def test_every_role_is_that_of_the_protocol(results):
    split = read_split(results / "split.csv")
    of_walk = {(row.subject, row.condition, row.sequence): row.role for row in split.itertuples()}
    assert [of_walk["nan", *walk] for walk in (("NA", "seq0"), ("NA", "1"))] == ["gallery", "gallery"]
    assert [of_walk["P10", *walk] for walk in (("NA", "seq10"), ("nan", "seq0"))] == ["probe", "probe"]
    assert {of_walk["P3", *walk] for walk in (("NA", "seq0"), ("nan", "1"))} == {"train"}


def test_metrics_have_the_data_sets_own_names(results):
    metrics = read_metrics(results / "gaitmixer" / "seed-0" / "metrics.json")
    assert list(metrics.conditions) == ["NA", "nan"]
    for condition in metrics.conditions.values():
        assert list(condition.views) == ORDERED_VIEWS
        assert list(condition.per_probe_view["rank1"]) == ORDERED_VIEWS


def test_embeddings_and_subjects_have_them_too(results):
    run = results / "gaitmixer" / "seed-0"
    embeddings = pq.read_table(run / "embeddings.parquet").to_pandas()
    assert set(embeddings["view"]) == set(ORDERED_VIEWS)
    assert set(embeddings["sequence"]) == {"seq0", "1", "seq10"}
    subjects = read_subjects(run / "subjects.csv")
    assert subjects[["condition", "view", "subject"]].to_numpy().tolist() == [
        [condition, view, subject]
        for condition in ("NA", "nan")
        for view in ORDERED_VIEWS
        for subject in ("P9", "P10", "nan")
    ]


def test_the_summary_has_a_row_for_every_condition_and_view(results):
    summary = read_summary(results / "summary.csv")
    rank1 = summary[summary["metric"] == "rank1"]
    assert rank1[["condition", "view"]].to_numpy().tolist() == [
        *(["NA", view] for view in ORDERED_VIEWS),
        *(["nan", view] for view in ORDERED_VIEWS),
        *(["NA", "mean"], ["nan", "mean"], ["mean", "mean"]),
    ]


def test_the_tables_name_them_and_have_degrees_where_there_are_any(results):
    table1, table2 = (
        re.sub(" +", " ", (results / "tables" / f"{name}.md").read_text()) for name in ("table1", "table2")
    )
    assert "| Probe | Method | 36° | NA | front | Mean | Interval |" in table1
    assert "gallery NA#seq0,1, probes NA#seq10, NAN#seq0,1" in table1
    assert "| Method | NA | NAN | Mean | Interval |" in table2
    assert r"{36$^{\circ}$, NA, front}" in (results / "tables" / "table1.tex").read_text()
    cells = read_cells(results / "tables" / "table1.csv")
    assert cells["view"].tolist() == ["36", "NA", "front", "mean"] * 2


def test_the_figures_name_them(results):
    def numbers(figure):
        return pd.read_csv(results / "figures" / f"{figure}.csv", dtype=str, keep_default_na=False)

    matrix = numbers("cross_view_gaitmixer")
    assert list(dict.fromkeys(matrix["probe_view"])) == ORDERED_VIEWS
    assert list(dict.fromkeys(matrix["condition"])) == ["NA", "nan"]
    shares = numbers("attribution_shares")
    assert set(shares["condition"]) == {"NA", "nan", "mean"}
    sheet = numbers("contact_sheet")
    assert sheet[["condition", "view", "subject", "sequence"]].to_numpy().tolist() == [
        *(["NA", view, "P1", "1"] for view in ORDERED_VIEWS),
        *(["nan", view, "P1", "1"] for view in ORDERED_VIEWS),
    ]
    assert "the probe P9-NA-seq10-036" in (results / "figures" / "attribution.txt").read_text()


def test_two_spellings_of_a_subject_end_in_one_sentence(finished, results):
    other = finished.folder / "data" / "raw" / "texts" / "two.csv"
    text = (finished.folder / "data" / "raw" / "texts" / "poses.csv").read_text()
    other.write_text(text.replace("./P1-", "./001-").replace("./P2-", "./1-"))
    overlay = EXPERIMENT.replace("experiment: texts", "experiment: two").replace("poses.csv", "two.csv")
    (finished.folder / "experiments" / "two.yaml").write_text(overlay)
    done = finished.snakemake("results/two/poses.parquet", experiment="two")
    assert done.returncode == 1
    assert "subject 001 and subject 1 are two spellings of one number, expected one; rename one of them." in done.stdout
