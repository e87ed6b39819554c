"""The pose table: what is written is read back, equal tables give equal bytes, and damage is named."""

import hashlib
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, combined_digest, table_of_sequences

INFO = PoseInfo("casia-b", 320, 240, 25.0, "HRNet-W32 (GaitGraph CSV)", "1.0", "ab12")


def make_table(info: PoseInfo = INFO) -> PoseTable:
    generator = np.random.default_rng(1)

    def walk(frames: list[int]) -> tuple[np.ndarray, np.ndarray]:
        return np.array(frames), generator.uniform(0, 240, (len(frames), 17, 3)) / (1, 1, 240)

    poses = {
        SequenceKey("002", "bg", 1, 18): walk([1, 2, 4]),
        SequenceKey("001", "nm", 2, 0): walk([7]),
        SequenceKey("001", "nm", 1, 180): walk([1, 2]),
        SequenceKey("001", "nm", 1, 18): walk([5, 9]),
    }
    return table_of_sequences(poses, info)


def test_sequences_are_sorted_by_key_and_offsets_point_to_their_frames():
    table = make_table()
    assert table.sequences.to_numpy().tolist() == [
        ["001", "nm", "01", "018", 2],
        ["001", "nm", "01", "180", 2],
        ["001", "nm", "02", "000", 1],
        ["002", "bg", "01", "018", 3],
    ]
    assert table.offsets.tolist() == [0, 2, 4, 5, 8]
    assert table.frame.tolist() == [5, 9, 1, 2, 7, 1, 2, 4]
    assert len(table) == 8


def test_a_table_is_read_back_as_it_was_written(tmp_path):
    table = make_table()
    table.write(tmp_path / "poses.parquet")
    read = PoseTable.read(tmp_path / "poses.parquet")
    assert read.sequences.equals(table.sequences)
    assert read.sequences.dtypes.equals(table.sequences.dtypes)
    assert np.array_equal(read.frame, table.frame)
    assert np.array_equal(read.keypoints, table.keypoints)
    assert (read.frame.dtype, read.keypoints.dtype) == (np.int32, np.float32)
    assert read.keypoints.flags.c_contiguous
    assert read.info == INFO


def test_equal_tables_give_equal_bytes(tmp_path):
    make_table().write(tmp_path / "first.parquet")
    make_table().write(tmp_path / "second.parquet")
    PoseTable.read(tmp_path / "first.parquet").write(tmp_path / "third.parquet")
    first = (tmp_path / "first.parquet").read_bytes()
    assert (tmp_path / "second.parquet").read_bytes() == first
    assert (tmp_path / "third.parquet").read_bytes() == first


def test_columns_types_and_metadata_are_those_of_the_contract(tmp_path):
    make_table().write(tmp_path / "poses.parquet")
    schema = pq.read_schema(tmp_path / "poses.parquet")
    names = ["subject", "condition", "sequence", "view", "frame", "keypoints"]
    assert schema.names == names
    assert [str(schema.field(name).type) for name in names] == [
        *["dictionary<values=string, indices=int32, ordered=0>"] * 4,
        "int32",
        "fixed_size_list<element: float not null>[51]",
    ]
    assert json.loads(schema.metadata[b"gaitcore"]) == {
        "schema_version": 2,
        "dataset": "casia-b",
        "frame_width": 320,
        "frame_height": 240,
        "fps": 25.0,
        "source": "HRNet-W32 (GaitGraph CSV)",
        "source_version": "1.0",
        "source_digest": "ab12",
        "weights_digest": "",
    }


