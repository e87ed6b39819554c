"""A sequence as an animated GIF, read back with Pillow."""

import matplotlib.style
import numpy as np
import pytest
from drawn_silhouettes import rectangle, write_table
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageSequence

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.reporting.figures.movie import durations
from gaitcore.reporting.figures.skeleton_drawing import CONFIDENCE
from gaitcore.reporting.figures.style import STYLE
from gaitcore.reporting.figures.write_movie import ON_SCREEN, write_movie

NAME = "001-nm-01-090"


@pytest.fixture
def poses(tmp_path):
    """Write poses.parquet with 001-nm-01-090 of these frames, all its joints at one point, and another sequence."""

    def write(frames, *, fps=25.0, width=320, height=240, points=(100, 100), confidence=1.0):
        keypoints = np.ones((len(frames), 17, 3))
        keypoints[:, :, 2] = np.reshape(confidence, (-1, 1))
        keypoints[:, :, :2] = np.reshape(points, (-1, 1, 2))
        sequences = {SequenceKey("001", "nm", 1, 90): (np.array(frames), keypoints)}
        sequences[SequenceKey("002", "bg", 2, 0)] = (np.arange(9), np.ones((9, 17, 3)))
        table_of_sequences(sequences, PoseInfo("walkers", width, height, fps)).write(tmp_path / "poses.parquet")
        return tmp_path / "poses.parquet"

    return write


@pytest.fixture
def movie(poses, tmp_path):
    """Its pictures, (height, width, 3) each, and how long each stands, in milliseconds."""

    def read(frames, **about):
        write_movie(poses(frames, **about), NAME, tmp_path / "walk.gif")
        with Image.open(tmp_path / "walk.gif") as gif:
            assert gif.format == "GIF"
            assert gif.info["loop"] == 0  # for ever
            stills = [(np.array(still.convert("RGB")), still.info["duration"]) for still in ImageSequence.Iterator(gif)]
        return [still for still, _ in stills], [duration for _, duration in stills]

    return read


def assert_says(picture, text):
    """The picture's upper line is this text, to the paleness of the GIF's greys."""
    height, width = picture.shape[:2]
    with matplotlib.style.context([STYLE, ON_SCREEN]):
        figure = Figure((width / 100, height / 100), dpi=100)
        figure.text(10 / width, 1 - 12 / height, text, va="center")
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    expected = np.asarray(canvas.buffer_rgba())[:24, :, :3].astype(int)
    assert np.abs(picture[:24].astype(int) - expected).max() <= 17


def skeleton(picture):
    """(N, 2) x and y of the coloured pixels above the colours of the confidence."""
    inside = picture[:-34].astype(int)
    return np.argwhere(np.ptp(inside, axis=2) > 40)[:, ::-1]


def test_a_movie_has_one_picture_for_each_frame_of_the_sequence_named(movie):
    pictures, _ = movie([7, 8, 9])
    assert len(pictures) == 3
    for picture, line in zip(pictures, ("frame 7   0.00 s", "frame 8   0.04 s", "frame 9   0.08 s"), strict=True):
        assert_says(picture, f"{NAME}   {line}")


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (25.0, [40, 40, 40, 40, 40, 40]),
        (30.0, [30, 40, 30, 30, 40, 30]),  # a GIF counts hundredths of a second; 6 frames still last 0.2 s
        (50.0, [20, 20, 20, 20, 20, 20]),
    ],
)
def test_a_picture_stands_as_long_as_its_frame_did(movie, fps, expected):
    assert movie([1, 2, 3, 4, 5, 6], fps=fps)[1] == expected


def test_of_more_than_50_frames_a_second_every_second_one_is_shown(movie):
    pictures, stand = movie([1, 2, 3, 4, 5, 6], fps=100.0)
    assert stand == [20, 20, 20]
    for picture, line in zip(pictures, ("frame 1   0.00 s", "frame 3   0.02 s", "frame 5   0.04 s"), strict=True):
        assert_says(picture, f"{NAME}   {line}")


