"""The curves of training: the numbers, what is drawn of them, and what the caption says."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gaitcore.artefacts.training_history import write_history
from gaitcore.reporting.figures.training import collapse_spreads, draw

COLUMNS = ["epoch", "loss", "learning_rate", "spread", "validation_rank1"]


@pytest.fixture
def write(tmp_path):
    """Writes training.csv of runs: for each its rows of loss, learning rate, spread and validation, from epoch 1."""

    def files(*runs):
        paths = []
        for number, rows in enumerate(runs):
            paths.append(tmp_path / f"training-{number}.csv")
            table = [(epoch, *row) for epoch, row in enumerate(rows, start=1)]
            history = pd.DataFrame(table, columns=COLUMNS).assign(
                mined_triplets=9, seconds=1.5, sequences_per_second=60.0
            )
            write_history(history, paths[-1])
        return paths

    return files


@pytest.fixture
def mixer(walkers):
    """GaitMixer alone, seeds 0 and 1."""
    return walkers.model_copy(update={"compare": ("gaitmixer",)})


@pytest.fixture
def unequal(write):
    """Two seeds, one of two epochs and one of three; validated after the second epoch."""
    return write(
        [(0.2, 0.01, 0.5, None), (0.1, 0.02, 0.7, 0.25)],
        [(0.4, 0.01, 0.3, None), (0.3, 0.02, 0.5, 0.75), (0.05, 0.001, 0.9, None)],
    )


def panel(figure, label):
    return next(axes for axes in figure.axes if axes.get_ylabel() == label)


def band(axes):
    """(epochs, lowest, highest) of the only band of a panel."""
    (filled,) = axes.collections
    corners = pd.DataFrame(filled.get_paths()[0].vertices, columns=["epoch", "value"])
    ends = corners.groupby("epoch")["value"].agg(["min", "max"])
    return ends.index.tolist(), ends["min"].tolist(), ends["max"].tolist()


def test_seeds_of_different_length_are_joined_by_epoch(mixer, unequal):
    numbers = draw(mixer, training=unequal).numbers
    assert list(numbers.columns) == ["system", "epoch", "quantity", "mean", "lowest", "highest", "n_seeds"]
    assert numbers.values.tolist() == [
        ["gaitmixer", 1, "loss", 0.3, 0.2, 0.4, 2],
        ["gaitmixer", 1, "learning_rate", 0.01, 0.01, 0.01, 2],
        ["gaitmixer", 1, "spread", 0.4, 0.3, 0.5, 2],
        ["gaitmixer", 2, "loss", 0.2, 0.1, 0.3, 2],
        ["gaitmixer", 2, "learning_rate", 0.02, 0.02, 0.02, 2],
        ["gaitmixer", 2, "spread", 0.6, 0.5, 0.7, 2],
        ["gaitmixer", 2, "validation_rank1_percent", 50.0, 25.0, 75.0, 2],
        ["gaitmixer", 3, "loss", 0.05, 0.05, 0.05, 1],
        ["gaitmixer", 3, "learning_rate", 0.001, 0.001, 0.001, 1],
        ["gaitmixer", 3, "spread", 0.9, 0.9, 0.9, 1],
    ]


def test_numbers_have_six_significant_digits(mixer, write):
    run = [(123456.789, 0.000123456789, 1 / 3, None)]
    numbers = draw(mixer, training=write(run, run)).numbers
    assert numbers["mean"].tolist() == [123457.0, 0.000123457, 0.333333]


def test_systems_keep_the_configurations_order(walkers, write):
    runs = [[(run + 1.0, 0.1, 0.5, None)] for run in range(6)]
    losses = draw(walkers, training=write(*runs)).numbers.query("quantity == 'loss'")
    assert losses[["system", "mean"]].values.tolist() == [["gaitmixer", 1.5], ["posegait", 3.5], ["gaitformer", 5.5]]


def test_runs_that_do_not_match_the_configuration_are_refused(mixer, write):
    with pytest.raises(ValueError, match="zip"):
        draw(mixer, training=write([(0.2, 0.01, 0.5, None)]))


def test_a_line_is_the_mean_and_the_band_reaches_from_the_lowest_to_the_highest_seed(mixer, unequal):
    axes = panel(draw(mixer, training=unequal).figure, "Loss")
    (line,) = axes.get_lines()
    assert line.get_label() == "GaitMixer"
    assert line.get_color() == "#0072B2"
    assert line.get_xdata().tolist() == [1, 2, 3]
    assert line.get_ydata().tolist() == [0.3, 0.2, 0.05]
    assert band(axes) == ([1, 2, 3], [0.2, 0.1, 0.05], [0.4, 0.3, 0.05])


def test_the_validation_is_drawn_in_percent_where_there_was_one(mixer, unequal):
    axes = panel(draw(mixer, training=unequal).figure, "Validation\nrank-1 (%)")
    assert axes.get_yscale() == "linear"
    assert axes.get_lines()[0].get_xydata().tolist() == [[2, 50]]


def test_one_seed_has_no_band(mixer, write):
    one = mixer.model_copy(update={"seeds": (0,)})
    drawing = draw(one, training=write([(0.2, 0.01, 0.5, None), (0.1, 0.02, 0.7, None)]))
    assert [len(axes.collections) for axes in drawing.figure.axes] == [0, 0, 0]
    assert panel(drawing.figure, "Loss").get_lines()[0].get_ydata().tolist() == [0.2, 0.1]
    assert drawing.numbers["n_seeds"].unique().tolist() == [1]
    assert "Lines are means" not in drawing.caption


def test_a_panel_for_each_quantity_the_validation_only_where_some_run_has_it(mixer, write, unequal):
    always = ["Loss", "Learning rate", "Spread"]
    assert [axes.get_ylabel() for axes in draw(mixer, training=unequal).figure.axes] == [
        *always,
        "Validation\nrank-1 (%)",
    ]
    run = [(0.2, 0.01, 0.5, None)]
    drawing = draw(mixer, training=write(run, run))
    assert [axes.get_ylabel() for axes in drawing.figure.axes] == always
    assert [axes.get_yscale() for axes in drawing.figure.axes] == ["log"] * 3
    assert [axes.get_title(loc="left") for axes in drawing.figure.axes] == ["a", "b", "c"]
    assert [axes.get_xlabel() for axes in drawing.figure.axes] == ["", "", "Epoch"]
    assert "by epoch: loss (a), learning rate (b) and spread of the embeddings (c); " in drawing.caption


def test_ticks_of_the_epochs_are_whole_numbers(mixer, unequal):
    ticks = draw(mixer, training=unequal).figure.axes[-1].get_xticks()
    assert {1, 2, 3} <= set(ticks.tolist())
    assert all(tick == round(tick) for tick in ticks)


def test_one_epoch_is_one_tick(mixer, write):
    runs = write([(0.2, 0.01, 0.5, None)], [(0.4, 0.01, 0.3, None)])
    figure = draw(mixer, training=runs).figure
    ticks, (left, right) = figure.axes[-1].get_xticks(), figure.axes[-1].get_xlim()
    assert [tick for tick in ticks if left <= tick <= right] == [1]


@pytest.mark.parametrize("losses", [(0.43, 0.2, 0.15), (4e-3, 2.2e-3), (30.0, 0.02)])
@pytest.mark.parametrize("limited", [True, False], ids=["with a limit of collapse", "without"])
def test_every_panel_has_ticks_whose_labels_do_not_meet(mixer, write, losses, limited):
    """Also where its values differ by less than a decade, and where a far limit is drawn beside them."""
    runs = [[(loss, 0.01, 0.5 + loss / 100, None) for loss in losses]] * 2
    training = mixer.training.model_copy(update={"collapse_distance": 0.01 if limited else 0.0})
    figure = draw(mixer.model_copy(update={"training": training}), training=write(*runs)).figure
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    for axes in figure.axes:
        if axes.get_ylabel() == "Learning rate":  # one value, here
            continue
        low, high = axes.get_ylim()
        pairs = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
        labels = [label for tick, label in pairs if low <= tick <= high and label.get_text()]
        boxes = sorted((label.get_window_extent(renderer) for label in labels), key=lambda box: box.y0)
        assert len(boxes) >= 2, axes.get_ylabel()
        assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes)), axes.get_ylabel()


def test_zeros_stand_at_the_lower_edge_five_decades_below_the_highest(mixer, write):
    run = [(2.0, 0.01, 0.5, None), (0.0, 0.01, 0.5, None)]
    higher = [(4.0, 0.01, 0.5, None), (0.0, 0.01, 0.5, None)]
    drawing = draw(mixer, training=write(run, higher))
    axes = panel(drawing.figure, "Loss")
    assert axes.get_lines()[0].get_ydata().tolist() == pytest.approx([3, 4e-5], rel=1e-12)
    assert band(axes)[1] == pytest.approx([2, 4e-5], rel=1e-12)
    losses = drawing.numbers.query("quantity == 'loss'")
    assert losses["mean"].tolist() == [3, 0]  # the numbers stay what they are
    assert "Values more than 5 decades below a panel's highest are drawn at its lower edge. " in drawing.caption


def test_a_quantity_that_is_zero_throughout_is_drawn(mixer, write):
    run = [(0.2, 0.01, 0.0, None), (0.1, 0.01, 0.0, None)]
    line, _ = panel(draw(mixer, training=write(run, run)).figure, "Spread").get_lines()
    assert line.get_ydata().tolist() == pytest.approx([1e-5, 1e-5], rel=1e-12)


def test_values_within_five_decades_need_no_remark(mixer, unequal):
    assert "decades" not in draw(mixer, training=unequal).caption


def test_the_spread_of_a_collapsed_run_is_a_dotted_line(mixer, unequal):
    figure = draw(mixer, training=unequal).figure
    assert collapse_spreads(mixer) == pytest.approx([5e-5], rel=1e-12)  # 0.01 ** 2 / 2
    _, limit = panel(figure, "Spread").get_lines()
    assert limit.get_linestyle() == ":"
    assert np.asarray(limit.get_ydata()).tolist() == pytest.approx([5e-5, 5e-5], rel=1e-12)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["GaitMixer", "collapsed below"]


def test_without_a_distance_of_collapse_there_is_no_limit(mixer, unequal):
    training = {**mixer.training.model_dump(), "collapse_distance": 0}
    never = type(mixer).model_validate({**mixer.model_dump(), "training": training})
    drawing = draw(never, training=unequal)
    assert collapse_spreads(never) == []
    assert len(panel(drawing.figure, "Spread").get_lines()) == 1
    assert "collapsed" not in drawing.caption


def test_the_caption_tells_what_is_shown_and_how_it_ended(mixer, unequal):
    assert draw(mixer, training=unequal).caption == (
        "Training on synthetic walkers by epoch: loss (a), learning rate (b), spread of the embeddings (c) and "
        "validation rank-1 (d); learning rate and spread are those of the last step of an epoch. "
        "A spread of 0 means that all embeddings are "
        "one point, a spread of 1 that they have no "
        "direction in common. Lines are means over 2 seeds, bands reach from the lowest to the highest. At the end: "
        "GaitMixer after 3 epochs, triplet loss 0.05, spread 0.9. A run that ends with a spread below 0.00005 (dotted) "
        "counts as collapsed."
    )


def test_the_caption_warns_of_losses_of_different_kinds_and_of_a_second_phase(walkers, write):
    both = walkers.model_copy(update={"compare": ("gaitgraph", "gaitmixer"), "seeds": (0,)})
    caption = draw(both, training=write([(1.23456, 0.01, 0.5, None)], [(0.5, 0.01, 0.25, None)])).caption
    assert (
        "At the end: GaitGraph after 1 epoch, supervised contrastive loss 1.23, spread 0.5; GaitMixer after 1 epoch, "
        "triplet loss 0.5, spread 0.25. GaitGraph's second phase begins after epoch 4. Losses of different kinds are "
        "not comparable. "
    ) in caption


def test_the_same_files_give_the_same_bytes(mixer, unequal, drawn_twice):
    first, again = drawn_twice("training", mixer, training=unequal)
    assert first == again


def test_a_system_without_training_has_no_curve_and_is_named(walkers, write):
    recipes = {"body_statistics": walkers.systems["body_statistics"], "gaitmixer": walkers.systems["gaitmixer"]}
    compared = walkers.model_copy(update={"compare": ("gaitmixer", "body_statistics"), "systems": recipes})
    trained = [(0.5, 1e-3, 0.4, None)]
    drawing = draw(compared, training=write(trained, trained, [], []))
    assert set(drawing.numbers["system"]) == {"gaitmixer"}
    assert "Not trained: Body statistics (no learning)." in drawing.caption


def test_without_any_training_the_caption_says_so(walkers, tmp_path):
    alone = walkers.model_copy(update={"compare": ("body_statistics",), "seeds": (0,)})
    write_history(
        pd.DataFrame(columns=[*COLUMNS, "mined_triplets", "seconds", "sequences_per_second"]), tmp_path / "h.csv"
    )
    drawing = draw(alone, training=[tmp_path / "h.csv"])
    assert drawing.caption.endswith(": no system is trained, so there is no curve.")
