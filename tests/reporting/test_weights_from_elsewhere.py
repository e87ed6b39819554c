"""How tables tell that weights were trained elsewhere: a sign, a note, no spread; and the matrix of data sets."""

import math
from dataclasses import replace

import pytest
from made_up import run_record
from places import REPOSITORY

from gaitcore.artefacts.run_record import Origin
from gaitcore.reporting.figures.cross import cross_figure
from gaitcore.reporting.tables.cross import CrossResults, cross_cells, cross_latex, cross_notes, cross_table
from gaitcore.reporting.tables.layout import table_cells
from gaitcore.reporting.tables.tables import table2
from gaitcore.settings.files import load_config

SHA256 = "ab" * 32
NOTE = "The frames are 25 a second in training and 30 here: a window of 60 frames lasts 2.4 s and 2.0 s."


def origin(**changes):
    facts = {"path": "data/raw/a.pt", "sha256": SHA256, "run": None, "trained_on": {"dataset": "CASIA-B"}}
    return Origin(**facts | {"notes": (NOTE,), "left_out": ()} | changes)


@pytest.fixture
def from_file(summary, context):
    """Alpha's weights are from a file: one run without a seed."""
    rows = summary["system"].str.contains("alpha")
    summary = summary.copy()
    summary.loc[rows, "std"] = math.nan
    summary.loc[summary["system"] == "alpha", "n_seeds"] = 0
    run = run_record(system="alpha", seed=None, settings={"experiment": "x"}, origin=origin().model_dump())
    return summary, replace(context, elsewhere={"alpha": run})


def test_a_row_of_imported_weights_has_a_sign_and_a_note_and_no_seeds(from_file):
    table = table2(*from_file)
    assert [row.method + row.mark for row in table.rows] == ["Alpha¶", "Beta_net"]
    assert table.notes[0] == (
        f"¶ Alpha: weights from data/raw/a.pt, SHA-256 {SHA256}, not trained here; they were trained on CASIA-B. {NOTE}"
    )
    assert table.cell_text(table.rows[0], "nm") == "85.1"
    assert set(table_cells(table).query("method == 'Alpha'")["n_seeds"]) == {""}
    assert table.caption.split("Measured: ")[1] == (
        "mean ± standard deviation over 3 seeds; in brackets the 95% bootstrap interval of the mean over subjects and "
        "seeds. Over subjects only where the weights are from a file (Alpha). Bold: the best of each column within a "
        "block."
    )


def test_the_note_of_another_experiments_runs_names_it_and_that_of_a_start_its_file(summary, context):
    before = run_record(system="gaitmixer").model_dump(mode="json") | {"settings": {"experiment": "casia_b"}}
    taken = run_record(system="alpha", settings={}, origin=origin(run=before, notes=()).model_dump())
    settings = {"training": {"epochs": 1}}
    tuned = run_record(
        system="beta_net", settings=settings, origin=origin(left_out=("head.weight",), notes=()).model_dump()
    )
    table = table2(summary, replace(context, elsewhere={"alpha": taken, "beta_net": tuned}))
    assert table.notes[:2] == (
        "¶ Alpha: weights of the runs of gaitmixer in the experiment casia_b, not trained here; they were trained on "
        "CASIA-B.",
        f"Beta_net: the training started from data/raw/a.pt, SHA-256 {SHA256}; they were trained on CASIA-B. Left out, "
        "since they have another shape here: head.weight.",
    )
    assert [row.method + row.mark for row in table.rows] == ["Alpha¶", "Beta_net"]


@pytest.fixture
def crossed(summary, context):
    """Two experiments, each with GaitMixer of its own and that of the other."""

    def tested(name, other, title):
        config = load_config(
            REPOSITORY / "config.yaml", {"experiment": "demo", "compare": ["gaitmixer"], "cross": [other]}
        )
        config = config.model_copy(update={"experiment": name})
        own = summary[summary["metric"] != "rank1_difference"].replace(
            {"system": {"alpha": "gaitmixer", "beta_net": f"gaitmixer_from_{other}"}}
        )
        titles = {"gaitmixer": "GaitMixer", f"gaitmixer_from_{other}": "GaitMixer, trained elsewhere"}
        return CrossResults(config, own, replace(context, experiment=name, dataset=title, system_titles=titles))

    return [tested("ucalgary", "psymo", "UCalgary"), tested("psymo", "ucalgary", "PsyMo")]


def test_the_matrix_has_a_row_for_each_training_and_a_column_for_each_test(crossed):
    cells = cross_cells(crossed)
    means = cells[cells["condition"] == "mean"]
    assert means[["system", "trained_on", "tested_on", "tested_system", "rank1_percent"]].to_numpy().tolist() == [
        ["gaitmixer", "ucalgary", "ucalgary", "gaitmixer", 70.025],
        ["gaitmixer", "ucalgary", "psymo", "gaitmixer_from_ucalgary", 65.03],
        ["gaitmixer", "psymo", "ucalgary", "gaitmixer_from_psymo", 65.03],
        ["gaitmixer", "psymo", "psymo", "gaitmixer", 70.025],
    ]
    assert set(cells["condition"]) == {"nm", "ar", "mean"}
    table = cross_table(cells, crossed, 95)
    assert table.header == ("System", "Trained on", "UCalgary", "PsyMo")
    assert table.lines == (
        ("GaitMixer", "UCalgary", "70.0 ± 1.2 [65.0, 74.0]", "65.0 ± 1.2 [60.0, 69.0]"),
        ("GaitMixer", "PsyMo", "65.0 ± 1.2 [60.0, 69.0]", "70.0 ± 1.2 [65.0, 74.0]"),
    )
    assert r"GaitMixer & UCalgary & 70.0 $\pm$ 1.2 [65.0, 74.0] & 65.0 $\pm$ 1.2 [60.0, 69.0] \\" in cross_latex(table)
    assert table.notes[0].startswith("UCalgary (ucalgary): Protocol: 18 training and 10 test subjects")
    assert table.notes[0].endswith("Chance is 10.0%.")


def test_what_differs_is_told_once_for_all_systems_of_which_it_is_true(crossed):
    run = run_record(system="x", settings={}, origin=origin().model_dump())
    first, second = crossed
    taken = replace(first, context=replace(first.context, elsewhere={"gaitmixer_from_psymo": run, "other": run}))
    assert cross_notes([taken, second])[1] == (f"GaitMixer, trained elsewhere, and other, tested on UCalgary: {NOTE}")


def test_the_figure_of_the_matrix_has_every_number_and_frames_the_own_data_set(crossed):
    (panel, _) = cross_figure(cross_cells(crossed)).axes
    assert [text.get_text() for text in panel.texts] == [
        *("70.0", "[65.0, 74.0]", "65.0", "[60.0, 69.0]"),
        *("65.0", "[60.0, 69.0]", "70.0", "[65.0, 74.0]"),
    ]
    assert [tuple(patch.get_xy()) for patch in panel.patches] == [(-0.47, -0.46), (0.53, 0.54)]
