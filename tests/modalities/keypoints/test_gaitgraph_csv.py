"""GaitGraph's CSV: bad rows are dropped and reported with their line, bad files stop the run with one sentence."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import zipfile
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from places import REAL_DATA
from report_entries import entries, refusal

from gaitcore.errors import ConfigError
from gaitcore.modalities.keypoints.readers.gaitgraph_csv import COLUMNS
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.keypoints.skeleton import JOINTS

HEADER = ",".join(COLUMNS)
UCALGARY = REAL_DATA / "ucalgary" / "poses.csv.xz"


def pose(frame: int) -> list[float]:
    """51 different numbers: x and y from 10 pixels on, confidences up to 0.5."""
    return [n / 100 if n % 3 == 2 else 10 + frame + n / 100 for n in range(51)]


def row(name: str = "001-nm-01-090", frame: int = 1, values: list | None = None) -> str:
    return f"./{name}/{frame:06d}.jpg," + ",".join(map(str, values or pose(frame)))


def with_value(column: str, value: object, **kwargs) -> str:
    values: list = [50, 100, 1] * 17
    values[COLUMNS.index(column) - 1] = value
    return row(values=values, **kwargs)


@pytest.fixture
def write(tmp_path):
    def write_lines(*lines: str, name: str = "poses.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write_lines


def read(path, **kwargs):
    return read_poses("gaitgraph_csv", path, dataset="casia-b", frame_width=320, frame_height=240, fps=25, **kwargs)


def dropped(path, **kwargs):
    return entries(read(path, **kwargs)[1])


error = partial(refusal, read)


def test_columns_are_the_image_name_and_17_times_x_y_confidence():
    assert COLUMNS[:4] == ("image_name", "nose_x", "nose_y", "nose_conf")
    assert COLUMNS[-1] == "right_ankle_conf"
    assert len(COLUMNS) == 1 + 3 * len(JOINTS)


def test_rows_become_sequences_sorted_by_key_and_frame(write):
    path = write(
        HEADER, row("002-bg-01-000", 3), row("001-nm-02-018", 2), row("001-nm-02-018", 1), row("001-cl-01-180")
    )
    table, report = read(path, pose_source="HRNet-W32", source_version="1.0")
    assert table.sequences.to_numpy().tolist() == [
        ["001", "cl", "01", "180", 1],
        ["001", "nm", "02", "018", 2],
        ["002", "bg", "01", "000", 1],
    ]
    assert table.frame.tolist() == [1, 1, 2, 3]
    expected = np.array([pose(frame) for frame in (1, 1, 2, 3)], np.float32)
    assert np.array_equal(table.keypoints.reshape(4, 51), expected)
    assert list(report.columns) == ["file", "line", "sequence", "frame", "reason"]
    assert len(report) == 0
    assert (table.info.source, table.info.source_version, table.info.fps) == ("HRNet-W32", "1.0", 25.0)
    assert table.info.source_digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_row_with_50_values_is_dropped_with_its_line(write):
    short = row(frame=2, values=[1.0] * 49)
    path = write(HEADER, row(), short, row(frame=3))
    assert dropped(path) == [
        (str(path), 3, "001-nm-01-090", 2, "50 values, expected 52 (image name and 17 x (x, y, confidence))")
    ]


def test_text_in_a_number_is_dropped_with_its_line_and_column(write):
    path = write(
        HEADER,
        row(),
        row(frame=2, values=[1.0] * 49),
        with_value("left_knee_x", "12.3px", frame=3),
        with_value("nose_y", "", frame=4),
        with_value("nose_conf", " 0.5 ", frame=5),
        with_value("right_ankle_conf", "high", frame=6),
    )
    table, _ = read(path)
    assert table.frame.tolist() == [1, 5]
    assert table.keypoints[1, 0].tolist() == [50, 100, 0.5]
    assert [entry[1:] for entry in dropped(path)] == [
        (3, "001-nm-01-090", 2, "50 values, expected 52 (image name and 17 x (x, y, confidence))"),
        (4, "001-nm-01-090", 3, "text '12.3px' in column left_knee_x, expected a number"),
        (5, "001-nm-01-090", 4, "nothing in column nose_y, expected a number"),
        (7, "001-nm-01-090", 6, "text 'high' in column right_ankle_conf, expected a number"),
    ]


def test_nan_and_infinite_coordinates_are_dropped_with_their_column(write):
    path = write(
        HEADER, row(), with_value("nose_x", "nan", frame=2), with_value("left_hip_y", "-inf", frame=3), row(frame=4)
    )
    table, _ = read(path)
    assert table.frame.tolist() == [1, 4]
    assert [entry[1:] for entry in dropped(path)] == [
        (3, "001-nm-01-090", 2, "nan in column nose_x, expected a finite number"),
        (4, "001-nm-01-090", 3, "-inf in column left_hip_y, expected a finite number"),
    ]


def test_a_name_that_does_not_parse_is_dropped(write):
    path = write(HEADER, row(), row(name="001_nm_01_090", frame=2), row().replace("000001.jpg", "first.jpg"))
    assert [entry[1:] for entry in dropped(path)] == [
        (
            3,
            "001_nm_01_090",
            None,
            "image name './001_nm_01_090/000002.jpg', expected a name like ./001-nm-01-090/000001.jpg",
        ),
        (
            4,
            "001-nm-01-090",
            None,
            "image name './001-nm-01-090/first.jpg', expected a name like ./001-nm-01-090/000001.jpg",
        ),
    ]


def test_of_a_repeated_frame_the_last_row_wins(write):
    path = write(
        HEADER,
        with_value("nose_x", 1, frame=1),
        with_value("nose_x", 2, frame=2),
        with_value("nose_x", 3, frame=1),
        with_value("nose_x", 4, frame=1),
    )
    table, _ = read(path)
    assert table.frame.tolist() == [1, 2]
    assert table.keypoints[:, 0, 0].tolist() == [4, 2]
    assert [entry[1:] for entry in dropped(path)] == [
        (2, "001-nm-01-090", 1, "repeated frame, line 5 has it again and is used"),
        (4, "001-nm-01-090", 1, "repeated frame, line 5 has it again and is used"),
    ]


def test_a_frame_repeated_in_another_file_names_that_file(write):
    first, second = write(HEADER, row(), name="a.csv"), write(HEADER, row(frame=2), row(), name="b.csv")
    table, _ = read([first, second])
    assert table.frame.tolist() == [1, 2]
    assert dropped([first, second]) == [
        (str(first), 2, "001-nm-01-090", 1, f"repeated frame, line 3 of {second} has it again and is used")
    ]


def test_two_files_are_read_as_one_table(write):
    train, test = write(HEADER, row("074-nm-01-000"), name="a.csv"), write(HEADER, row("075-nm-01-000"), name="b.csv")
    table, _ = read([train, test])
    assert table.sequences["subject"].tolist() == ["074", "075"]


def test_a_sequence_without_a_usable_row_is_not_in_the_table(write):
    path = write(HEADER, row("003-nm-01-000"), with_value("nose_x", "nan", name="002-nm-01-000"), row("001-nm-01-000"))
    table, report = read(path)
    assert table.sequences["subject"].tolist() == ["001", "003"]
    assert report["sequence"].tolist() == ["002-nm-01-000"]


def test_the_digest_of_two_files_does_not_depend_on_where_they_lie(write, tmp_path):
    digests = []
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        paths = [write(HEADER, row(frame=n), name=f"{folder}/{n}.csv") for n in (1, 2)]
        digests.append(read(paths)[0].info.source_digest)
    assert digests[0] == digests[1]


def test_line_numbers_hold_after_blank_lines_and_across_blocks(write):
    lines = [HEADER]
    for frame in range(1, 41):
        lines += [row(frame=frame)] + [""] * (frame % 3)
    bad = [7, 23, 41, 60]
    for number in bad:
        lines.insert(number - 1, with_value("nose_x", "?", frame=100 + number))
    folders = "x/" * 250_000  # so that the file is read in three blocks of 8 MiB
    path = write(*(line.replace("./", f"./{folders}") for line in lines))
    assert 2 < path.stat().st_size / 2**23 < 3
    table, _ = read(path)
    assert table.frame.tolist() == list(range(1, 41))
    assert [(entry[1], entry[3]) for entry in dropped(path)] == [(number, 100 + number) for number in bad]


def test_a_file_without_a_final_newline_with_windows_line_ends_quotes_and_a_mark_is_read(tmp_path):
    path = tmp_path / "poses.csv"
    quoted = row(frame=2).replace("./001-nm-01-090/000002.jpg", '"./001-nm-01-090/000002.jpg"')
    path.write_bytes("\r\n".join([HEADER, row(), quoted]).encode("utf-8-sig"))
    assert read(path)[0].frame.tolist() == [1, 2]
    assert dropped(path) == [
        (
            str(path),
            None,
            "",
            None,
            "no line end after the last row, which may be cut off; it is used if it has all values",
        )
    ]


PACKED = [(".xz", lzma.compress), (".gz", gzip.compress), (".bz2", bz2.compress), ("", gzip.compress)]


@pytest.mark.parametrize(("suffix", "compress"), PACKED)
def test_a_compressed_file_gives_the_same_table(write, suffix, compress):
    plain = write(HEADER, row(), row(frame=2))
    packed = plain.with_name(f"packed.csv{suffix}")
    packed.write_bytes(compress(plain.read_bytes()))
    table, other = read(plain)[0], read(packed)[0]
    assert np.array_equal(table.keypoints, other.keypoints)
    assert table.info == other.info


def test_columns_are_found_by_name_and_an_unused_one_is_reported(write):
    names, values = HEADER.split(","), row().split(",")
    path = write(",".join([*names[::-1], "score"]), ",".join([*values[::-1], "0.7"]), row())
    table, _ = read(path)
    assert np.allclose(table.keypoints.ravel(), pose(1))
    assert dropped(path) == [
        (str(path), 1, "", None, "column 'score' is not used"),
        (str(path), 3, "001-nm-01-090", 1, "52 values, expected 53 (as in the header)"),
    ]


def test_a_missing_column_is_named_with_the_nearest_present(write):
    path = write(HEADER.replace("left_knee_conf", "left_kne_conf"), row())
    assert error(path) == (
        f"{path}, line 1: no column 'left_knee_conf'; the nearest present is 'left_kne_conf'; expected image_name "
        "and the x, y and conf of 17 joints (nose_x, nose_y, nose_conf, left_eye_x, ...)."
    )


def test_a_file_without_a_header_is_named(write):
    path = write(row())
    assert error(path) == (
        f"{path}, line 1: a row of numbers and no header, expected image_name and the x, y and conf of 17 joints "
        "(nose_x, nose_y, nose_conf, left_eye_x, ...); put the header before it."
    )


def test_a_repeated_column_is_named(write):
    path = write(HEADER + ",nose_x", row())
    assert error(path) == f"{path}, line 1: column 'nose_x' twice, expected once; remove one."


def test_an_empty_file_is_named(tmp_path):
    path = tmp_path / "poses.csv"
    path.touch()
    assert error(path) == f"{path}: empty, expected a header (image_name, nose_x, ...) and one row per frame."


def test_a_file_with_only_a_header_is_named(write):
    path = write(HEADER, "")
    assert error(path) == f"{path}: only a header, expected one row per frame; put the whole file there."


def test_the_error_for_a_file_without_a_usable_row_has_the_first_reason(write):
    path = write(HEADER, with_value("nose_x", "nan"), row(values=[1.0] * 49))
    assert error(path) == (
        f"{path}: no usable row among 2. {path}, line 2: nan in column nose_x, expected a finite number."
    )


def test_the_error_for_a_file_of_short_rows_has_the_first_reason(write):
    path = write(HEADER, row(values=[1.0] * 49))
    assert error(path) == (
        f"{path}: no usable row among 1. "
        f"{path}, line 2: 50 values, expected 52 (image name and 17 x (x, y, confidence))."
    )


def test_no_file_at_all_is_named(tmp_path):
    path = tmp_path / "poses.csv"
    assert error(path) == (
        f"{path}: not found, expected a CSV file with the columns image_name, nose_x, nose_y, nose_conf, ...; "
        "put it there or correct the path."
    )


def test_an_empty_list_of_files_is_refused():
    assert error([]) == (
        "the list of paths is empty, expected a CSV file with the columns image_name, nose_x, nose_y, nose_conf, ...; "
        "name at least one."
    )


def test_a_folder_in_place_of_the_file_is_named(tmp_path):
    assert error(tmp_path) == f"{tmp_path}: cannot be read (Is a directory), expected a CSV file of poses."


def test_a_file_that_is_not_utf8_text_is_named(tmp_path):
    path = tmp_path / "poses.csv"
    path.write_bytes("\n".join([HEADER, row()]).encode("utf-16"))
    assert error(path) == (f"{path}, line 1: UTF-16 text, expected a CSV file of poses in UTF-8; save it as UTF-8.")
    path.write_bytes(b"\x80" + HEADER.encode())
    assert error(path) == f"{path}, line 1: not UTF-8 text, expected the header of a CSV file of poses."
    path.write_bytes("\n".join([HEADER, row(), row(name="Zoë-nm-01-090")]).encode("latin-1"))
    assert error(path) == f"{path}, line 3: not UTF-8 text, expected a CSV file of poses; fetch it again."


def test_a_compressed_file_cut_short_is_named(write):
    packed = write(HEADER, row()).with_suffix(".csv.xz")
    packed.write_bytes(lzma.compress("\n".join([HEADER, row()]).encode())[:-20])
    assert error(packed) == (
        f"{packed}: damaged or cut short (Compressed file ended before the end-of-stream marker was reached), "
        "expected a complete .xz file; fetch it again."
    )


def test_a_frame_out_of_bounds_is_dropped_with_its_line(write):
    path = write(
        HEADER,
        row(),
        with_value("left_ear_x", "1e30", frame=2),
        with_value("nose_conf", 900, frame=3),
        row(frame=4, values=[0] * 51),
        row(frame=5),
    )
    assert read(path)[0].frame.tolist() == [1, 5]
    assert dropped(path) == [
        (str(path), 3, "001-nm-01-090", 2, "x of left_ear is 1e+30, expected -3200 to 3200 pixels (10 frames)"),
        (str(path), 4, "001-nm-01-090", 3, "confidence of nose is 900, expected -1 to 20"),
        (str(path), 5, "001-nm-01-090", 4, "all 17 joints at (0, 0), nobody was detected"),
    ]


def fractions(**kwargs) -> str:
    return row(values=[0.25, 0.5, 1] * 17, **kwargs)


def test_coordinates_that_are_fractions_are_refused(write):
    path = write(HEADER, fractions(), fractions(frame=2))
    assert error(path) == (
        f"{path}: no usable frame, expected x and y in pixels (fractions times the frame's width and height) and "
        f"confidences from 0 to 1. {path}: coordinates from 0.25 to 0.5, expected pixels of a frame of 320 x 240; the "
        "sequence is left out."
    )


def test_one_sequence_in_fractions_is_left_out(write):
    path = write(HEADER, row(), fractions(name="002-nm-01-090"))
    assert read(path)[0].sequences["subject"].tolist() == ["001"]
    reason = "coordinates from 0.25 to 0.5, expected pixels of a frame of 320 x 240; the sequence is left out"
    assert dropped(path) == [(str(path), None, "002-nm-01-090", None, reason)]


def test_raw_scores_above_one_are_kept_and_reported(write):
    path = write(HEADER, with_value("nose_conf", 6.25), with_value("nose_conf", -0.5, frame=2))
    assert read(path)[0].frame.tolist() == [1, 2]
    assert dropped(path) == [
        (str(path), None, "", None, "confidences from -0.5 to 6.25, expected 0 to 1.5; they are kept")
    ]


@pytest.mark.parametrize(
    "image", ["frame_{:04d}.png", "{:06d}", "{:06d}.jp2", "IMG{}.JPG", "..\\001-nm-01-090\\{:06d}.jpg"]
)
def test_frame_names_as_people_have_them_are_read(write, image):
    names = [image.format(frame) if "\\" in image else f"001-nm-01-090/{image.format(frame)}" for frame in (1, 2)]
    path = write(
        HEADER, *(row(frame=n).replace(f"./001-nm-01-090/{n:06d}.jpg", name) for n, name in enumerate(names, 1))
    )
    table, report = read(path)
    assert (table.sequences["subject"].tolist(), table.frame.tolist(), len(report)) == (["001"], [1, 2], 0)


def test_a_time_stamp_as_frame_number_is_named_with_its_digits(write):
    path = write(HEADER, row(), row().replace("000001.jpg", "1690000000123.jpg"), row().replace("000001.jpg", "-5.jpg"))
    assert [entry[4] for entry in dropped(path)] == [
        "image name './001-nm-01-090/1690000000123.jpg', a frame number of 13 digits, expected at most 9; number the "
        "frames from 1",
        "image name './001-nm-01-090/-5.jpg', expected a name like ./001-nm-01-090/000001.jpg",
    ]


def test_a_header_in_capitals_is_read(write):
    table, report = read(write(HEADER.upper(), row()))
    assert (np.allclose(table.keypoints.ravel(), pose(1)), len(report)) == (True, 0)


@pytest.mark.parametrize(
    ("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars"), (" ", "spaces")]
)
def test_other_separators_are_named(write, separator, name):
    path = write(*(line.replace(",", separator) for line in (HEADER, row())))
    assert error(path) == (
        f"{path}, line 1: columns separated by {name}, expected commas; save the file with commas and decimal points."
    )


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("poses.csv", content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (zipped(HEADER.encode()), "a zip archive (or a spreadsheet)"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(9), "a 7-Zip archive"),
        (b"\x28\xb5\x2f\xfd" + bytes(9), "a Zstandard file"),
        (b"Rar!\x1a\x07" + bytes(9), "a RAR archive"),
        (b"PAR1" + bytes(9), "a Parquet file"),
    ],
)
def test_a_packing_that_is_not_read_is_named_with_those_that_are(tmp_path, content, kind):
    path = tmp_path / "poses.csv"
    path.write_bytes(content)
    assert error(path) == f"{path}: {kind}, expected a CSV file of poses, plain or packed as .gz, .xz, .bz2; unpack it."


def test_a_tar_archive_is_named_also_in_gzip(tmp_path):
    path = tmp_path / "poses.tar.gz"
    (tmp_path / "poses.csv").write_text(HEADER)
    with tarfile.open(path, "w:gz") as archive:
        archive.add(tmp_path / "poses.csv", "poses.csv")
    assert error(path) == (
        f"{path}, line 1: a tar archive, expected a header (image_name, nose_x, ...); unpack it or fetch it again."
    )


def test_nul_bytes_and_old_line_ends_are_named(tmp_path):
    path = tmp_path / "poses.csv"
    path.write_bytes(f"{HEADER}\n{row()}\n".encode() + bytes(100))
    assert error(path) == f"{path}, line 3: a NUL byte, expected a CSV file of poses; fetch it again."
    path.write_bytes(f"{HEADER}\r{row()}\r".encode())
    assert error(path) == f"{path}, line 1: lines end with a carriage return alone, expected line feeds; convert it."


@pytest.fixture
def soon():
    """The test takes less than two seconds of processor time."""
    started = process_time()
    yield
    assert process_time() - started < 2


@pytest.mark.usefixtures("soon")
def test_a_named_pipe_and_a_device_are_refused_and_not_opened(tmp_path):
    path = tmp_path / "poses.csv"
    os.mkfifo(path)
    columns = "a CSV file with the columns image_name, nose_x, nose_y, nose_conf, ..."
    expected = f"expected {columns}; name a regular file or a folder."
    assert error(path) == f"{path}: a named pipe, {expected}"
    assert error(Path("/dev/zero")) == f"/dev/zero: a device, {expected}"


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("line", ["a" * 200_000, "a," * 100_000, "1/" * 100_000, "/" + "1" * 200_000])
def test_a_long_line_is_dropped_with_a_short_reason(write, line):
    path = write(HEADER, row(), line, row(name=line.replace("/", "-").replace(",", "-")))
    assert read(path)[0].frame.tolist() == [1]
    assert [entry[1] for entry in dropped(path)] == [3, 4]
    assert max(len(entry[2] + entry[4]) for entry in dropped(path)) < 200


@pytest.mark.usefixtures("soon")
def test_a_line_of_20_megabytes_is_refused(write):
    path = write(HEADER, row(), "a" * 20_000_000)
    assert error(path) == (
        f"{path}, line 3: more than 8,388,608 bytes, expected one row of an image name and 51 numbers; fetch the file "
        "again."
    )
    path = write("a" * 20_000_000)
    assert error(path) == f"{path}, line 1: more than 65,536 bytes, expected a header (image_name, nose_x, ...)."


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("line", ["", "1", "1,2"])
@pytest.mark.parametrize("packed", [False, True])
def test_many_lines_that_are_no_rows_are_refused(tmp_path, line, packed):
    path = tmp_path / "poses.csv"
    content = f"{HEADER}\n{row()}\n".encode() + f"{line}\n".encode() * (40_000_000 // (len(line) + 1))
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    found = error(path)
    assert found.startswith(f"{path}, line ")
    assert found.endswith("expected one row of an image name and 51 numbers per frame; fetch the file again.")


def test_a_file_that_is_unpacked_to_far_more_than_poses_is_refused(tmp_path):
    path = tmp_path / "poses.csv.gz"
    far = row().replace("./", "./" + "x/" * 50_000)
    path.write_bytes(gzip.compress(f"{HEADER}\n".encode() + f"{far}\n".encode() * 700))
    found = error(path)
    assert found.startswith(f"{path}: unpacked, it has 67,")
    assert found.endswith(
        " bytes or more, over 250 times its size, expected poses; fetch or make it again, or unpack it if it is right."
    )


@pytest.mark.usefixtures("soon")
def test_a_file_of_bad_rows_alone_is_given_up_after_20_000(write):
    path = write(HEADER, *[row(values=[1.0] * 52)] * 100_000)
    found = error(path)
    assert found.startswith(f"{path}: no usable row among ")
    assert int(found.split("among ")[1].split(".")[0]) < 100_000


def test_other_conditions_are_left_out_and_reported(write):
    path = write(HEADER, row(), row("001-xx-03-090"))
    table, _ = read(path, conditions=["nm", "bg"])
    assert table.sequences["condition"].tolist() == ["nm"]
    assert dropped(path, conditions=["nm", "bg"]) == [
        (str(path), None, "001-xx-03-090", None, "condition 'xx', expected one of nm, bg")
    ]
    assert error(path, conditions=["cl"]) == f"{path}: conditions nm, xx, expected cl; correct the list of conditions."


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(ConfigError) as caught:
        read_poses("gaitgraf_csv", "x.csv", dataset="casia-b", frame_width=320, frame_height=240, fps=25)
    assert str(caught.value) == ('There is no source format "gaitgraf_csv"; did you mean "gaitgraph_csv"?')


@pytest.mark.real_data
@pytest.mark.skipif(not UCALGARY.exists(), reason="the UCalgary walks are not beside the checkout (shared/data)")
def test_ucalgary_has_1760_sequences_of_28_subjects():
    table, report = read(UCALGARY)
    assert (len(table.sequences), table.sequences["subject"].nunique(), len(report)) == (1760, 28, 0)
    assert sorted(set(table.sequences["view"])) == [f"{view:03d}" for view in range(0, 181, 18)]
    assert sorted(set(table.sequences["condition"])) == ["al", "ar", "nm"]
    first = table.sequences.iloc[0]
    assert (first["subject"], first["condition"], first["sequence"], first["view"]) == ("001", "al", "01", "000")
    assert np.unique(table.keypoints[:, :, 2]).tolist() == [np.float32(0.9)]
    assert table.sequences["frames"].min() == 34
