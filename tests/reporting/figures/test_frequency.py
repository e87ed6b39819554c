"""Fig. 3 as a picture and as a number."""

import numpy as np
import pytest

from gaitcore.artefacts.spectrum import Spectrum, write_spectrum
from gaitcore.reporting.figures.frequency import draw
from gaitcore.reporting.figures.frequency_share import draw as draw_share


def test_shown_are_the_four_busiest_channels_of_the_first_seed(walkers, spectra):
    drawing = draw(walkers, spectra=spectra)
    assert drawing.numbers.groupby("system", sort=False)["channel"].unique().map(list).to_dict() == {
        "gaitmixer": [4, 3, 2, 1],
        "gaitformer": [4, 3, 2, 1],
    }
    assert drawing.numbers["seed"].unique().tolist() == [0]
    assert len(drawing.numbers) == 2 * 4 * 8 * 17
    at_zero = drawing.numbers.query("cycles_per_window == 0 and cycles_along_joints == 0")
    assert (at_zero["magnitude"] == 100).all()
    assert (
        "mean over 1,234 test sequences, seed 0; zero frequency is in the centre. The panels show the 4 channels of "
        "each network with the most energy outside zero frequency, the first has most of it. Each panel is scaled to "
        "its largest magnitude, and magnitudes below 0.001 of it have the darkest colour. "
        "The map is, for GaitMixer, what the last temporal block gives; for GaitFormer, "
        "the frames' tokens as they enter the last temporal block, where the class tokens, which alone "
        "are read at its end, gather from them for the last time. PoseGait has no such map."
    ) in drawing.caption


def test_each_panel_has_the_number_of_its_channel_and_each_row_its_system(walkers, spectra):
    *panels, bar = draw(walkers, spectra=spectra).figure.axes
    assert [axes.get_title() for axes in panels] == [f"channel {number}" for number in (4, 3, 2, 1)] * 2
    assert [axes.get_ylabel() for axes in panels[::4]] == ["GaitMixer", "GaitFormer"]
    assert [label.get_text() for label in bar.get_yticklabels()] == ["0.001", "0.01", "0.1", "1"]


def test_zero_frequency_is_drawn_in_the_centre_and_brightest(walkers, spectra):
    axes = draw(walkers, spectra=spectra).figure.axes[0]
    (image,) = axes.get_images()
    level = image.get_array()  # (joints, frames), log10 of the magnitude over the largest
    assert np.unravel_index(level.argmax(), level.shape) == (8, 4)
    assert level.max() == 0
    assert level[0, 0] == pytest.approx(np.log10(5 / 100))
    left, right, bottom, top = image.get_extent()
    assert (left, right, bottom, top) == (-4.5, 3.5, -8.5, 8.5)


def test_the_share_at_high_frequencies_has_a_mean_and_the_values_of_few_seeds(walkers, spectra):
    drawing = draw_share(walkers, spectra=spectra)
    rows = drawing.numbers.set_index(["system", "axis", "cycles"])
    mixer = rows.loc[("gaitmixer", "frames", 2)]  # of 8 frames; 3 cycles hold 20 and 40 percent
    assert mixer["share_percent"] == pytest.approx(30)
    assert mixer["std_percent"] == pytest.approx(14.1421, abs=1e-4)
    assert mixer[["ci_low_percent", "ci_high_percent"]].isna().all()  # two seeds are too few
    former = rows.loc[("gaitformer", "joints", 4)]
    assert former["share_percent"] == pytest.approx(90)
    assert (
        "The share at 2 cycles per window or more, the upper half of the band: GaitMixer 30.0% (20.0, 40.0) and "
        "GaitFormer 10.0% (10.0, 10.0)."
    ) in drawing.caption
    assert (
        "In parentheses: each of the 2 seeds, which are too few for an interval. Thick lines are means, thin lines the "
        "single seeds. The map"
    ) in drawing.caption
    assert not any(axes.collections for axes in drawing.figure.axes)  # no band
    assert [axes.get_title(loc="left") for axes in drawing.figure.axes] == ["a", "b"]
    assert "over time (a) and along the joints in COCO's order (b)" in drawing.caption


def test_from_five_seeds_on_there_is_an_interval(walkers, spectra):
    five = walkers.model_copy(update={"seeds": (0, 1, 2, 3, 4), "compare": ("gaitmixer",)})
    drawing = draw_share(five, spectra=[*spectra[:2], *spectra[:2], spectra[0]])  # 20, 40, 20, 40 and 20 percent
    row = drawing.numbers.set_index(["system", "axis", "cycles"]).loc[("gaitmixer", "frames", 2)]
    half = 2.776445 * (120 / 5) ** 0.5  # Student's t of five seeds, variance 120
    assert (row["ci_low_percent"], row["ci_high_percent"]) == pytest.approx((28 - half, 28 + half), abs=1e-4)
    assert "GaitMixer 28.0% [14.4, 41.6]." in drawing.caption
    assert "Thick lines are means, thin lines the single seeds, bands these intervals." in drawing.caption
    assert [len(axes.collections) for axes in drawing.figure.axes] == [1, 1]


def test_of_one_seed_there_is_no_interval(walkers, spectra):
    one = walkers.model_copy(update={"seeds": (0,)})
    drawing = draw_share(one, spectra=spectra[::2])
    assert drawing.numbers["ci_low_percent"].isna().all()
    assert "band: GaitMixer 20.0% and GaitFormer 10.0%." in drawing.caption
    assert "One seed gives no interval." in drawing.caption


def test_the_caption_says_where_a_map_of_fewer_frames_lacks_high_frequencies(walkers, spectra, energy, tmp_path):
    systems = walkers.model_copy(update={"compare": ("gaitmixer", "gaitgraph"), "seeds": (0,)})
    write_spectrum(Spectrum(np.ones((1, 3, 17)), energy(3, {(1, 5): 1.0}), 1), tmp_path / "short")
    caption = draw_share(systems, spectra=[spectra[0], tmp_path / "short"]).caption
    assert "band: GaitMixer 20.0%. The map of GaitGraph has no frequencies this high. The share at 4 cycles" in caption
    assert "band: GaitMixer 80.0% and GaitGraph 100.0%. One seed gives no interval." in caption


@pytest.mark.parametrize("kind", ["frequency", "frequency_share"])
def test_the_same_files_give_the_same_bytes(walkers, spectra, drawn_twice, kind):
    first, again = drawn_twice(kind, walkers, spectra=spectra)
    assert first == again
