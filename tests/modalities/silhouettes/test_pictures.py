"""Folders of pictures, CASIA-B's and PsyMo's: every picture is used, or named in the report with what is wrong."""

import io

import numpy as np
import pytest
from drawn_silhouettes import raw_frame, save_picture, write_casia_b
from PIL import Image
from report_entries import entries_without_lines, refusal

from gaitcore.modalities.silhouettes.images import read_mask
from gaitcore.modalities.silhouettes.pretreatment import aligned
from gaitcore.modalities.silhouettes.reading import read_silhouettes, source_formats
from gaitcore.modalities.silhouettes.table import read_blocks, read_info

NAME = "001-nm-01-090"
PSYMO = (128, 128)


class Read:
    """What a format makes of a folder: the table's sequences, info, frames and masks, and the report."""

    def __init__(self, source_format, root):
        self.table = root.parent / "silhouettes.parquet"
        sequences, report = read_silhouettes(source_format, root, self.table, dataset="test")
        self.sequences = sequences.to_numpy().tolist()
        self.info = read_info(self.table)
        blocks = list(read_blocks(self.table))
        self.frame = np.concatenate([block.frame for block in blocks]).tolist()
        self.masks = np.concatenate([block.masks for block in blocks])
        self.report = entries_without_lines(report)


def error(source_format, root):
    table = root.parent / "silhouettes.parquet"
    sentence = refusal(read_silhouettes, source_format, root, table, dataset="test")
    assert not table.exists()
    return sentence


@pytest.fixture
def tree(tmp_path):
    return write_casia_b(tmp_path / "casia_b", [NAME])


@pytest.fixture
def folder(tree):
    return tree / "001" / "nm-01" / "090"


def test_the_formats_are_found_by_their_files():
    assert source_formats() == ("casia_b_png", "opengait_pickles", "psymo_png")


def test_every_frame_is_cut_and_aligned_in_the_order_of_keys_and_numbers(tmp_path):
    names = ["002-bg-02-000", "001-nm-01-090", "001-nm-01-018"]
    read = Read("casia_b_png", write_casia_b(tmp_path / "casia_b", names, frames=12))
    assert read.sequences == [
        ["001", "nm", "01", "018", 12],
        ["001", "nm", "01", "090", 12],
        ["002", "bg", "02", "000", 12],
    ]
    assert read.frame == [*range(1, 13)] * 3
    expected = [aligned(raw_frame(number, width=width)) for width in (24, 22, 20) for number in range(1, 13)]
    np.testing.assert_array_equal(read.masks, np.stack(expected))
    assert read.report == []
    assert (read.info.source, read.info.pretreatment) == (
        "background subtraction (CASIA-B PNG)",
        "cut and aligned as published (GaitSet)",
    )


def test_numbers_count_as_numbers_and_may_have_gaps(tree, folder):
    for path in folder.iterdir():
        path.unlink()
    for number in (10, 2, 30):
        save_picture(folder / f"{number}.png", raw_frame(number))
    (folder / ".hidden.png").write_bytes(b"")
    read = Read("casia_b_png", tree)
    assert read.frame == [2, 10, 30]
    np.testing.assert_array_equal(read.masks, np.stack([aligned(raw_frame(n)) for n in (2, 10, 30)]))


def test_the_digest_follows_the_content(tree, folder):
    before = Read("casia_b_png", tree).info.source_digest
    assert Read("casia_b_png", tree).info.source_digest == before
    save_picture(folder / f"{NAME}-003.png", raw_frame(9))
    assert Read("casia_b_png", tree).info.source_digest != before


def truncated(pixels):
    return png(pixels)[:-60]


