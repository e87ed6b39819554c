"""The table and the figure of a sweep, from made-up runs: all tries, the best first, failed and collapsed ones too."""

import pandas as pd
import pytest
import yaml
from made_up import run_record
from places import REPOSITORY

from gaitcore.artefacts.run_record import write_run
from gaitcore.artefacts.split import write_split
from gaitcore.artefacts.subjects import write_subjects
from gaitcore.artefacts.sweep_tries import read_tries
from gaitcore.errors import DataError, ProtocolError
from gaitcore.reporting.pages.sections import page_markdown
from gaitcore.reporting.tables.sweep import sweep_latex, sweep_page, sweep_results, sweep_table
from gaitcore.reporting.write_sweep import SECTIONS, SweepFiles, write_sweep
from gaitcore.settings.files import load_config
from gaitcore.settings.sections import chosen_settings, sections_of
from gaitcore.sweeps import runs_of_sweep, tries_of

RATES = (1e-3, 3e-3, 1e-2, 1.0)
SWEEP = {"system": "gaitmixer", "settings": {"training.learning_rate": list(RATES)}, "seeds": [0, 1]}
SPLITS = {"48/20": {"train": "1-48", "test": "49-68", "validation": "45-48"}}
HITS = {  # rate -> seed -> hits in nm of the four validation subjects; in bg and cl there are none
    1e-3: ((1, 1, 1, 0), (1, 1, 0, 0)),
    3e-3: ((1, 1, 1, 1), (1, 1, 1, 0)),
    1e-2: ((0, 0, 0, 0), (0, 0, 0, 0)),
    1.0: ((), (1, 0, 0, 0)),
}
FAILURE = "The loss became nan in epoch 1, step 2, at a learning rate of 1; lower it."


def configured(**sweep):
    changes = {"protocol": {"splits": SPLITS}, "sweep": SWEEP | sweep}
    return load_config(REPOSITORY / "config.yaml", {"experiment": "demo", **changes})


@pytest.fixture
def config():
    return configured()


def by_subject(hits):
    rows = [
        (condition, "000", str(subject), 1, float(hit and condition == "nm"))
        for condition in ("nm", "bg", "cl")
        for subject, hit in zip(range(45, 49), hits, strict=False)
    ]
    return pd.DataFrame(rows, columns=["condition", "view", "subject", "probes", "rank1"])


def made_up(config):
    """The record and the subjects of each run."""
    rates = {one.name: one.settings["training.learning_rate"] for one in tries_of(config.sweep)}
    records, subjects = [], {}
    for name, seed in runs_of_sweep(config):
        hits = HITS[rates[name]][seed]
        changes = {"wall_seconds": 10.0 + seed, "final_loss": 0.01 + 0.02 * seed, "collapsed": rates[name] == 1e-2}
        if not hits:
            changes |= {"failure": FAILURE, "final_loss": None, "spread": None}
        records.append(run_record(system=name, seed=seed, **changes))
        subjects[name, seed] = by_subject(hits)
    return records, subjects


