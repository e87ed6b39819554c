"""One sequence as a movie, by its name on the command line."""

import pytest
from PIL import Image

from gaitcore.poses.table import PoseTable

pytestmark = pytest.mark.workflow

NAMED = ("sequence=004-nm-01-090",)


@pytest.fixture
def movie(finished):
    """The movie of one sequence, and what was printed while it was made."""
    path = finished.results("movies/004-nm-01-090.gif")
    path.unlink(missing_ok=True)
    done = finished.snakemake("movie", config=NAMED)
    assert done.returncode == 0, done.stdout
    return path, done.stdout


def test_a_movie_has_a_picture_for_each_frame_of_the_sequence_named(finished, movie):
    path, told = movie
    assert "Drawing 004-nm-01-090 of tiny as it walks" in told
    sequences = PoseTable.read(finished.results("poses.parquet")).sequences
    walk = sequences.query("subject == '004' and condition == 'nm' and sequence == 1 and view == 90")
    with Image.open(path) as gif:
        assert gif.n_frames == walk["frames"].item()


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
        "movie: no sequence is named; name one, e.g. snakemake --cores 1 movie --config sequence=001-nm-01-090 "
        "(results/tiny/split.csv lists what there is)."
    )
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("004-nm-01-091", "XXX"),
        ("walk", '"walk" is no sequence\'s name, expected one like 001-nm-01-090.'),
    ],
)
def test_an_unknown_name_ends_in_one_sentence(finished, name, sentence):
    done = finished.snakemake("movie", config=(f"sequence={name}",))
    assert done.returncode == 1
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
    log = finished.results(f"logs/movies/{name}.log").read_text()
    assert "Traceback" not in log
    assert not finished.results(f"movies/{name}.gif").exists()
