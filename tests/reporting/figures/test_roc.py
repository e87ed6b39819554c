"""The ROC figure: its numbers, its caption, the same bytes again."""

import numpy as np
import pytest
from made_up_embeddings import made_up

from gaitcore.artefacts.embeddings import write_embeddings
from gaitcore.evaluation.open_set import Pairs
from gaitcore.reporting.figures.roc import draw
from gaitcore.systems import system_settings


@pytest.fixture
def embeddings(walkers, tmp_path):
    """embeddings.parquet of three systems with two seeds each, of 6 subjects in 3 views; probes of nm and cl."""
    files = []
    for number in range(len(walkers.compare) * len(walkers.seeds)):
        files.append(tmp_path / f"embeddings-{number}.parquet")
        write_embeddings(*made_up(number), files[-1])
    return files


def test_the_curve_is_the_mean_over_seeds_with_an_interval_over_subjects(walkers, embeddings):
    numbers = draw(walkers, embeddings=embeddings).numbers
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


def test_the_caption_says_what_is_drawn(walkers, embeddings):
    caption = draw(walkers, embeddings=embeddings).caption
    assert caption.startswith(
        "ROC on synthetic walkers: genuine against impostor pairs of probe and gallery sequence, mean over 2 seeds; "
        "bands are 95% bootstrap intervals over subjects. A curve begins where 30 impostor pairs are accepted. "
        "Equal error rates: GaitMixer NM "
    )


@pytest.mark.slow
def test_the_same_files_give_the_same_bytes(walkers, embeddings, drawn_twice):
    first, again = drawn_twice("roc", walkers, embeddings=embeddings)
    assert first == again
