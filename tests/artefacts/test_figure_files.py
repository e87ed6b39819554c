"""The four files of a figure."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from gaitcore.artefacts.figure_files import read_caption, write_caption, write_numbers, write_picture
from gaitcore.errors import DataError


def test_a_caption_is_read_as_it_was_written(tmp_path):
    write_caption("Rank-1 at 90°.", tmp_path / "seeds.png")
    assert (tmp_path / "seeds.txt").read_text() == "Rank-1 at 90°.\n"
    assert read_caption(tmp_path / "seeds.pdf") == "Rank-1 at 90°."


@pytest.mark.parametrize("content", ["", "Rank-1 at"])
def test_a_caption_that_is_cut_off_ends_in_one_sentence(tmp_path, content):
    (tmp_path / "seeds.txt").write_text(content)
    with pytest.raises(DataError) as raised:
        read_caption(tmp_path / "seeds.png")
    assert str(raised.value) == (
        f"{tmp_path}/seeds.txt: empty or cut off, expected a caption that ends with a newline; delete it and run again."
    )


def test_numbers_and_pictures_lie_beside_the_caption(tmp_path):
    write_numbers(pd.DataFrame({"rank1_percent": [94.9]}), tmp_path / "seeds.pdf")
    write_picture(Figure(figsize=(1, 1)), tmp_path / "seeds.pdf")
    assert (tmp_path / "seeds.csv").read_text() == "rank1_percent\n94.9\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seeds.csv", "seeds.pdf", "seeds.png"]
