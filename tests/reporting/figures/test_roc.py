"""The ROC figure: its numbers, its caption, the same bytes again."""

import numpy as np
import pandas as pd
import pytest
from made_up_embeddings import made_up
from places import REPOSITORY

from gaitcore.artefacts.embeddings import write_embeddings
from gaitcore.artefacts.split import write_split
from gaitcore.errors import DataError
from gaitcore.evaluation.open_set import Pairs
from gaitcore.reporting.figures.roc import draw
from gaitcore.settings.files import load_config
from gaitcore.systems import system_settings


@pytest.fixture
def files(walkers, tmp_path):
    """embeddings.parquet of three systems with two seeds each, of 6 subjects in 3 views; probes of nm and cl."""
    return files_of(len(walkers.compare) * len(walkers.seeds), tmp_path)


def files_of(number, folder, **sides):
    """The files of that many runs; ``sides`` are the columns of comparisons in split.csv."""
    split = made_up(0)[1].assign(frames=60, reason="", **sides)
    write_split(split, folder / "split.csv", list(sides))
    embeddings = [folder / f"embeddings-{run}.parquet" for run in range(number)]
    for run, path in enumerate(embeddings):
        write_embeddings(*made_up(run), path)
    return {"embeddings": embeddings, "splits": [folder / "split.csv"] * number}


def test_the_curve_is_the_mean_over_seeds_with_an_interval_over_subjects(walkers, files):
    numbers = draw(walkers, **files).numbers
    assert list(dict.fromkeys(numbers["system"])) == list(walkers.compare)
    assert list(dict.fromkeys(numbers["condition"])) == ["nm", "cl"]  # there are no probes of bg
    curve = numbers[(numbers["system"] == "gaitmixer") & (numbers["condition"] == "cl")]
    assert len(curve) == 60
    evaluation = system_settings(walkers, "gaitmixer").evaluation
    rocs = [Pairs.of(*made_up(seed), evaluation, walkers.protocol).rocs()["cl"] for seed in (0, 1)]
    assert rocs[0].impostors == 360  # 18 probes x 5 other subjects x 2 walks x 2 other views
    assert curve["far_percent"].iloc[0] == pytest.approx(100 * 30 / 360, abs=1e-3)
    for row in curve.iloc[[0, 30, 59]].itertuples():
        expected = np.mean([roc.tar(np.geomspace(30 / 360, 1, 60)[row.Index - curve.index[0]]) for roc in rocs])
        assert row.tar_percent == pytest.approx(100 * expected, abs=1e-3)
        assert row.ci_low_percent <= row.tar_percent <= row.ci_high_percent
    assert curve["eer_percent"].unique() == pytest.approx([100 * np.mean([roc.eer for roc in rocs])], abs=1e-3)
    assert curve["n_seeds"].unique().tolist() == [2]


def test_the_caption_says_what_is_drawn(walkers, files):
    caption = draw(walkers, **files).caption
    assert caption.startswith(
        "ROC on synthetic walkers: genuine against impostor pairs of probe and gallery sequence, mean over 2 seeds; "
        "bands are 95% bootstrap intervals over subjects. A curve begins where 30 impostor pairs are accepted. "
        "Equal error rates: GaitMixer NM "
    )


def configured(**overrides):
    return load_config(REPOSITORY / "config.yaml", {"experiment": "demo", **overrides})


FROM_FILE = {"like": "gaitmixer", "title": "Released", "weights": {"path": "data/a.pt", "sha256": "a" * 64}}


@pytest.mark.parametrize(
    ("compare", "runs", "counts", "words"),
    [
        (
            ["gaitmixer", "released"],
            3,
            {"gaitmixer": 2, "released": 0},
            "mean over 2 seeds, of Released for the weights",
        ),
        (["released"], 1, {"released": 0}, "of weights from files; bands are"),
    ],
)
def test_weights_from_a_file_are_not_counted_as_seeds(tmp_path, compare, runs, counts, words):
    config = configured(compare=compare, systems={"released": FROM_FILE}, seeds=[0, 1])
    drawing = draw(config, **files_of(runs, tmp_path))
    assert dict(zip(drawing.numbers["system"], drawing.numbers["n_seeds"], strict=True)) == counts
    assert f"of probe and gallery sequence, {words}" in drawing.caption


def test_each_comparison_has_a_panel_of_its_own_pairs(tmp_path):
    keys = made_up(0)[1]
    gallery = keys["role"] == "gallery"
    names = ["All", "Clothes", "C", "D", "E"]
    probes = pd.DataFrame(dict.fromkeys(names, ~gallery))
    probes["Clothes"] &= keys["condition"] == "cl"
    sides = {name: np.select([gallery, probes[name]], ["gallery", "probe"], "") for name in names}
    protocol = {
        "gallery": {},
        "probes": {},
        "comparisons": {name: {"probes": "*", "gallery": "nm"} for name in names},
    }
    config = configured(compare=["gaitmixer"], seeds=[0], protocol=protocol, statistics={"overall": "All"})
    drawing = draw(config, **files_of(1, tmp_path, **sides))
    assert [axes.get_title() for axes in drawing.figure.axes] == names  # three and two
    evaluation = system_settings(config, "gaitmixer").evaluation
    own = Pairs.of(made_up(0)[0], keys.assign(**sides), evaluation, config.protocol).rocs()
    single = Pairs.of(*made_up(0), evaluation, configured().protocol).rocs()
    assert own["Clothes"].eer == single["cl"].eer
    eers = dict(zip(drawing.numbers["condition"], drawing.numbers["eer_percent"], strict=True))
    assert eers == {name: pytest.approx(100 * roc.eer, abs=1e-3) for name, roc in own.items()}


def test_embeddings_of_other_sequences_than_the_splits_are_refused(walkers, files):
    split = files["splits"][0]
    split.write_text("\n".join(split.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(DataError, match=r"embeddings-0.parquet: does not list the tested sequences of .*split.csv"):
        draw(walkers, **files)


@pytest.mark.slow
def test_the_same_files_give_the_same_bytes(walkers, files, drawn_twice):
    first, again = drawn_twice("roc", walkers, **files)
    assert first == again