def test_only_the_finished_file_is_left_behind(tmp_path):
    make_table().write(tmp_path / "poses.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["poses.parquet"]


def test_a_failed_write_keeps_the_old_file_and_leaves_no_temporary_one(tmp_path):
    path = tmp_path / "poses.parquet"
    make_table().write(path)
    before = path.read_bytes()
    unwritable = make_table(PoseInfo("casia-b", 320, 240, fps=b"not for JSON"))
    with pytest.raises(TypeError):
        unwritable.write(path)
    assert [one.name for one in tmp_path.iterdir()] == ["poses.parquet"]
    assert path.read_bytes() == before


def test_select_keeps_the_chosen_sequences_in_order():
    table = make_table()
    chosen = table.select(table.sequences["view"] == "018")
    assert chosen.sequences.to_numpy().tolist() == [["001", "nm", "01", "018", 2], ["002", "bg", "01", "018", 3]]
    assert chosen.frame.tolist() == [5, 9, 1, 2, 4]
    assert np.array_equal(chosen.keypoints, table.keypoints[[0, 1, 5, 6, 7]])


def test_an_empty_selection_can_be_written_and_read(tmp_path):
    nothing = make_table().select(np.zeros(4, bool))
    nothing.write(tmp_path / "poses.parquet")
    read = PoseTable.read(tmp_path / "poses.parquet")
    assert (len(read), len(read.sequences), read.offsets.tolist()) == (0, 0, [0])


def message(path) -> str:
    with pytest.raises(DataError) as caught:
        PoseTable.read(path)
    return str(caught.value)


UNREADABLE = (
    "not a readable Parquet file (cut short, damaged or of another format), "
    "expected a pose table; delete it and run again."
)


def test_a_truncated_file_is_named(tmp_path):
    path = tmp_path / "poses.parquet"
    make_table().write(path)
    path.write_bytes(path.read_bytes()[:-100])
    assert message(path) == f"{path}: {UNREADABLE}"


def test_a_file_that_is_not_parquet_is_named(tmp_path):
    path = tmp_path / "poses.parquet"
    path.write_text("image_name,nose_x\n")
    assert message(path) == f"{path}: {UNREADABLE}"
    path.write_bytes(b"")
    assert message(path) == f"{path}: {UNREADABLE}"


def test_damaged_values_are_noticed(tmp_path):
    path = tmp_path / "poses.parquet"
    make_table().write(path)
    content = bytearray(path.read_bytes())
    offset = pq.read_metadata(path).row_group(0).column(5).data_page_offset
    content[offset + 60] ^= 0xFF
    path.write_bytes(content)
    assert message(path) == f"{path}: {UNREADABLE}"


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "poses.parquet"
    assert message(path) == f"{path}: not found, expected a pose table; run the workflow to make it."


def test_other_columns_are_named(tmp_path):
    path = tmp_path / "poses.parquet"
    pq.write_table(pa.table({"subject": ["001"], "angle": [90]}), path)
    assert message(path) == (
        f"{path}: columns subject, angle, expected subject, condition, sequence, view, frame, keypoints; "
        "delete it and run again."
    )


def rewrite(path, change):
    make_table().write(path)
    pq.write_table(change(pq.read_table(path)), path)


def test_another_schema_version_is_named(tmp_path):
    path = tmp_path / "poses.parquet"
    rewrite(path, lambda table: table.replace_schema_metadata({"gaitcore": '{"schema_version": 3}'}))
    assert message(path) == f"{path}: schema version 3, expected 2 or 1; delete it and run again."
    rewrite(path, lambda table: table.replace_schema_metadata(None))
    assert message(path) == f"{path}: schema version none, expected 2 or 1; delete it and run again."


def test_a_column_of_another_type_is_named(tmp_path):
    path = tmp_path / "poses.parquet"
    rewrite(path, lambda table: table.set_column(3, "view", pa.array([18] * len(table))))
    assert message(path) == (
        f"{path}: column view holds int64, expected dictionary<values=string, indices=int32, ordered=0>; "
        "delete it and run again."
    )


def test_metadata_that_lack_the_data_set_are_named(tmp_path):
    path = tmp_path / "poses.parquet"
    rewrite(path, lambda table: table.replace_schema_metadata({"gaitcore": '{"schema_version": 2}'}))
    assert message(path) == f"{path}: its metadata lack the data set or the frame size; delete it and run again."


def as_version_1(path, subjects=None):
    """The table as it was written when sequence and view were whole numbers."""
    make_table().write(path)
    table = pq.read_table(path)
    for place, name in ((2, "sequence"), (3, "view")):
        values = pa.array([int(value) for value in table.column(name).to_pylist()], pa.int32())
        table = table.set_column(place, pa.field(name, pa.int32(), nullable=False), values)
    if subjects:
        names = pa.array([subjects[name] for name in table.column("subject").to_pylist()]).dictionary_encode()
        table = table.set_column(0, pa.field("subject", names.type, nullable=False), names)
    metadata = json.loads(table.schema.metadata[b"gaitcore"]) | {"schema_version": 1}
    pq.write_table(table.replace_schema_metadata({"gaitcore": json.dumps(metadata)}), path)


def test_tables_of_schema_1_are_read_with_text_keys(tmp_path):
    as_version_1(tmp_path / "poses.parquet")
    read, table = PoseTable.read(tmp_path / "poses.parquet"), make_table()
    assert read.sequences.equals(table.sequences)
    assert np.array_equal(read.frame, table.frame)
    assert np.array_equal(read.keypoints, table.keypoints)
    assert read.info == INFO


def test_a_table_with_two_spellings_of_a_subject_is_refused(tmp_path):
    path = tmp_path / "poses.parquet"
    as_version_1(path, {"001": "001", "002": "1"})
    assert message(path) == (
        f"{path}: subject 001 and subject 1 are two spellings of one number, expected one; rename one of them."
    )


def test_keys_are_ordered_as_numbers_where_they_are_numbers():
    keys = [
        ("10", "NA", "seq10", "front"),
        ("9", "NA", "seq2", "front"),
        ("P1", "NA", "1", "2"),
        ("9", "NA", "seq2", "1"),
    ]
    walk = np.arange(1), np.full((1, 17, 3), 0.5)
    table = table_of_sequences({SequenceKey(*key): walk for key in keys}, INFO)
    assert table.sequences.to_numpy().tolist() == [
        ["9", "NA", "seq2", "1", 1],
        ["9", "NA", "seq2", "front", 1],
        ["10", "NA", "seq10", "front", 1],
        ["P1", "NA", "1", "2", 1],
    ]


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (("a b", "nm", 1, 0), "subject 'a b', expected letters, digits"),
        (("001", "", 1, 0), "condition '', expected letters, digits"),
        (("001", "nm", 1, "270-far"), "view '270-far', expected letters, digits"),
        (("001", "mean", 1, 0), "the condition 'mean' has a reserved name; rename it."),
        (("001", "nm", 1, "mean"), "the view 'mean' has a reserved name; rename it."),
        (("1", "nm", 1, 0), "subject 001 and subject 1 are two spellings of one number, expected one"),
        (("001", "nm", "1", 0), "sequence 01 and sequence 1 are two spellings of one number, expected one"),
        (("001", "nm", 1, "0"), "view 000 and view 0 are two spellings of one number, expected one"),
    ],
)
def test_an_invalid_key_is_refused(key, sentence):
    walk = np.arange(1), np.full((1, 17, 3), 0.5)
    with pytest.raises(DataError) as caught:
        table_of_sequences({SequenceKey("001", "nm", 1, 0): walk, SequenceKey(*key): walk}, INFO)
    assert str(caught.value).startswith(f"casia-b: {sentence}")


