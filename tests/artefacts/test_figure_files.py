"""The four files of a figure."""

import io
import struct
import zlib

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from gaitcore.artefacts.figure_files import read_caption, read_png, write_caption, write_numbers, write_picture
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


def png(tmp_path):
    write_picture(Figure(figsize=(3, 1), dpi=200), tmp_path / "seeds.png")
    return tmp_path / "seeds.png"


def refused(path):
    with pytest.raises(DataError) as raised:
        read_png(path)
    return str(raised.value).removeprefix(str(path))


def test_a_picture_is_read_with_its_width_on_paper(tmp_path):
    content, inches = read_png(png(tmp_path))
    assert content == (tmp_path / "seeds.png").read_bytes()
    assert round(inches, 2) == 3


def gif(content):
    file = io.BytesIO()
    Image.open(io.BytesIO(content)).convert("P").save(file, "GIF", dpi=(200, 200))
    return file.getvalue()


def with_size(content, width, height):
    header = content[12:16] + struct.pack(">II", width, height) + content[24:29]
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"no picture",
        lambda content: content[:100],
        lambda content: content[:-20],
        lambda content: content[:60] + bytes([content[60] ^ 1]) + content[61:],
        lambda content: content.replace(b"pHYs", b"pHYx"),
        lambda content: b"<svg onload='alert(1)'/>" + content,
        gif,
    ],
)
def test_a_file_that_is_no_picture_ends_in_one_sentence(tmp_path, damage):
    path = png(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert refused(path) == (
        ": damaged or no PNG with a resolution, expected a PNG of a figure; delete it and run again."
    )


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (20_000, 5_000)])
def test_a_picture_of_too_many_pixels_ends_in_one_sentence(tmp_path, width, height):
    path = png(tmp_path)
    path.write_bytes(with_size(path.read_bytes(), width, height))
    assert refused(path) == (
        f": says that it has {width} x {height} pixels, expected a PNG of a figure; delete it and run again."
    )
    assert refused(tmp_path / "absent.png") == ": no such file; run the workflow to make it."


def test_numbers_and_pictures_lie_beside_the_caption(tmp_path):
    write_numbers(pd.DataFrame({"rank1_percent": [94.9]}), tmp_path / "seeds.pdf")
    write_picture(Figure(figsize=(1, 1)), tmp_path / "seeds.pdf")
    assert (tmp_path / "seeds.csv").read_text() == "rank1_percent\n94.9\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seeds.csv", "seeds.pdf", "seeds.png"]
