"""The matrices of gallery view by probe view: the numbers, what is drawn of them, and what the caption says."""

import pytest
from made_up import metrics_of
from matplotlib.colors import to_hex

from gaitcore.artefacts.metrics import write_metrics
from gaitcore.reporting.figures.cross_view import draw

VIEWS = ("000", "018", "090")
NM = [[1.0, 0.9, 0.3], [0.8, 1.0, None], [0.5, 0.44, 1.0]]  # gallery view by probe view
NM_AGAIN = [[1.0, 0.7, 0.5], [0.8, 1.0, None], [0.5, 0.46, 1.0]]
BG = [[0.6, 0.2, 0.1], [0.4, 0.6, 0.1], [0.1, 0.1, 0.6]]
PROBES = [[4, 5, 6], [4, 5, 0], [4, 5, 6]]


@pytest.fixture
def write(tmp_path):
    """Writes metrics.json of runs: for each its rank-1 by condition, as fractions."""

    def files(*runs, views=VIEWS, probes=PROBES):
        paths = []
        for number, conditions in enumerate(runs):
            paths.append(tmp_path / f"metrics-{number}.json")
            write_metrics(metrics_of(cells=conditions, views=views, probes=probes), paths[-1])
        return paths

    return files


@pytest.fixture
def metrics(write):
    """Two seeds; the conditions not in the protocol's order, and of NM a cell without a probe."""
    return write({"bg": BG, "nm": NM}, {"bg": BG, "nm": NM_AGAIN})


def matrices(drawing):
    """The panels, without the colour bar."""
    return drawing.figure.axes[:-1]


def texts(axes):
    """Text and colour by (gallery row, probe column)."""
    return {
        (text.get_position()[1], text.get_position()[0]): (text.get_text(), text.get_color()) for text in axes.texts
    }


def test_the_numbers_are_means_and_deviations_over_seeds_in_percent(walkers, metrics):
    numbers = draw(walkers, system="gaitmixer", metrics=metrics).numbers
    assert list(numbers.columns) == [
        *("condition", "gallery_view", "probe_view", "probes", "rank1_percent", "std_percent", "n_seeds"),
        "identical_view",
    ]
    assert numbers["condition"].tolist() == ["nm"] * 9 + ["bg"] * 9  # the protocol's order
    cells = numbers.set_index(["condition", "gallery_view", "probe_view"])
    assert cells.loc[("nm", "000", "018")].tolist() == [5, 80.0, 14.1421, 2, False]
    assert cells.loc[("nm", "090", "018")].tolist() == [5, 45.0, 1.4142, 2, False]
    assert cells.loc[("nm", "090", "090")].tolist() == [6, 100.0, 0.0, 2, True]
    assert cells.loc[("bg", "018", "000")].tolist() == [4, 40.0, 0.0, 2, False]
    empty = cells.loc[("nm", "018", "090")]
    assert (empty["probes"], empty["n_seeds"]) == (0, 0)
    assert empty[["rank1_percent", "std_percent"]].isna().all()


def test_one_seed_has_no_deviation(walkers, write):
    drawing = draw(walkers, system="gaitmixer", metrics=write({"bg": BG}))
    assert drawing.numbers["std_percent"].isna().all()
    assert drawing.numbers["n_seeds"].unique().tolist() == [1]
    assert "mean over 1 seed. " in drawing.caption


def test_each_cell_holds_its_rounded_number_and_a_dash_where_there_is_none(walkers, metrics):
    nm, bg = matrices(draw(walkers, system="gaitmixer", metrics=metrics))
    assert [nm.get_title(), bg.get_title()] == ["NM", "BG"]
    assert {place: text for place, (text, _) in texts(nm).items()} == {
        **{(0, 0): "100", (0, 1): "80", (0, 2): "40"},
        **{(1, 0): "80", (1, 1): "100", (1, 2): "–"},
        **{(2, 0): "50", (2, 1): "45", (2, 2): "100"},
    }
    assert nm.yaxis_inverted()  # the first gallery view on top