def png(pixels, **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", **options)
    return file.getvalue()


DARK = "expected more than 10000 (40 white pixels)"


def unusable(size):
    """What stands in a PNG file that cannot be used, and the reason; pictures have the width and height ``size``."""
    frame, black, spot = raw_frame(1, size), np.zeros(size[::-1], np.uint8), np.zeros(size[::-1], np.uint8)
    spot[:6, :6] = 255
    other = (size[0] + 1, size[1])
    jpeg = io.BytesIO()
    Image.fromarray(frame).save(jpeg, "JPEG")
    return {
        "text": (b"no picture", "not a PNG picture"),
        "empty": (b"", "not a PNG picture"),
        "JPEG": (jpeg.getvalue(), "not a PNG picture"),
        "size": (
            png(raw_frame(1, other)),
            f"{other[0]} x {other[1]} pixels, expected {size[0]} x {size[1]}",
        ),
        "black": (png(black), f"pixel values with a sum of 0, {DARK}"),
        "spot": (png(spot), f"pixel values with a sum of 9180, {DARK}"),
        "colour": (
            png(np.stack([raw_frame(n, size) for n in (1, 2, 3)], axis=-1)),
            "a picture in colour, expected 8 bits of grey",
        ),
        "transparent": (
            png(np.stack([frame] * 4, axis=-1)),
            "a picture of the mode RGBA, expected 8 bits of grey",
        ),
        "16 bits": (png(frame.astype(np.uint16)), "a picture of the mode I;16, expected 8 bits of grey"),
    }


SIZES = {"casia_b_png": (320, 240), "psymo_png": PSYMO}


@pytest.mark.parametrize("name", unusable(PSYMO))
@pytest.mark.parametrize("source_format", SIZES)
def test_a_picture_that_cannot_be_used_is_one_line_of_the_report(tmp_path, source_format, name):
    size = SIZES[source_format]
    content, reason = unusable(size)[name]
    place = {"casia_b_png": "001/nm-01/090", "psymo_png": "001_90_0_1_nm"}[source_format]
    for number in range(1, 7):
        save_picture(tmp_path / "tree" / place / f"{number}.png", raw_frame(number, size, 16))
    path = tmp_path / "tree" / place / "4.png"
    path.write_bytes(content)
    read = Read(source_format, tmp_path / "tree")
    assert read.frame == [1, 2, 3, 5, 6]
    assert read.report == [(str(path), NAME, 4, reason)]


def test_a_folder_and_a_link_to_nothing_are_lines_of_the_report(tree, folder):
    for number in (2, 5):
        (folder / f"{NAME}-{number:03d}.png").unlink()
    (folder / f"{NAME}-002.png").mkdir()
    (folder / f"{NAME}-005.png").symlink_to("nothing")
    read = Read("casia_b_png", tree)
    assert read.frame == [1, 3, 4, 6]
    assert read.report == [
        (str(folder / f"{NAME}-002.png"), NAME, 2, "a folder, expected a PNG picture"),
        (str(folder / f"{NAME}-005.png"), NAME, 5, "a link to nothing, expected a PNG picture"),
        (str(folder), NAME, None, "4 usable frames, expected 5 or more; the sequence is kept"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            truncated(np.random.default_rng(0).integers(0, 256, (240, 320)).astype(np.uint8)),
            "a damaged PNG picture (image file is truncated)",
        ),
        (png(raw_frame(1))[:-60], "a damaged PNG picture (image file is truncated)"),
        (png(raw_frame(1))[:20], "a damaged PNG picture (Truncated File Read)"),
    ],
    ids=["noise", "walker", "header"],
)
def test_a_picture_that_is_cut_short_is_one_line_of_the_report(tree, folder, content, reason):
    path = folder / f"{NAME}-004.png"
    path.write_bytes(content)
    assert Read("casia_b_png", tree).report == [(str(path), NAME, 4, reason)]


