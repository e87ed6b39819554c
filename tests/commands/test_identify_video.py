"""``gaitcore identify`` from videos: one real walk cut in two, the first half known, the second half looked up."""

from pathlib import Path

import numpy as np
import pytest

for package in ("av", "cv2", "mediapipe"):
    pytest.importorskip(package, reason="poses from video need more packages: make video")
pytestmark = [pytest.mark.video, pytest.mark.slow]

from drawn_video import write_video
from PIL import Image
from walking_video import EMPTY, FPS, WALK

from gaitcore.commands.identification import embedded
from gaitcore.commands.line import main
from gaitcore.errors import DataError
from gaitcore.evaluation.finished import open_run

RUN = "results/small/gaitmixer/seed-0"
LENGTH, HALF = 18, len(WALK) // 2  # frames
REPLACE = "Replace or remove the files, or correct the settings named."


@pytest.fixture(scope="module")
def films(tmp_path_factory, walking):
    """A gallery of the walker, of the mirror image and of nobody, and a probe of the walker's other half."""
    folder = tmp_path_factory.mktemp("films")
    walk, empty = [walking[n] for n in WALK], [walking[n] for n in EMPTY]
    write_video(folder / "people" / "001-nm-01-090.avi", walk[:LENGTH], rate=FPS)
    write_video(folder / "people" / "002-nm-01-090.avi", [np.fliplr(one) for one in walk[:LENGTH]], rate=FPS)
    write_video(folder / "people" / "003-nm-01-090.avi", empty, rate=FPS)
    write_video(folder / "whoever.avi", walk[HALF : HALF + LENGTH], rate=FPS)
    write_video(folder / "nobody.avi", empty, rate=FPS)
    (folder / "text.mp4").write_text("no video")
    return folder


def test_a_video_is_looked_up_among_videos(at_two_experiments, films, capsys):
    """The run knows nothing of people, so who is nearest says nothing; both are in the list, and nobody else."""
    places = ["--gallery", films / "people", "--probe", films / "whoever.avi", "--picture", films / "found.png"]
    status, said = main(["identify", "--weights", RUN, *map(str, places)]), capsys.readouterr()
    assert status == 0, said.err
    lines = said.out.splitlines()
    assert "whoever.avi, by gaitmixer of results/small/gaitmixer/seed-0" in lines
    ranks = [line.split()[:3] for line in lines if line.split()[:1] in (["1"], ["2"], ["3"])]
    assert sorted(rank[1:] for rank in ranks) == [["001", "001-nm-01-090"], ["002", "002-nm-01-090"]]
    rate = "Remark: The frames are 30 a second and those of the run's data 25; they are taken at the times of 25."
    assert lines.count(rate) == 1
    assert (
        f"Remark: No pose in 1 of the videos: {films}/people/003-nm-01-090.avi: no pose in any of 8 frames: nobody "
        f"found (8 frames). {REPLACE}"
    ) in lines
    with Image.open(films / "found.png") as picture:
        assert picture.size == (1400, 760)


@pytest.mark.parametrize(
    ("probe", "why"),
    [
        ("nobody.avi", "no pose in any of 8 frames: nobody found (8 frames)"),
        ("text.mp4", "not a video that can be read (Invalid data found when processing input)"),
    ],
)
def test_a_probe_without_a_pose_is_one_sentence_that_names_it(at_two_experiments, films, probe, why):
    with pytest.raises(DataError) as caught:
        embedded(open_run(Path(RUN)), films / probe, None, "probe")
    assert str(caught.value) == f"No video gave a pose: {films}/{probe}: {why}. {REPLACE}"
