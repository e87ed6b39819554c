"""The silhouette table: written walk by walk, read block by block, the same bytes for the same content."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drawn_silhouettes import made_up_masks

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.frame_table import combined_digest
from gaitcore.modalities.silhouettes.table import (
    SilhouetteInfo,
    Walk,
    list_sequences,
    read_blocks,
    read_info,
    write_walks,
)

INFO = SilhouetteInfo("casia-b", "background subtraction", "as published")


def walk(name, frames, first=1):
    key = SequenceKey(*name.split("-"))
    return Walk(key, np.arange(first, first + frames, dtype=np.int32), made_up_masks(frames, frames), name[:3])


WALKS = [
    walk("001-bg-01-000", 3),
    walk("001-nm-02-090", 4, first=7),
    walk("002-nm-01-front", 1),
    walk("010-nm-01-000", 2),
]


@pytest.fixture
def table(tmp_path):
    write_walks(tmp_path / "silhouettes.parquet", iter(WALKS), INFO)
    return tmp_path / "silhouettes.parquet"


def read(path, keep=None):
    blocks = list(read_blocks(path, keep))
    return np.concatenate([block.frame for block in blocks]), np.concatenate([block.masks for block in blocks])


def test_what_is_written_is_read(table):
    sequences = list_sequences(table)
    assert sequences.to_numpy().tolist() == [
        ["001", "bg", "01", "000", 3],
        ["001", "nm", "02", "090", 4],
        ["002", "nm", "01", "front", 1],
        ["010", "nm", "01", "000", 2],
    ]
    frame, masks = read(table)
    assert frame.tolist() == [1, 2, 3, 7, 8, 9, 10, 1, 1, 2]
    np.testing.assert_array_equal(masks, np.concatenate([walk.masks for walk in WALKS]))
    digest = combined_digest((walk.key.name, walk.digest) for walk in WALKS)
    assert read_info(table) == SilhouetteInfo("casia-b", "background subtraction", "as published", digest)


def test_some_sequences_are_read_alone(table):
    frame, masks = read(table, np.array([False, True, False, True]))
    assert frame.tolist() == [7, 8, 9, 10, 1, 2]
    np.testing.assert_array_equal(masks, np.concatenate([WALKS[1].masks, WALKS[3].masks]))
    assert list(read_blocks(table, np.zeros(4, bool))) == []


def test_a_reader_without_gaitcore_finds_the_columns_of_the_documentation(table):
    rows = pq.read_table(table).to_pylist()
    assert [type(value) for value in rows[0].values()] == [str, str, str, str, int, bytes]
    np.testing.assert_array_equal(np.frombuffer(rows[4]["mask"], np.uint8).reshape(64, 64), WALKS[1].masks[1])


def test_large_tables_are_in_several_groups_and_read_alike(tmp_path):
    path = tmp_path / "silhouettes.parquet"
    walks = [walk(f"{n:03d}-nm-01-000", 3000) for n in range(5)]
    write_walks(path, iter(walks), INFO)
    assert pq.ParquetFile(path).num_row_groups > 2
    assert list_sequences(path)["frames"].tolist() == [3000] * 5
    frame, masks = read(path, np.array([False, True, False, False, True]))
    assert frame.tolist() == [*range(1, 3001)] * 2
    np.testing.assert_array_equal(masks, np.concatenate([walks[1].masks, walks[4].masks]))


def test_equal_walks_give_equal_bytes(table, tmp_path):
    write_walks(tmp_path / "again.parquet", WALKS, INFO)
    assert (tmp_path / "again.parquet").read_bytes() == table.read_bytes()


def test_walks_out_of_order_are_an_error_and_leave_no_file(tmp_path):
    with pytest.raises(ValueError, match="001-nm-02-090 after 002-nm-01-front"):
        write_walks(tmp_path / "silhouettes.parquet", [WALKS[0], WALKS[2], WALKS[1]], INFO)
    assert list(tmp_path.iterdir()) == []


def test_two_spellings_of_a_subject_end_in_one_sentence(tmp_path):
    with pytest.raises(DataError) as caught:
        write_walks(tmp_path / "silhouettes.parquet", [walk("001-nm-01-000", 1), walk("1-nm-02-000", 1)], INFO)
    assert str(caught.value) == (
        "casia-b: subject 001 and subject 1 are two spellings of one number, expected one; rename one of them."
    )
    assert list(tmp_path.iterdir()) == []


def refused(path, act=list_sequences):
    with pytest.raises(DataError) as caught:
        act(path)
    return str(caught.value)


@pytest.mark.parametrize("act", [list_sequences, read_info, read])
def test_a_missing_or_damaged_file_ends_in_one_sentence(table, tmp_path, act):
    absent = tmp_path / "absent.parquet"
    assert refused(absent, act) == f"{absent}: not found, expected a silhouette table; run the workflow to make it."
    table.write_bytes(table.read_bytes()[:-300])
    assert refused(table, act) == (
        f"{table}: not a readable Parquet file (cut short, damaged or of another format), expected a silhouette "
        "table; delete it and run again."
    )


def test_a_flipped_byte_of_a_mask_is_found_when_masks_are_read(table):
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    assert "not a readable Parquet file" in refused(table, read)


def test_another_table_is_refused(tmp_path):
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"subject": ["001"]}), path)
    assert refused(path) == (
        f"{path}: columns subject, expected subject, condition, sequence, view, frame, mask; delete it and run again."
    )


def test_another_schema_version_is_refused(table, tmp_path):
    path = tmp_path / "newer.parquet"
    content = pq.read_table(table)
    pq.write_table(content.replace_schema_metadata({b"gaitcore": b'{"schema_version": 9}'}), path)
    assert refused(path) == f"{path}: schema version 9, expected 1; delete it and run again."
    pq.write_table(content.replace_schema_metadata({}), path)
    assert refused(path) == f"{path}: schema version none, expected 1; delete it and run again."
    pq.write_table(content.replace_schema_metadata({b"gaitcore": b'{"schema_version": 1}'}), path)
    assert refused(path) == f"{path}: its metadata lack the data set; delete it and run again."


OWN = {b"gaitcore": b'{"schema_version": 1, "dataset": "casia-b"}'}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda one: one.replace_schema_metadata({b"gaitcore": b"[1]"}), "its metadata are not a JSON object"),
        (
            lambda one: one.replace_schema_metadata({b"gaitcore": b'{"schema_version": 1, "dataset": 5}'}),
            "dataset is 5 in its metadata, expected text",
        ),
        (
            lambda one: one.set_column(4, one.schema.field("frame"), pa.array([3] * len(one), pa.int32())),
            "frame 3 follows frame 3 in 001-bg-01-000, expected ascending numbers from 0 on",
        ),
        (
            lambda one: one.set_column(5, "mask", pa.array([bytes(44 * 64)] * len(one), pa.binary(44 * 64))),
            "column mask holds fixed_size_binary[2816], expected fixed_size_binary[4096]",
        ),
    ],
)
def test_wrong_metadata_frames_and_masks_are_named(table, tmp_path, change, sentence):
    path = tmp_path / "edited.parquet"
    pq.write_table(change(pq.read_table(table).replace_schema_metadata(OWN)), path)
    assert refused(path) == f"{path}: {sentence}; delete it and run again."


def test_a_flipped_bit_of_the_footer_is_found_when_keys_are_read(table):
    content = bytearray(table.read_bytes())
    content[-60] ^= 1
    table.write_bytes(content)
    assert "not a readable Parquet file" in refused(table)


def test_frames_of_a_walk_that_do_not_ascend_are_refused(tmp_path):
    one = walk("001-nm-01-000", 3)
    with pytest.raises(DataError, match=r"^casia-b: frame 1 follows frame 2 in 001-nm-01-000, expected ascending"):
        write_walks(tmp_path / "silhouettes.parquet", [one._replace(frame=np.array([2, 1, 3], np.int32))], INFO)
    assert list(tmp_path.iterdir()) == []