@pytest.mark.parametrize(
    "content",
    [
        png(np.stack([raw_frame(1)] * 3, axis=-1)),
        png(raw_frame(1) // 255),
        png(raw_frame(1) > 0),
    ],
    ids=["three equal channels", "0 and 1", "one bit"],
)
def test_grey_in_other_spellings_is_the_same_mask(content):
    np.testing.assert_array_equal(read_mask(content, (320, 240)), raw_frame(1))


def test_names_that_are_no_frames_of_the_sequence_are_reported(tree, folder):
    other = save_picture(folder / "002-nm-01-090-007.png", raw_frame(7))
    again = save_picture(folder / "4.png", raw_frame(4))
    text = folder / "Thumbs.db"
    text.write_bytes(b"")
    read = Read("casia_b_png", tree)
    assert read.frame == [1, 2, 3, 4, 5, 6]
    assert read.report == [
        (str(other), NAME, None, f"a frame of 002-nm-01-090 in the folder of {NAME}"),
        (str(again), NAME, None, f"frame twice, {NAME}-004.png is used"),
        (str(text), NAME, None, f"names no frame, expected a name like {NAME}-017.png or 17.png"),
    ]


def test_a_walk_of_one_frame_is_kept_with_a_line(tmp_path):
    root = write_casia_b(tmp_path / "casia_b", [NAME], frames=1)
    read = Read("casia_b_png", root)
    assert read.sequences == [["001", "nm", "01", "090", 1]]
    folder = root / "001" / "nm-01" / "090"
    assert read.report == [(str(folder), NAME, None, "1 usable frame, expected 5 or more; the sequence is kept")]


def test_a_walk_without_a_usable_frame_is_left_out_with_a_line(tree, tmp_path):
    empty = tree / "001" / "nm-02" / "000"
    picture = save_picture(empty / "1.png", np.zeros((240, 320), np.uint8))
    read = Read("casia_b_png", tree)
    assert read.sequences == [["001", "nm", "01", "090", 6]]
    dark = "pixel values with a sum of 0, expected more than 10000 (40 white pixels)"
    assert read.report == [
        (str(picture), "001-nm-02-000", 1, dark),
        (str(empty), "001-nm-02-000", None, "no usable frame, the sequence is left out"),
    ]


def test_places_that_name_no_sequence_are_reported(tree):
    save_picture(tree / "001" / "nm" / "090" / "1.png", raw_frame(1))
    stray = tree / "readme.txt"
    stray.write_text("")
    read = Read("casia_b_png", tree)
    layout = "subject/condition-sequence/view"
    assert [(entry[0], entry[3]) for entry in read.report] == [
        (
            str(tree / "001" / "nm" / "090"),
            f"names no sequence, expected {layout}, e.g. 001/nm-01/090; the setting tree describes other folders",
        ),
        (str(stray), f"a file where a folder is expected ({layout}/<any>.png)"),
    ]


def test_a_folder_with_nothing_usable_ends_in_one_sentence(tmp_path):
    root = tmp_path / "empty"
    root.mkdir()
    expected = "a folder with subject/condition-sequence/view/<any>-FFF.png, e.g. 001/nm-01/090/001-nm-01-090-017.png"
    assert error("casia_b_png", root) == (
        f"{root}: no usable sequence, expected {expected}. {root}: an empty folder, expected "
        "subject/condition-sequence/view/<any>.png."
    )
    (root / "file").write_text("")
    assert error("casia_b_png", root / "file").startswith(f"{root / 'file'}: not a folder, expected a folder of ")
    absent = root / "absent"
    assert (
        error("casia_b_png", absent) == f"{absent}: not found, expected {expected}; put it there or correct the path."
    )


def test_psymos_folders_name_the_sequences_and_direction_1_is_half_a_turn(tmp_path):
    root = tmp_path / "psymo"
    for name in ("3/003_45_1_0_wss", "3/003_00_0_1_nm", "12/012_90_0_0_bg"):
        for number in range(6):
            save_picture(root / "silhouettes" / name / f"{number}.png", raw_frame(number, PSYMO, 16))
    save_picture(root / "silhouettes" / "3" / "003_45_1_0_wss_gei.png", raw_frame(0, PSYMO))
    stray = save_picture(root / "elsewhere" / "1.png", raw_frame(0, PSYMO)).parent
    wrong = save_picture(root / "silhouettes" / "3" / "003_00_0_1_nm" / "6.png", raw_frame(6))
    read = Read("psymo_png", root)
    assert read.sequences == [
        ["003", "nm", "01", "000", 6],
        ["003", "wss", "00", "225", 6],
        ["012", "bg", "00", "090", 6],
    ]
    np.testing.assert_array_equal(read.masks, np.stack([aligned(raw_frame(n, PSYMO, 16)) for n in range(6)] * 3))
    assert read.report == [
        (str(stray), "", None, "names no sequence, expected SSS_VV_D_RUN_COND, e.g. 000_45_1_0_nm"),
        (str(wrong), "003-nm-01-000", 6, "320 x 240 pixels, expected 128 x 128"),
    ]