def test_the_digest_of_several_files_is_that_of_sha256sum_lines():
    digest = combined_digest([("a.csv", "11"), ("b.csv", "22")])
    assert digest == hashlib.sha256(b"11  a.csv\n22  b.csv\n").hexdigest()


def test_a_z_is_written_read_and_selected_with_its_frames(tmp_path):
    deep = np.random.default_rng(0).uniform(0, 10, (5, 17, 4)).astype(np.float32)
    walks = {SequenceKey(name, "nm", 1, 0): (np.arange(1, 6), deep + number) for number, name in enumerate("ab")}
    table = table_of_sequences(walks, PoseInfo("test", 320, 240, 25.0))
    table.write(tmp_path / "poses.parquet")
    read = PoseTable.read(tmp_path / "poses.parquet")
    np.testing.assert_array_equal(read.keypoints[:5], deep[..., :3])
    np.testing.assert_array_equal(read.z[5:], deep[..., 3] + 1)
    np.testing.assert_array_equal(read.select([False, True]).z, deep[..., 3] + 1)


def edited(path, change):
    """The message for a table of two sequences (5 frames) after an edit of its columns or metadata."""
    walk = np.arange(1, 6), np.random.default_rng(0).uniform(1, 240, (5, 17, 3)) / (1, 1, 240)
    table_of_sequences({SequenceKey(name, "nm", 1, 90): walk for name in ("001", "002")}, INFO).write(path)
    pq.write_table(change(pq.read_table(path)), path)
    return message(path)


def with_keypoint(row, value):
    def change(table):
        values = table.column("keypoints").combine_chunks().flatten().to_numpy().copy()
        values[51 * row : 51 * (row + 1)] = value
        column = pa.FixedSizeListArray.from_arrays(pa.array(values), type=table.schema.field("keypoints").type)
        return table.set_column(5, table.schema.field("keypoints"), column)

    return change


def with_frames(frames):
    return lambda table: table.set_column(4, table.schema.field("frame"), pa.array(frames, pa.int32()))


def with_subjects(names):
    return lambda table: table.set_column(0, "subject", pa.array(names).dictionary_encode())


def with_metadata(content):
    return lambda table: table.replace_schema_metadata({"gaitcore": content})