def test_numbers_are_white_on_dark_cells_and_black_elsewhere(walkers, write):
    rank1 = [[0.1, 0.449, 0.45], [0.0, 0.2, None], [1.0, 0.9, 0.3]]
    (axes,) = matrices(draw(walkers, system="gaitmixer", metrics=write({"nm": rank1})))
    colours = {place: colour for place, (_, colour) in texts(axes).items()}
    assert {place for place, colour in colours.items() if colour == "white"} == {(0, 1), (1, 0)}
    assert set(colours.values()) == {"white", "black"}


def test_identical_views_have_no_colour_and_no_hatching_behind_their_number(walkers, metrics):
    nm, _ = matrices(draw(walkers, system="gaitmixer", metrics=metrics))
    assert [patch.get_xy() for patch in nm.patches] == [(-0.5, -0.5), (0.5, 0.5), (1.5, 1.5)]
    assert {(patch.get_width(), patch.get_height()) for patch in nm.patches} == {(1, 1)}
    assert {(patch.get_hatch(), to_hex(patch.get_facecolor())) for patch in nm.patches} == {(None, "#ffffff")}
    (mesh,) = nm.collections
    coloured = mesh.get_array().reshape(3, 3)
    assert coloured.mask.tolist() == [[True, False, False], [False, True, True], [False, False, True]]
    assert coloured.compressed().tolist() == pytest.approx([80, 40, 80, 50, 45])
    assert mesh.get_clim() == (0, 100)


def test_ticks_are_the_views_the_gallerys_only_on_the_left(walkers, metrics):
    nm, bg = matrices(draw(walkers, system="gaitmixer", metrics=metrics))
    for axes in (nm, bg):
        assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "18", "90"]
        assert axes.get_yticks().tolist() == [0, 1, 2]
    assert [label.get_text() for label in nm.get_yticklabels()] == ["0", "18", "90"]
    assert nm.yaxis.get_tick_params()["labelleft"] is True
    assert bg.yaxis.get_tick_params()["labelleft"] is False


def test_views_that_are_not_in_order_keep_their_numbers(walkers, write):
    rank1 = [[1.0, 0.25], [0.75, 1.0]]  # gallery 90 and 0 by probe 90 and 0
    files = write({"nm": rank1}, views=["090", "000"], probes=[[1, 2], [1, 2]])
    (axes,) = matrices(draw(walkers, system="gaitmixer", metrics=files))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "90"]
    assert texts(axes)[0, 1] == ("75", "black")  # gallery 0, probe 90
    assert texts(axes)[1, 0] == ("25", "white")


@pytest.mark.parametrize(("views", "columns", "rows"), [(3, 4, 2), (11, 3, 3), (14, 2, 4)])
def test_seven_conditions_wrap_into_rows(walkers, write, views, columns, rows):
    names = ["nm", "bg", "cl", "up", "dn", "fast", "slow"]
    probes = {"probes": dict.fromkeys(names, (1,))}
    config = walkers.model_copy(update={"protocol": walkers.protocol.model_copy(update=probes)})
    rank1 = [[0.5] * views] * views
    angles = [f"{18 * number:03d}" for number in range(views)]
    files = write(dict.fromkeys(names, rank1), views=angles, probes=[[1] * views] * views)
    panels = matrices(draw(config, system="gaitmixer", metrics=files))
    assert [axes.get_title() for axes in panels] == ["NM", "BG", "CL", "UP", "DN", "FAST", "SLOW"]
    places = [axes.get_subplotspec() for axes in panels]
    assert {place.get_gridspec().get_geometry() for place in places} == {(rows, columns)}
    assert [(place.rowspan.start, place.colspan.start) for place in places] == [divmod(n, columns) for n in range(7)]
    labelled = [axes.yaxis.get_tick_params()["labelleft"] for axes in panels]
    assert labelled == [number % columns == 0 for number in range(7)]