@pytest.mark.parametrize(("fps", "stand"), [(60.0, [30, 40, 30]), (150.0, [20, 20])])
def test_no_more_than_50_pictures_are_shown_a_second(movie, fps, stand):
    assert movie([1, 2, 3, 4, 5, 6], fps=fps)[1] == stand


@pytest.mark.parametrize(
    ("frames", "stand", "line"),
    [
        ([1, 2, 5, 6], [40, 40, 80, 40, 40], "frames 3 to 4 missing   0.08 s"),
        ([1, 2, 4, 5], [40, 40, 40, 40, 40], "frame 3 missing   0.08 s"),
    ],
)
def test_a_gap_in_the_frame_numbers_is_one_empty_picture_that_says_so(movie, frames, stand, line):
    pictures, stood = movie(frames)
    assert stood == stand
    assert [len(skeleton(picture)) > 0 for picture in pictures] == [True, True, False, True, True]
    assert_says(pictures[2], f"{NAME}   {line}")


def test_a_picture_stands_no_longer_than_a_gif_allows():
    assert durations([0, 1, 1_000_001, 1_000_002], 25.0).tolist() == [4, 65535, 4]


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (320, 240, (480, 418)),  # the frame's longer side has 480 pixels, the texts have 58 more of height
        (240, 320, (360, 538)),
        (100, 400, (340, 538)),  # wide enough for the texts
    ],
)
def test_the_pictures_have_the_camera_frames_shape(movie, width, height, size):
    pictures, _ = movie([1, 2], width=width, height=height)
    assert [picture.shape[1::-1] for picture in pictures] == [size, size]


def test_a_joint_stands_where_it_was_seen_with_y_downwards(movie):
    pictures, _ = movie([1, 2], points=[(80, 60), (160, 180)])
    # 480 x 360 pixels, 24 below the picture's upper edge, show 1.08 times the camera frame of 320 x 240.
    for picture, (x, y) in zip(pictures, [(80, 60), (160, 180)], strict=True):
        expected = ((x + 0.04 * 320) * 480 / (1.08 * 320), 24 + (y + 0.04 * 240) * 360 / (1.08 * 240))
        assert (skeleton(picture) + 0.5).mean(axis=0) == pytest.approx(expected, abs=1)


def test_a_surer_joint_is_darker(movie):
    pictures, _ = movie([1, 2, 3], confidence=[0.1, 0.5, 1.0])
    middles = [picture[tuple(skeleton(picture).mean(axis=0).round().astype(int)[::-1])] for picture in pictures]
    assert middles == [pytest.approx(255 * np.array(CONFIDENCE(sure)[:3]), abs=8) for sure in (0.1, 0.5, 1.0)]
    assert middles[0].sum() > middles[1].sum() > middles[2].sum()


def test_the_same_poses_give_the_same_bytes(poses, tmp_path):
    table = poses([1, 2, 5], fps=30.0)
    for name in ("first", "again"):
        write_movie(table, NAME, tmp_path / f"{name}.gif")
    assert (tmp_path / "first.gif").read_bytes() == (tmp_path / "again.gif").read_bytes()


@pytest.mark.parametrize("name", ["walk", "001-nm-01", "001-nm-01-090.gif", ""])
def test_what_is_no_sequences_name_is_refused(poses, tmp_path, name):
    table = poses([1, 2])
    with pytest.raises(DataError) as raised:
        write_movie(table, name, tmp_path / "walk.gif")
    assert str(raised.value) == f'"{name}" is not a valid sequence name; expected e.g. 001-nm-01-090.'
    assert not (tmp_path / "walk.gif").exists()


def test_a_sequence_that_is_not_there_is_refused_and_the_most_similar_one_named(poses, tmp_path):
    table = poses([1, 2])
    with pytest.raises(DataError) as raised:
        write_movie(table, "002-bg-02-018", tmp_path / "walk.gif")
    assert str(raised.value) == f'{table}: no 002-bg-02-018 among 2 sequences; did you mean "002-bg-02-000"?'
    assert not (tmp_path / "walk.gif").exists()


