"""One sequence as a movie, by its name on the command line."""

import numpy as np
import pytest
from PIL import Image

from gaitcore.modalities.keypoints.table import PoseTable

pytestmark = pytest.mark.workflow

NAMED = ("sequence=004-nm-01-090",)


@pytest.fixture(scope="module")
def movie(finished):
    """The movie of one sequence, and what was printed while it was made."""
    path = finished.results("movies/004-nm-01-090.gif")
    done = finished.snakemake("movie", config=NAMED)
    assert done.returncode == 0, done.stdout
    return path, done.stdout


def test_the_movie_of_the_sequence_named_has_a_picture_for_each_frame_and_each_gap(finished, movie):
    path, told = movie
    assert "Rendering 004-nm-01-090 of tiny as an animated GIF" in told
    table = PoseTable.read(finished.results("poses.parquet"))
    frame = table.select(
        table.sequences.eval("subject == '004' & condition == 'nm' & sequence == '01' & view == '090'")
    ).frame
    with Image.open(path) as gif:
        assert gif.n_frames == len(frame) + np.count_nonzero(np.diff(frame) > 1)


def test_a_movie_that_is_there_is_not_drawn_again(finished, movie):
    path, _ = movie
    drawn = path.stat().st_mtime_ns
    again = finished.snakemake("movie", config=NAMED)
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout
    assert path.stat().st_mtime_ns == drawn


def test_a_movie_leaves_the_tables_up_to_date(finished, movie):
    assert finished.jobs() == {}


def test_without_a_name_one_sentence_says_how_to_give_one(finished):
    done = finished.snakemake("movie")
    assert done.returncode == 1
    assert done.stdout.rstrip().splitlines()[-1] == (
        "movie: no sequence is given; choose one, e.g. snakemake --cores 1 movie --config sequence=001-nm-01-090 "
        "(results/tiny/split.csv lists them)."
    )
    assert "Traceback" not in done.stdout


def test_a_sequence_that_is_not_there_ends_in_one_sentence(finished):
    name = "004-nm-01-091"
    sentence = 'results/tiny/poses.parquet: no 004-nm-01-091 among 660 sequences; did you mean "004-nm-01-090"?'
    done = finished.snakemake("movie", config=(f"sequence={name}",))
    assert done.returncode == 1
    assert f"[draw_movie tiny {name}] {sentence}" in done.stdout.splitlines()
    assert "Traceback" not in done.stdout
    log = finished.results(f"logs/movies/{name}.log").read_text()
    assert log.rstrip().endswith(f"ERROR {sentence}")
    assert "Traceback" not in log
    assert not finished.results(f"movies/{name}.gif").exists()


@pytest.mark.parametrize(("given", "found"), [("walk", "'walk'"), ("[a,b]", "['a', 'b']"), ("../../x", "'../../x'")])
def test_what_names_no_sequence_is_refused_at_the_door(finished, given, found):
    done = finished.snakemake("movie", config=(f"sequence={given}",))
    assert done.returncode == 1
    assert done.stdout.rstrip().splitlines()[-1] == (
        f"--config on the command line: sequence: {found} is not a valid name, expected e.g. 001-nm-01-090."
    )