@pytest.mark.parametrize(("conditions", "inches"), [(["nm"], (3.4, 2.9)), (["nm", "bg"], (7.0, 3.5))])
def test_a_single_condition_is_a_column_wide_and_several_fill_the_page(walkers, write, conditions, inches):
    drawing = draw(walkers, system="gaitmixer", metrics=write(dict.fromkeys(conditions, BG)))
    assert tuple(drawing.figure.get_size_inches()) == pytest.approx(inches)


def test_the_caption_holds_means_extremes_and_what_the_angle_costs(walkers, metrics):
    # NM by probe view: (80 + 50) / 2, (80 + 45) / 2 and 40; BG: (40 + 10) / 2, (20 + 10) / 2 and 10.
    # 18 degrees apart: NM (80 + 80) / 2, BG (20 + 40) / 2; 90 degrees: NM (40 + 50) / 2, BG (10 + 10) / 2.
    assert draw(walkers, system="gaitmixer", metrics=metrics).caption == (
        "Rank-1 accuracy of GaitMixer on synthetic walkers in percent for each gallery and probe view, mean over 2 "
        "seeds. Cells without a colour: identical views, which no mean includes. –: no probe or no gallery "
        "sequence. Mean without identical views: NM 55.8% and BG 16.7%. "
        "The highest of the other cells is 80.0% (NM, gallery 0°, probe "
        "18°), the lowest 10.0% (BG, gallery 0°, probe 90°). Mean over conditions of views 18° "
        "apart: 55.0%; 90° apart: 27.5%."
    )


def test_views_on_both_sides_of_zero_degrees_are_near_one_another(walkers, write):
    rank1 = [[1.0, 0.3, 0.8], [0.3, 1.0, 0.2], [0.8, 0.2, 1.0]]
    files = write({"nm": rank1}, views=["000", "090", "345"])
    caption = draw(walkers, system="gaitmixer", metrics=files).caption
    assert caption.endswith("Mean over conditions of views 15° apart: 80.0%; 90° apart: 30.0%.")


def test_with_two_views_there_is_one_angle_and_nothing_to_compare(walkers, write):
    files = write({"nm": [[1.0, 0.3], [0.5, 1.0]]}, views=["000", "090"], probes=[[1, 1], [1, 1]])
    caption = draw(walkers, system="gaitmixer", metrics=files).caption
    assert caption.endswith("the lowest 30.0% (NM, gallery 0°, probe 90°).")
    assert "–" not in caption


def test_one_view_alone_has_no_other_pairs(walkers, write):
    drawing = draw(walkers, system="gaitmixer", metrics=write({"nm": [[0.9]]}, views=["090"], probes=[[3]]))
    assert drawing.caption.endswith("which no mean includes. There are no other pairs of views.")
    (axes,) = matrices(drawing)
    assert texts(axes) == {(0, 0): ("90", "black")}


def test_the_same_files_give_the_same_bytes(walkers, metrics, drawn_twice):
    first, again = drawn_twice("cross_view", walkers, system="gaitmixer", metrics=metrics)
    assert first == again


def test_identical_views_that_are_included_are_in_the_means_and_not_hatched(walkers, write):
    protocol = walkers.protocol.model_copy(update={"exclude_same": "nothing"})
    files = write({"nm": [[1.0, 0.5], [0.5, 0.8]]}, views=["000", "090"], probes=[[4, 4], [4, 4]])
    drawing = draw(walkers.model_copy(update={"protocol": protocol}), system="gaitmixer", metrics=files)
    assert not drawing.numbers["identical_view"].any()
    assert not matrices(drawing)[0].patches
    assert drawing.caption == (
        "Rank-1 accuracy of GaitMixer on synthetic walkers in percent for each gallery and probe view, mean over 1 "
        "seed. The means include identical views. Mean: NM 70.0%. The highest of the cells is 100.0% (NM, gallery 0°, "
        "probe 0°), the lowest 50.0% (NM, gallery 0°, probe 90°). Mean over conditions of views 0° apart: 90.0%; 90° "
        "apart: 50.0%."
    )
