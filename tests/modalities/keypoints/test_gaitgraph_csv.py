"""GaitGraph's CSV: bad rows are dropped and reported with their line, bad files stop the run with one sentence."""

import gzip
import hashlib
import lzma
from pathlib import Path

import numpy as np
import pytest
from places import REAL_DATA

from gaitcore.errors import ConfigError, DataError
from gaitcore.modalities.keypoints.readers.gaitgraph_csv import COLUMNS
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.keypoints.skeleton import JOINTS

HEADER = ",".join(COLUMNS)
UCALGARY = REAL_DATA / "ucalgary" / "poses.csv.xz"


def row(name: str = "001-nm-01-090", frame: int = 1, values: list | None = None) -> str:
    values = values or [frame + n / 100 for n in range(51)]
    return f"./{name}/{frame:06d}.jpg," + ",".join(map(str, values))


def with_value(column: str, value: object, **kwargs) -> str:
    values: list = [1.5] * 51
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


def dropped(path, **kwargs) -> list[tuple]:
    _, report = read(path, **kwargs)
    return [tuple(entry) for entry in report.astype(object).where(report.notna(), None).to_numpy()]


def error(path, **kwargs) -> str:
    with pytest.raises(DataError) as caught:
        read(path, **kwargs)
    return str(caught.value)


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
    expected = np.array([[frame + n / 100 for n in range(51)] for frame in (1, 1, 2, 3)], np.float32)
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
    assert table.keypoints[1, 0].tolist() == [1.5, 1.5, 0.5]
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
    table, report = read(path)
    assert (table.frame.tolist(), len(report)) == ([1, 2], 0)


@pytest.mark.parametrize(("suffix", "compress"), [(".xz", lzma.compress), (".gz", gzip.compress)])
def test_a_compressed_file_gives_the_same_table(write, suffix, compress):
    plain = write(HEADER, row(), row(frame=2))
    packed = plain.with_name(plain.name + suffix)
    packed.write_bytes(compress(plain.read_bytes()))
    table, other = read(plain)[0], read(packed)[0]
    assert np.array_equal(table.keypoints, other.keypoints)
    assert table.info == other.info


def test_columns_are_found_by_name_and_an_unused_one_is_reported(write):
    names, values = HEADER.split(","), row().split(",")
    path = write(",".join([*names[::-1], "score"]), ",".join([*values[::-1], "0.7"]), row())
    table, _ = read(path)
    assert np.allclose(table.keypoints.ravel(), [1 + n / 100 for n in range(51)])
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
    assert error(write(row())).endswith(
        "line 1: no column 'image_name' (nor 51 others); expected image_name and the x, y and conf of 17 joints "
        "(nose_x, nose_y, nose_conf, left_eye_x, ...)."
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