def test_of_an_empty_table_no_similar_sequence_is_named(tmp_path):
    table = tmp_path / "poses.parquet"
    table_of_sequences({}, PoseInfo("walkers", 320, 240, 25.0)).write(table)
    with pytest.raises(DataError) as raised:
        write_movie(table, NAME, tmp_path / "walk.gif")
    assert str(raised.value) == f"{table}: no 001-nm-01-090 among 0 sequences."


def stills(path):
    """Its pictures, (height, width, 3) each, and how long each stands, in milliseconds."""
    with Image.open(path) as gif:
        read = [(np.array(still.convert("RGB")), still.info["duration"]) for still in ImageSequence.Iterator(gif)]
    return [picture for picture, _ in read], [duration for _, duration in read]


@pytest.fixture
def silhouettes(tmp_path):
    """001-nm-01-090 with frames 1, 2 and 5: the upper half white, then the lower one, then grey."""
    masks = np.concatenate(
        [
            rectangle(slice(0, 32), slice(0, 64)),
            rectangle(slice(32, 64), slice(0, 64)),
            rectangle(slice(0, 64), slice(0, 64), value=136),
        ]
    )
    walks = {NAME: ((1, 2, 5), masks), "003-nm-01-090": ((1,), rectangle(0, 0))}
    return write_table(tmp_path / "silhouettes.parquet", walks)


def halves(square):
    """The grey level in the middle of the upper and the lower half of the picture of a silhouette."""
    return [int(square[row, square.shape[1] // 2, 0]) for row in (len(square) // 4, 3 * len(square) // 4)]


def test_silhouettes_alone_are_shown_at_25_frames_a_second(silhouettes, tmp_path):
    write_movie(None, NAME, tmp_path / "walk.gif", silhouettes=silhouettes)
    pictures, stood = stills(tmp_path / "walk.gif")
    assert stood == [40, 40, 80, 40]
    assert {picture.shape for picture in pictures} == {(24 + 320 + 8, 340, 3)}
    squares = [picture[24:344, 10:330] for picture in pictures]
    assert [halves(squares[place]) for place in (0, 1, 3)] == [[255, 0], [0, 255], [136, 136]]
    assert_says(pictures[1], f"{NAME}   frame 2   0.04 s")
    assert_says(pictures[2], f"{NAME}   frames 3 to 4 missing   0.08 s")
    assert halves(squares[2]) == [255, 255]  # no silhouette, but a text


def test_a_silhouette_is_beside_its_skeleton_and_a_frame_may_have_one_of_them(poses, silhouettes, tmp_path):
    table = poses([1, 3], fps=50.0)
    write_movie(table, NAME, tmp_path / "walk.gif", silhouettes=silhouettes)
    pictures, stood = stills(tmp_path / "walk.gif")
    assert stood == [20, 20, 20, 20, 20]
    assert {picture.shape for picture in pictures} == {(418, 480 + 8 + 320, 3)}
    squares = [picture[24 + 20 : 24 + 340, 488:] for picture in pictures]  # in the middle of 360
    assert [halves(square)[0] for square in squares] == [255, 0, 255, 255, 136]
    assert [len(skeleton(picture)) > 0 for picture in pictures] == [True, False, True, False, False]
    for picture, label in zip(pictures, ("frame 1", "frame 2", "frame 3", "frame 4 missing", "frame 5"), strict=True):
        assert_says(picture, f"{NAME}   {label}   {(int(label.split()[1]) - 1) / 50:.2f} s")


def test_a_sequence_of_one_table_alone_is_drawn_from_it(poses, silhouettes, tmp_path):
    write_movie(poses([1, 2]), "003-nm-01-090", tmp_path / "walk.gif", silhouettes=silhouettes)
    with Image.open(tmp_path / "walk.gif") as gif:
        assert (gif.n_frames, gif.size) == (1, (340, 352))


def test_a_sequence_that_is_in_no_table_is_refused(poses, silhouettes, tmp_path):
    table = poses([1, 2])
    with pytest.raises(DataError) as raised:
        write_movie(table, "003-nm-01-091", tmp_path / "walk.gif", silhouettes=silhouettes)
    assert str(raised.value) == (
        f'{table} and {silhouettes}: no 003-nm-01-091 among 3 sequences; did you mean "003-nm-01-090"?'
    )
