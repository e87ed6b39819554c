"""The CSV files of an experiment: written with these bytes, read back equal, and refused in one sentence if damaged."""

import pandas as pd
import pytest

from gaitcore.artefacts.inspected_probes import read_probes, write_probes
from gaitcore.artefacts.split import read_split, write_split
from gaitcore.artefacts.subjects import read_subjects, write_subjects
from gaitcore.artefacts.summary import read_summary, write_summary
from gaitcore.artefacts.table_cells import read_cells, write_cells
from gaitcore.artefacts.training_history import read_history, write_history
from gaitcore.errors import DataError
from gaitcore.modalities.report import read_report, write_report


def read_probes_of_two_joints(path):
    return read_probes(path, ["nose", "left_knee"])


FILES = {
    "split.csv": (
        read_split,
        write_split,
        "subject,condition,sequence,view,frames,role,reason\n001,NA,01,090,61,gallery,\n1b,nm,05,000,60,excluded,short\n",
    ),
    "training.csv": (
        read_history,
        write_history,
        "epoch,loss,learning_rate,mined_triplets,spread,seconds,sequences_per_second,validation_rank1\n"
        "1,0.25,0.001,120,0.5,1.5,60.0,\n2,0.125,0.0005,8,0.625,1.25,61.5,0.75\n",
    ),
    "subjects.csv": (
        read_subjects,
        write_subjects,
        "condition,view,subject,probes,rank1,rank5,mAP\nNA,90,001,2,0.5,1.0,0.6666666666666666\n",
    ),
    "summary.csv": (
        read_summary,
        write_summary,
        "system,condition,view,metric,mean,std,ci_low,ci_high,n_seeds,n_subjects,p_value,p_value_holm\n"
        "a,NA,90,rank1,0.5,,0.25,0.75,1,10,,\na - b,mean,mean,rank1_difference,-0.1,0.01,-0.2,0.0,3,10,0.03,0.06\n",
    ),
    "probes.csv": (
        read_probes_of_two_joints,
        write_probes,
        "subject,condition,sequence,view,match,similarity,recognised,frames_for_half,nose_share,left_knee_share\n"
        "001,nm,5,90,001-nm-01-072,0.123457,True,12.0,0.25,0.75\n001,nm,6,90,001-nm-01-072,0.5,False,,,\n",
    ),
    "table1.csv": (
        read_cells,
        write_cells,
        "block,method,modality,source,view,rank1_percent,std_percent,ci_low_percent,ci_high_percent,n_seeds,"
        "collapsed_seeds,untrained_seeds,best\nNM#5-6,PoseGait,skeleton,published,0,55.3,,,,,0,0,False\n"
        "NM#5-6,Alpha,skeleton,measured,90,90.0,1.2,85.0,94.0,3,0,0,True\n",
    ),
    "table2.csv": (
        read_cells,
        write_cells,
        "block,method,modality,source,condition,rank1_percent,std_percent,ci_low_percent,ci_high_percent,n_seeds,"
        "collapsed_seeds,untrained_seeds,best\n,Alpha,skeleton,measured,nm,85.05,1.2,80.05,89.05,3,1,2,True\n",
    ),
    "poses_report.csv": (
        read_report,
        write_report,
        'file,line,sequence,frame,reason\nposes.csv,3,,,"5 values, expected 52"\nwalk.mp4,,001-nm-01-090,7,no person\n',
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_written_again_with_the_same_bytes(tmp_path, name):
    read, write, content = FILES[name]
    (tmp_path / name).write_text(content)
    again = tmp_path / f"again_{name}"
    write(read(tmp_path / name), again)
    assert again.read_text() == content


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_off_ends_in_one_sentence(tmp_path, name):
    read, _, content = FILES[name]
    (tmp_path / name).write_text(content[:-3])
    with pytest.raises(DataError) as raised:
        read(tmp_path / name)
    assert str(raised.value) == f"{tmp_path}/{name}: cut off in line {content.count(chr(10))}; delete it and run again."


@pytest.mark.parametrize("name", FILES)
def test_another_header_ends_in_one_sentence(tmp_path, name):
    read, _, content = FILES[name]
    columns = content.partition("\n")[0].split(",")
    (tmp_path / name).write_text("something,else\n1,2\n")
    with pytest.raises(DataError) as raised:
        read(tmp_path / name)
    further = {"subjects.csv": (4, "a number or an empty cell"), "split.csv": (7, "gallery, probe or an empty cell")}
    number, words = further.get(name, (len(columns), ""))
    expected = ", ".join(columns[:number]) + f" and columns of {words} each" * bool(words)
    assert str(raised.value) == (
        f"{tmp_path}/{name}: has the columns something, else, expected {expected}; delete it and run again."
    )


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_ends_in_one_sentence(tmp_path, name):
    with pytest.raises(DataError) as raised:
        FILES[name][0](tmp_path / name)
    assert str(raised.value) == f"{tmp_path}/{name}: no such file; run the workflow to make it."


def test_a_condition_called_na_stays_a_condition(tmp_path):
    for name in ("split.csv", "subjects.csv", "summary.csv"):
        read, _, content = FILES[name]
        (tmp_path / name).write_text(content)
        assert read(tmp_path / name)["condition"][0] == "NA"


def test_the_probes_numbers_have_six_decimals(tmp_path):
    read, write, content = FILES["probes.csv"]
    (tmp_path / "probes.csv").write_text(content.replace("0.123457", "0.12345678"))
    write(read(tmp_path / "probes.csv"), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == content


def test_a_table_of_another_name_ends_in_one_sentence(tmp_path):
    with pytest.raises(DataError) as raised:
        read_cells(tmp_path / "summary.csv")
    assert str(raised.value) == f"{tmp_path}/summary.csv: not a table, expected table1.csv or table2.csv."


def test_a_column_that_is_not_of_the_schema_is_not_written(tmp_path):
    split = pd.DataFrame([["001", "nm", 1, 90, 61, "gallery", "", 5]], columns=[*"abcdefgh"]).set_axis(
        ["subject", "condition", "sequence", "view", "frames", "role", "reason", "row"], axis=1
    )
    write_split(split, tmp_path / "split.csv")
    assert (tmp_path / "split.csv").read_text() == (
        "subject,condition,sequence,view,frames,role,reason\n001,nm,01,090,61,gallery,\n"
    )
