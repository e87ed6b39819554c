"""The contact sheet: which sequence stands in which cell, and what the caption says."""

import numpy as np
import pytest
import torch
from drawn_silhouettes import rectangle, write_table
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gaitcore.errors import DataError
from gaitcore.keys import parse_sequence_name
from gaitcore.modalities.keypoints.inputs.skeleton_maps import normalised, skeleton_maps
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.reporting.figures.contact_sheet import draw

INFO = PoseInfo("walkers", 100, 50, 25.0)


def walk(x, y=25, confidence=0.5):
    """Frames 11 to 13: all joints at one point, 10 pixels to its left, there, and 10 to its right."""
    keypoints = np.full((3, 17, 3), (x, y, confidence), float)
    keypoints[:, :, 0] += np.array([-10, 0, 10])[:, None]
    return np.arange(11, 14), keypoints


@pytest.fixture
def write(tmp_path):
    """Write poses.parquet of sequences: name -> (frame, keypoints)."""

    def write(poses):
        keys = {parse_sequence_name(name): frames for name, frames in poses.items()}
        table_of_sequences(keys, INFO).write(tmp_path / "poses.parquet")
        return tmp_path / "poses.parquet"

    return write


@pytest.fixture
def poses(write):
    """Subject 001 has most, but no cl, which 002 has; nobody has bg and cl from 90 degrees."""
    frame, strayed = walk(50, confidence=0.8)
    strayed[1, :2, 1] = -1, 51  # above and below the camera frame
    strayed[2, 0, 0] = 101
    strayed[2, 1, 0] = 100  # on its border
    return write(
        {
            "000-nm-01-000": walk(20),
            "001-nm-01-000": walk(30),
            "001-nm-02-000": walk(35),
            "001-nm-01-090": (frame, strayed),
            "001-bg-01-000": walk(60),
            "002-nm-01-000": walk(70),
            "002-cl-01-000": walk(80, 10),
        }
    )


def cells(drawing):
    return {axes.get_label(): axes for axes in drawing.figure.axes if "°" not in axes.get_label() and axes.get_label()}


