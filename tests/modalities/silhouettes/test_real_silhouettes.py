"""PsyMo's own silhouettes: every picture is read as it is, and every walk becomes 64 x 64."""

import tarfile

import numpy as np
import pytest
from places import REAL_DATA

from gaitcore.keys import sequence_names
from gaitcore.modalities.silhouettes.images import read_mask
from gaitcore.modalities.silhouettes.reading import read_silhouettes
from gaitcore.modalities.silhouettes.table import read_blocks

PSYMO = REAL_DATA / "psymo" / "silhouettes.tar.xz"
SUBJECT = "3"

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The pictures of one subject."""
    if not PSYMO.exists():
        pytest.skip("PsyMo's silhouettes are not beside the checkout (shared/data)")
    root = tmp_path_factory.mktemp("psymo")
    with tarfile.open(PSYMO) as archive:
        wanted = [member for member in archive if f"/silhouettes/{SUBJECT}/" in member.name]
        archive.extractall(root, wanted, filter="data")
    return root


def mask(path):
    picture = read_mask(path.read_bytes(), (128, 128))
    assert isinstance(picture, np.ndarray), picture
    return picture


def test_the_mean_of_a_walks_pictures_is_the_published_mean_picture(folder):
    means = sorted(folder.rglob("*_gei.png"))
    assert len(means) == 48
    for published in means:
        walk = published.with_name(published.name.removesuffix("_gei.png"))
        mean = np.mean([mask(picture) for picture in walk.glob("*.png")], axis=0)
        np.testing.assert_array_equal(np.floor(mean).astype(np.uint8), mask(published), err_msg=walk.name)


def test_every_walk_is_in_the_table_and_nothing_is_dropped(folder, tmp_path):
    table = tmp_path / "silhouettes.parquet"
    sequences, report = read_silhouettes("psymo_png", folder, table, dataset="PsyMo")
    assert len(report) == 0
    assert len(sequences) == 48
    assert {"003-wss-00-180", "003-nm-01-090"} <= set(sequence_names(sequences))
    pictures = [path for path in folder.rglob("*.png") if not path.name.endswith("_gei.png")]
    assert sequences["frames"].sum() == len(pictures)
    masks = np.concatenate([block.masks for block in read_blocks(table)])
    assert (masks.max(axis=2) > 0).all()  # the walker's height is the picture's
    white = masks.sum(axis=1, dtype=np.int64).cumsum(axis=1)
    centre = (white > white[:, -1:] / 2).argmax(axis=1)
    assert (centre == 32).mean() > 0.99  # what is cut off at a side moves it