def with_key(**changes):
    return with_metadata(
        json.dumps({"schema_version": 2, "dataset": "x", "frame_width": 320, "frame_height": 240, "fps": 25} | changes)
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (with_keypoint(6, np.nan), "a NaN or infinite coordinate, in frame 2 of 002-nm-01-090"),
        (
            with_keypoint(0, 1e30),
            "x of nose is 1e+30, expected -3200 to 3200 pixels (10 frames), in frame 1 of 001-nm-01-090",
        ),
        (with_keypoint(4, 0), "all 17 joints at (0, 0), nobody was detected, in frame 5 of 001-nm-01-090"),
        (
            with_frames([5, 4, 3, 2, 1] * 2),
            "frame 4 follows frame 5 in 001-nm-01-090, expected ascending numbers from 0 on",
        ),
        (
            with_frames([1, 2, 3, 4, 5] + [7] * 5),
            "frame 7 follows frame 7 in 002-nm-01-090, expected ascending numbers from 0 on",
        ),
        (
            with_frames([1, 2, 3, 4, 5, -1, 0, 1, 2, 3]),
            "frame -1 in 002-nm-01-090, expected ascending numbers from 0 on",
        ),
        (
            lambda table: pa.concat_tables([table, table.slice(0, 5)]),
            "the rows of 001-nm-01-090 are in two places, expected them together",
        ),
        (with_metadata("{not json"), "its metadata are not a JSON object"),
        (with_metadata("[1, 2]"), "its metadata are not a JSON object"),
        (with_metadata("[" * 100_000), "its metadata are not a JSON object"),
        (with_metadata(b"\xff\xfe{}"), "its metadata are not a JSON object"),
        (with_key(evil="x"), "its metadata have the unknown key 'evil'"),
        (with_key(source=["a", "b"]), "source is ['a', 'b'] in its metadata, expected text"),
        (with_key(dataset="\ud800"), "dataset is '\\ud800' in its metadata, expected text"),
        (
            with_key(frame_width=True),
            "frame_width is true in its metadata, expected a whole number above 0, 1,000,000 at most",
        ),
        (
            with_key(frame_width=10**400),
            "frame_width is a whole number of about 401 digits in its metadata, expected a whole number above 0, "
            "1,000,000 at most",
        ),
        (with_key(fps=float("nan")), "fps is nan in its metadata, expected a number above 0, 1,000,000 at most"),
        (with_key(schema_version=[2]), "schema version [2], expected 2 or 1"),
    ],
)
def test_what_no_reader_lets_in_is_refused_in_a_table_too(tmp_path, change, sentence):
    path = tmp_path / "poses.parquet"
    assert edited(path, change) == f"{path}: {sentence}; delete it and run again."


@pytest.mark.parametrize("name", ["../evil", "", "a-b", None])
def test_a_subject_that_is_no_key_is_refused(tmp_path, name):
    path = tmp_path / "poses.parquet"
    found = edited(path, with_subjects([name] * 5 + ["002"] * 5))
    if name is None:
        assert (
            found
            == f"{path}: column subject has missing values, expected a value in each row; delete it and run again."
        )
    else:
        assert found.startswith(f"{path}: subject {name!r}, expected letters, digits")


def test_a_flipped_bit_of_the_footer_is_noticed_wherever_it_is(tmp_path):
    path = tmp_path / "poses.parquet"
    make_table().write(path)
    content = path.read_bytes()
    footer = int.from_bytes(content[-8:-4], "little") + 8
    seal = content[-footer - 40 : -footer]
    assert seal == b"gaitseal" + hashlib.sha256(content[-footer:]).digest()
    for place in range(len(content) - footer - 40, len(content), 29):
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        assert message(path) == f"{path}: {UNREADABLE}"


def test_a_table_that_another_program_has_written_has_no_seal_and_is_read(tmp_path):
    path = tmp_path / "poses.parquet"
    make_table().write(path)
    pq.write_table(pq.read_table(path), path)
    assert np.array_equal(PoseTable.read(path).keypoints, make_table().keypoints)


def test_frames_out_of_order_are_refused_where_a_table_is_made():
    walk = np.array([1, 3, 2]), np.full((3, 17, 3), 0.5)
    with pytest.raises(DataError, match=r"^casia-b: frame 2 follows frame 3 in 001-nm-01-000, expected ascending"):
        table_of_sequences({SequenceKey("001", "nm", 1, 0): walk}, INFO)


def test_a_small_file_of_very_many_frames_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "poses.parquet"
    frames = 400_000  # 82 MB of zeros
    key = pa.DictionaryArray.from_arrays(pa.array(np.zeros(frames, np.int32)), ["01"])
    values = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(51 * frames, np.float32)), 51)
    columns = dict.fromkeys(("subject", "condition", "sequence", "view"), key)
    table = pa.table(columns | {"frame": pa.array(np.arange(frames, dtype=np.int32)), "keypoints": values})
    pq.write_table(
        table, path, compression="zstd", column_encoding={"frame": "DELTA_BINARY_PACKED"}, use_dictionary=list(columns)
    )
    assert message(path) == (
        f"{path}: unpacked, it has 81,600,000 bytes or more, over 250 times its size, expected a pose table; fetch or "
        "make it again, or unpack it if it is right."
    )