def written(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


def joints(axes):
    """The points drawn as joints, each once."""
    return sorted({tuple(point) for collection in axes.collections for point in collection.get_offsets().tolist()})


def test_a_cell_shows_the_middle_frame_of_the_first_sequence_of_the_subject_with_most(walkers, poses):
    drawing = draw(walkers, poses=poses)
    shown = {label: axes for label, axes in cells(drawing).items() if label in ("NM 0", "BG 0", "CL 0")}
    middles = {label: joints(axes)[-1] for label, axes in shown.items()}
    assert middles == {"NM 0": (30, 25), "BG 0": (60, 25), "CL 0": (80, 10)}


def test_the_numbers_have_a_row_for_each_condition_and_view_with_and_without_a_sequence(walkers, poses):
    numbers = draw(walkers, poses=poses).numbers
    assert numbers.astype(object).where(numbers.notna(), None).values.tolist() == [
        ["nm", "000", "001", "01", 3, 11, 12, 13, 0.0, 0.5],
        ["nm", "090", "001", "01", 3, 11, 12, 13, 5.882, 0.8],  # 3 of 51 points
        ["bg", "000", "001", "01", 3, 11, 12, 13, 0.0, 0.5],
        ["bg", "090", *[None] * 8],
        ["cl", "000", "002", "01", 3, 11, 12, 13, 0.0, 0.5],
        ["cl", "090", *[None] * 8],
    ]
    assert numbers.columns.tolist() == [
        *("condition", "view", "subject", "sequence", "frames", "first_frame", "shown_frame", "last_frame"),
        *("points_outside_percent", "mean_confidence"),
    ]


def test_a_cell_names_another_subject_an_absent_sequence_and_how_many_points_are_outside(walkers, poses):
    assert {label: written(axes) for label, axes in cells(draw(walkers, poses=poses)).items()} == {
        "NM 0": [],
        "NM 90": ["2 out"],
        "BG 0": [],
        "BG 90": ["none"],
        "CL 0": ["002"],
        "CL 90": ["none"],
    }


def test_views_stand_from_left_to_right_and_conditions_from_top_to_bottom(walkers, poses):
    drawing = draw(walkers, poses=poses)
    places = {label: axes.get_position() for label, axes in cells(drawing).items()}
    assert places["NM 0"].x1 <= places["NM 90"].x0 + 1e-9
    assert places["NM 0"].y0 == pytest.approx(places["NM 90"].y0)
    assert places["NM 0"].y0 > places["BG 0"].y0 > places["CL 0"].y0
    assert places["NM 0"].x0 == pytest.approx(places["CL 0"].x0)
    titles = [text.get_text() for text in drawing.figure.texts]
    assert titles == ["0°", "NM", "90°", "BG", "CL", "Confidence"]


def test_conditions_stand_in_the_protocols_order_and_unknown_ones_last(walkers, write):
    names = ("aa", "bg", "cl", "nm", "zz")
    poses = write({f"001-{condition}-01-000": walk(50) for condition in names})
    assert draw(walkers, poses=poses).numbers["condition"].tolist() == ["nm", "bg", "cl", "aa", "zz"]


def test_a_cell_is_the_camera_frame_with_y_downwards(walkers, poses):
    for axes in cells(draw(walkers, poses=poses)).values():
        assert axes.get_xlim() == pytest.approx((-4, 104))
        assert axes.get_ylim() == pytest.approx((52, -2))


def test_first_and_last_frame_are_shadows_and_an_arrow_leads_between_their_feet(walkers, poses):
    axes = cells(draw(walkers, poses=poses))["CL 0"]
    first, last = axes.collections[:2]
    assert {tuple(point) for segment in first.get_segments() for point in segment.tolist()} == {(70, 10)}
    assert {tuple(point) for segment in last.get_segments() for point in segment.tolist()} == {(90, 10)}
    (arrow,) = axes.texts[:1]
    assert (tuple(arrow.xyann), tuple(arrow.xy)) == ((70, 10), (90, 10))


def test_what_is_outside_the_camera_frame_is_not_drawn_over_other_cells(walkers, write):
    sheets = {}
    for name, x in (("within", 50), ("outside", 150)):
        drawing = draw(walkers, poses=write({"001-nm-01-000": walk(x), "001-nm-01-090": walk(50)}))
        canvas = FigureCanvasAgg(drawing.figure)
        canvas.draw()
        sheet = np.asarray(canvas.buffer_rgba())
        sheets[name] = sheet[:, round(cells(drawing)["NM 0"].get_position().x1 * sheet.shape[1]) + 1 :]
    assert (sheets["within"] == sheets["outside"]).all()


def test_a_joint_is_drawn_as_sure_as_it_is(walkers, poses):
    drawing = draw(walkers, poses=poses)
    surely = {label: axes.collections[-1].get_array() for label, axes in cells(drawing).items() if axes.collections}
    assert {label: sorted(set(values.round(6).tolist())) for label, values in surely.items()} == {
        "NM 0": [0.5],
        "NM 90": [0.8],
        "BG 0": [0.5],
        "CL 0": [0.5],
    }


def test_the_caption_counts_what_there_is_what_is_of_others_and_what_is_missing(walkers, poses):
    assert draw(walkers, poses=poses).caption == (
        "Frames of synthetic walkers as read (7 sequences of 3 subjects, 2 views, 3 conditions): the "
        "first sequence of subject "
        "001 from each view (columns) in each condition (rows); 1 cell with other subjects, whose names "
        "are in the cell; 2 cells without any sequence. The skeleton of the middle frame is drawn in the camera frame "
        "of 100 × 50 pixels; joints are darker with higher confidence, and the left side has thick lines. The first "
        "frame is light grey, the last dark grey; the arrow connects the feet in the two. Over all sequences, the mean "
        "confidence is 0.54, and 0.84% of the points lie outside the frame."
    )


def test_one_sequence_is_a_sheet_of_one_cell(walkers, write):
    drawing = draw(walkers, poses=write({"007-nm-03-045": walk(50)}))
    assert {label: written(axes) for label, axes in cells(drawing).items()} == {"NM 45": []}
    assert drawing.numbers[["subject", "sequence", "view"]].values.tolist() == [["007", "03", "045"]]
    assert drawing.caption.startswith(
        "Frames of synthetic walkers as read (1 sequence of 1 subject, 1 view, 1 condition): the "
        "first sequence of subject 007 "
        "from each view (columns) in each condition (rows). The skeleton "
    )


@pytest.fixture
def silhouettes(tmp_path):
    """A table like that of the poses, but without 001 from 90 degrees, and with bg from 90 degrees.

    The silhouettes are 10 columns wide; those of 001-nm-01-000 are there in the last two of four frames only.
    """
    walks = {
        name: (range(21, 25), rectangle(slice(0, 64), slice(27, 37), frames=4))
        for name in ("001-nm-01-000", "001-bg-01-000", "001-bg-01-090", "002-cl-01-000")
    }
    walks["001-nm-01-000"][1][:2] = 0
    walks["001-bg-01-090"][1][:, :, 8:10] = 255
    return write_table(tmp_path / "silhouettes.parquet", walks)


def image(axes):
    (shown,) = axes.get_images()
    return np.asarray(shown.get_array())


def test_silhouettes_alone_are_drawn_as_gait_energy_images(walkers, silhouettes):
    drawing = draw(walkers, silhouettes=silhouettes)
    shown = cells(drawing)
    assert {label: written(axes) for label, axes in shown.items()} == {
        **{"NM 0": [], "NM 90": ["none"], "BG 0": [], "BG 90": [], "CL 0": ["002"], "CL 90": ["none"]},
    }
    assert np.unique(image(shown["NM 0"])).tolist() == [0, 0.5]
    assert np.argwhere(image(shown["NM 0"])[5]).ravel().tolist() == list(range(27, 37))
    assert shown["NM 0"].get_images()[0].get_extent() == [0, 64, 64, 0]
    assert shown["NM 0"].get_xlim() == pytest.approx((-0.04 * 64, 1.04 * 64))
    assert shown["NM 0"].get_ylim() == pytest.approx((1.04 * 64, -0.04 * 64))
    numbers = drawing.numbers
    assert numbers.astype(object).where(numbers.notna(), None).values.tolist() == [
        ["nm", "000", "001", "01", 4, 21, 24, 0.0],
        ["nm", "090", *[None] * 6],
        ["bg", "000", "001", "01", 4, 21, 24, 0.0],
        ["bg", "090", "001", "01", 4, 21, 24, 16.667],  # 2 of 12 columns
        ["cl", "000", "002", "01", 4, 21, 24, 0.0],
        ["cl", "090", *[None] * 6],
    ]
    assert drawing.caption == (
        "Frames of synthetic walkers as read (4 sequences of 2 subjects, 2 views, 3 conditions): the "
        "first sequence of subject "
        "001 from each view (columns) in each condition (rows); 1 cell with other subjects, whose names are in the "
        "cell; 2 cells without any sequence. A cell shows the gait energy image of the sequence, the mean of its "
        "silhouettes of 64 × 64 pixels. Networks take the middle 44 columns; 5.41% of the area shown lies outside "
        "them."  # 2 of 5 + 10 + 12 + 10 columns
    )


def test_the_silhouettes_of_the_same_sequences_are_below_their_skeletons(walkers, poses, silhouettes):
    drawing = draw(walkers, poses=poses, silhouettes=silhouettes)
    shown = cells(drawing)
    above, below = shown["NM 0"].get_position(), shown["NM 0 silhouette"].get_position()
    assert (above.x0, above.width, above.height) == pytest.approx((below.x0, below.width, below.height))
    assert above.y0 >= below.y1 > shown["BG 0"].get_position().y1
    assert joints(shown["NM 0"])[-1] == (30, 25)
    assert image(shown["NM 0 silhouette"]).max() == 0.5
    nothing = {label for label, axes in shown.items() if written(axes) == ["none"]}
    assert nothing == {"NM 90 silhouette", "BG 90", "CL 90", "CL 90 silhouette"}
    numbers = drawing.numbers.set_index(["condition", "view"])
    assert numbers.loc[("bg", "090"), ["subject", "sequence", "silhouettes"]].tolist() == ["001", "01", 4]
    assert numbers["frames"].isna().tolist() == [False, False, False, True, False, True]
    assert numbers["silhouettes"].isna().tolist() == [False, True, False, False, False, True]
    titles = [text.get_text() for text in drawing.figure.texts]
    assert titles == ["0°", "NM", "90°", "BG", "CL", "Mean silhouette", "Confidence"]
    assert "(8 sequences of 3 subjects, 2 views, 3 conditions)" in drawing.caption
    assert "outside the frame. Below each skeleton is the gait energy image of the sequence, " in drawing.caption


def test_the_maps_that_a_network_receives_are_below_the_skeletons_they_are_made_of(walkers, write):
    frames, keypoints = walk(50, confidence=1.0)
    keypoints[:, :, 1] = np.linspace(5, 45, 17)  # all joints on one vertical line
    poses = write({"001-nm-01-000": (frames, keypoints)})
    drawing = draw(walkers, poses=poses, pictures=["skeleton_maps"])
    shown = image(cells(drawing)["NM 0 skeleton_maps"])
    assert shown.shape == (64, 44 + 2 + 44)
    maps = skeleton_maps(normalised(torch.from_numpy(keypoints[1:2]).float()))[0, :, :, 10:54].float() / 255
    assert np.array_equal(shown[:, :44], maps[0].numpy())
    assert np.array_equal(shown[:, 46:], maps[1].numpy())
    row = drawing.numbers.loc[0]
    assert (row["mean_limbs"], row["mean_joints"]) == tuple(round(float(one.mean()), 4) for one in maps)
    assert "Below each skeleton are the skeleton maps of the middle frame, 44 × 64 pixels each" in drawing.caption
    assert drawing.caption.endswith("from left to right: limbs, joints.")
    assert "Skeleton maps" in [text.get_text() for text in drawing.figure.texts]


def test_of_a_subjects_sequences_one_with_both_is_preferred(walkers, write, tmp_path):
    poses = write({"001-nm-01-000": walk(20), "001-nm-02-000": walk(30)})
    table = write_table(tmp_path / "silhouettes.parquet", {"001-nm-02-000": (range(3), rectangle(5, 5, frames=3))})
    assert draw(walkers, poses=poses, silhouettes=table).numbers["sequence"].tolist() == ["02"]


def test_a_silhouette_is_a_square_in_a_cell_of_any_shape(walkers, poses, silhouettes):
    drawing = draw(walkers, poses=poses, silhouettes=silhouettes)  # the camera frame is 2 : 1
    axes = cells(drawing)["NM 0 silhouette"]
    assert axes.get_xlim() == pytest.approx((32 - 1.08 * 64, 32 + 1.08 * 64))
    assert axes.get_ylim() == pytest.approx((1.04 * 64, -0.04 * 64))


def test_the_same_silhouettes_give_the_same_bytes(walkers, silhouettes, drawn_twice):
    first, again = drawn_twice("contact_sheet", walkers, silhouettes=silhouettes)
    assert first == again


def test_a_table_without_any_sequence_is_refused(walkers, write):
    poses = write({})
    with pytest.raises(DataError) as raised:
        draw(walkers, poses=poses)
    assert str(raised.value) == (f"{poses}: no sequences, expected at least one; poses_report.csv beside it says why.")


def test_the_same_poses_give_the_same_bytes(walkers, poses, drawn_twice):
    first, again = drawn_twice("contact_sheet", walkers, poses=poses)
    assert first == again
