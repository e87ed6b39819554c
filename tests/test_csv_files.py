"""A CSV file with a schema: read as it was written, or refused in one sentence."""

import math

import pandas as pd
import pytest

from gaitcore.csv_files import NUMBER, NUMBER_OR_EMPTY, TEXT, TRUTH, WHOLE, WHOLE_OR_EMPTY, read_csv, write_csv
from gaitcore.errors import DataError

COLUMNS = {"name": TEXT, "count": WHOLE, "line": WHOLE_OR_EMPTY, "share": NUMBER, "std": NUMBER_OR_EMPTY, "best": TRUTH}
HEADER = "name,count,line,share,std,best\n"
GOOD = 'NA,1,7,0.1,,True\n"a, ""b""\n\u2028c",-2,,1e-300,2.5,False\n'


def refused(path, content, columns=COLUMNS, further=None):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as raised:
        read_csv(path, columns, further)
    return str(raised.value).removeprefix(str(path))


def test_values_have_the_types_of_their_columns_and_no_text_counts_as_missing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(HEADER + GOOD)
    table = read_csv(path, COLUMNS)
    assert table["name"].tolist() == ["NA", 'a, "b"\n\u2028c']
    assert table["count"].tolist() == [1, -2]
    assert table["line"].tolist() == [7, pd.NA]
    assert table["share"].tolist() == [0.1, 1e-300]
    assert math.isnan(table["std"][0])
    assert table["std"][1] == 2.5
    assert table["best"].tolist() == [True, False]
    assert table.dtypes.astype(str).tolist() == ["str", "int64", "Int64", "float64", "float64", "bool"]


def test_what_is_read_is_written_with_the_same_bytes(tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + GOOD)
    write_csv(read_csv(tmp_path / "a.csv", COLUMNS), tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


def test_a_file_without_rows_keeps_its_columns(tmp_path):
    (tmp_path / "a.csv").write_text(HEADER)
    table = read_csv(tmp_path / "a.csv", COLUMNS)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 0


def test_further_columns_have_any_name_and_one_type(tmp_path):
    (tmp_path / "a.csv").write_text("name,rank1,mAP\nx,0.5,0.25\n")
    assert read_csv(tmp_path / "a.csv", {"name": TEXT}, NUMBER).iloc[0].tolist() == ["x", 0.5, 0.25]
    assert refused(tmp_path / "a.csv", "count,rank1\n1,0.5\n", {"name": TEXT}, NUMBER) == (
        ": has the columns count, rank1, expected name and columns of a number each; delete it and run again."
    )


def test_a_missing_file_ends_in_one_sentence(tmp_path):
    with pytest.raises(DataError) as raised:
        read_csv(tmp_path / "a.csv", COLUMNS)
    assert str(raised.value) == f"{tmp_path}/a.csv: no such file; run the workflow to make it."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", ": empty, expected CSV with a header; delete it and run again."),
        (b"\xff\n", ": not UTF-8 text, expected CSV; delete it and run again."),
        (HEADER + "NA,1,7,0.1", ": cut off in line 2; delete it and run again."),
        (HEADER + "NA,1\n", ", line 2: 2 cells, expected 6 as in line 1; delete it and run again."),
        (HEADER + 'NA,"1\n', ", line 2: not CSV (unexpected end of data); delete it and run again."),
        (
            "name,count\nNA,1\n",
            ": has the columns name, count, expected name, count, line, share, std, best; delete it and run again.",
        ),
        (
            HEADER + GOOD + "x,two,,0,,True\n",
            ', line 5: "two" in column count, expected a whole number; delete it and run again.',
        ),
        (
            HEADER + "x,1,a,0,,True\n",
            ', line 2: "a" in column line, expected a whole number or an empty cell; delete it and run again.',
        ),
        (HEADER + "x,1,,,,True\n", ', line 2: "" in column share, expected a number; delete it and run again.'),
        (
            HEADER + "x,1,,1,-,True\n",
            ', line 2: "-" in column std, expected a number or an empty cell; delete it and run again.',
        ),
        (HEADER + "x,1,,1,,yes\n", ', line 2: "yes" in column best, expected True or False; delete it and run again.'),
    ],
)
def test_a_damaged_file_ends_in_one_sentence(tmp_path, content, sentence):
    assert refused(tmp_path / "a.csv", content) == sentence


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "1_0"])
def test_a_number_that_is_not_finite_is_refused(tmp_path, text):
    path = tmp_path / "numbers.csv"
    path.write_text(f"value\n{text}\n")
    for kind in (NUMBER, NUMBER_OR_EMPTY):
        with pytest.raises(DataError, match=rf'numbers.csv, line 2: "{text}" in column value, expected a number'):
            read_csv(path, {"value": kind})
