"""split.csv: keys of any name are read as they were written, and one number has one spelling."""

import pandas as pd
import pytest

from gaitcore.artefacts.split import COLUMNS, read_split, write_split
from gaitcore.errors import DataError

ODD = [
    ("nan", "NA", "seq0", "front", 80, "train", ""),
    ("007", "nan", "01", "000", 80, "gallery", ""),
    ("NULL", "1e5", "None", "true", 80, "probe", ""),
]


def test_keys_that_look_like_missing_numbers_are_read_as_written(tmp_path):
    write_split(pd.DataFrame(ODD, columns=list(COLUMNS)), tmp_path / "split.csv")
    assert [tuple(row) for row in read_split(tmp_path / "split.csv").to_numpy().tolist()] == ODD


def test_whole_numbers_are_written_as_names_have_them(tmp_path):
    write_split(pd.DataFrame([("001", "nm", 1, 90, 80, "train", "")], columns=list(COLUMNS)), tmp_path / "split.csv")
    assert (tmp_path / "split.csv").read_text() == (
        "subject,condition,sequence,view,frames,role,reason\n001,nm,01,090,80,train,\n"
    )


def test_two_spellings_of_a_number_are_refused(tmp_path):
    path = tmp_path / "split.csv"
    path.write_text(",".join(COLUMNS) + "\n001,nm,01,090,80,train,\n1,nm,02,090,80,probe,\n")
    with pytest.raises(DataError) as caught:
        read_split(path)
    assert str(caught.value) == (
        f"{path}: subject 001 and subject 1 are two spellings of one number, expected one; rename one of them."
    )