def split():
    rows = [
        (f"{subject:03d}", "nm", walk, "000", 70, role)
        for subject, roles in ((1, ("train",) * 2), (45, ("validation_gallery", "validation_probe")))
        for walk, role in zip(("01", "05"), roles, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["subject", "condition", "sequence", "view", "frames", "role"])
    return frame.assign(reason="")


@pytest.fixture
def results(config):
    return sweep_results(config, *made_up(config), split())


def names(config):
    return {rate: one.name for rate, one in zip(RATES, tries_of(config.sweep), strict=True)}


def test_all_tries_are_in_the_table_the_best_first(config, results):
    name = names(config)
    table = sweep_table(results)
    assert table.header == (
        *("", "training.learning_rate", "NM", "BG", "CL", "Mean", "Chosen (%)", "Loss", "Spread", "Time (s)", "Try"),
    )
    share = {rate: results.choice.chosen[name[rate]] for rate in (1e-3, 3e-3)}
    assert sum(share.values()) == pytest.approx(1)
    chosen = {rate: f"{round(100 * value + 1e-9, 1):.1f}" for rate, value in share.items()}
    assert table.lines == (
        ("1", "0.003", "87.5", "0.0", "0.0", "29.2 ± 5.9", chosen[3e-3], "0.02", "0.4", "10.5", name[3e-3]),
        ("2", "0.001", "62.5", "0.0", "0.0", "20.8 ± 5.9", chosen[1e-3], "0.02", "0.4", "10.5", name[1e-3]),
        ("3", "1.0", "25.0", "0.0", "0.0", "8.3 (1 failed)", "–", "0.03", "0.4", "10.5", name[1.0]),
        ("4", "0.01", "0.0", "0.0", "0.0", "0.0 ± 0.0‡", "–", "0.02", "0.4", "10.5", name[1e-2]),
    )


def test_a_try_with_a_failed_or_collapsed_run_is_not_chosen(config, results):
    name = names(config)
    assert results.choice.best == name[3e-3]
    assert results.choice.chosen.keys() == {name[3e-3], name[1e-3]}
    notes = sweep_table(results).notes
    assert "‡ 2 of the runs collapsed to nearly one point; a try with such a run is not chosen." in notes
    assert f"{name[1.0]}: 1 of 2 runs failed and the try is not chosen: {FAILURE}" in notes


def test_the_notes_say_what_was_tried_on_whom_and_how_far_to_trust_it(results):
    search, people, corrected, chance, *_ = sweep_table(results).notes
    assert search == "The tries are all combinations of the values of training.learning_rate."
    assert people == (
        "The validation subjects (045) are held out of the training subjects, of whom 1 trained the networks; 1 probes "
        "are compared with 1 gallery sequences. No sequence of a test subject was used."
    )
    fraction = results.choice.corrected
    assert f"Corrected, its 29.2% become {100 * fraction:.1f}% (" in corrected
    assert "2,000 resamples of the 4 validation subjects" in corrected
    assert "Tsamardinos et al., Machine Learning 107, 2018" in corrected
    assert chance.startswith(
        "By the randomness of training alone, the best of 2 equally good tries would be about 2.4 points above their "
    )


def test_one_seed_says_that_the_randomness_of_training_is_not_known():
    config = configured(seeds=[1])
    records, subjects = made_up(configured())
    one = {run: table for run, table in subjects.items() if run[1] == 1}
    results = sweep_results(config, [record for record in records if record.seed == 1], one, split())
    assert any("With one seed for each try it is not known" in note for note in sweep_table(results).notes)
    assert " ± " not in " ".join(" ".join(line) for line in sweep_table(results).lines)


def test_a_random_search_says_its_distributions_and_seed():
    settings = {"training.learning_rate": {"low": 1e-4, "high": 1e-2, "scale": "log"}, "network.kernel": [3, 5]}
    settings["training.epochs"] = {"low": 1, "high": 4}
    config = configured(settings=settings, search="random", tries=5, seed=7)
    results = sweep_results(config, [], {}, split())
    assert sweep_table(results).notes[0] == (
        "The tries were drawn at random, independently, with seed 7: training.learning_rate uniform in the logarithm "
        "from 0.0001 to 0.01; network.kernel uniform among 3, 5; training.epochs whole numbers, uniform from 1 to 4."
    )
    assert "No try ended without a failure or a collapse, so none is the best." in sweep_table(results).notes
    assert sweep_table(results).overlay == ""


def test_the_best_settings_are_an_overlay_to_paste(results):
    assert yaml.safe_load(sweep_table(results).overlay) == {
        "systems": {"gaitmixer": {"training": {"learning_rate": 0.003}}}
    }
    page = page_markdown(sweep_page(sweep_table(results)))
    assert "```\nsystems:\n  gaitmixer:\n    training:\n      learning_rate: 0.003\n```\n" in page
    assert "test them once" in page


def test_latex_has_every_try(results):
    text = sweep_latex(sweep_table(results))
    assert text.count(r" \\") == 5
    assert r"1 & 0.003 & 87.5 & 0.0 & 0.0 & 29.2" in text


def written(folder, config, change=lambda name, seed, table: table):
    records, subjects = made_up(config)
    files = {"runs": [], "subjects": []}
    for record, (run, table) in zip(records, subjects.items(), strict=True):
        place = folder / f"{run[0]}-{run[1]}"
        write_run(record, place.with_suffix(".json"))
        write_subjects(change(*run, table), place.with_suffix(".csv"))
        files["runs"].append(place.with_suffix(".json"))
        files["subjects"].append(place.with_suffix(".csv"))
    write_split(split(), folder / "split.csv")
    declared = sections_of(chosen_settings(config, SECTIONS))
    write_sweep(declared, SweepFiles(**files, splits=[folder / "split.csv"]), folder / "sweep.csv")
    return folder / "sweep.csv"


def test_the_files_of_a_sweep(tmp_path, config):
    path = written(tmp_path, config)
    tries = read_tries(path)
    assert tries["try"].tolist() == [names(config)[rate] for rate in (3e-3, 1e-3, 1.0, 1e-2)]
    assert tries["best"].tolist() == [True, False, False, False]
    assert tries["rank1_percent"].tolist() == [29.1667, 20.8333, 8.3333, 0.0]
    assert tries["training.learning_rate"].tolist() == ["0.003", "0.001", "1.0", "0.01"]
    assert tries["rank1_percent:nm"].tolist() == [87.5, 62.5, 25.0, 0.0]
    assert tries[["collapsed", "failed", "n_seeds"]].to_numpy().tolist() == [[0, 0, 2], [0, 0, 2], [0, 1, 2], [2, 0, 2]]
    made = {file.suffix: file.read_bytes() for file in tmp_path.glob("sweep.*")}
    assert made.keys() == {".csv", ".tex", ".md", ".html", ".pdf", ".png", ".txt"}
    written(tmp_path, config)
    assert made == {file.suffix: file.read_bytes() for file in tmp_path.glob("sweep.*")}
    path.write_text(path.read_text().replace("rank1_percent:nm", "accuracy"))
    with pytest.raises(DataError, match="has the columns try, best, "):
        read_tries(path)


def test_no_table_is_made_of_a_measurement_on_a_test_subject(tmp_path, config):
    def tested(name, seed, table):
        return table.assign(subject=table["subject"].replace("48", "60"))

    with pytest.raises(ProtocolError, match=r"subject 60 is a test subject of the split 48/20, expected those of "):
        written(tmp_path, config, tested)
