"""What a person sees when something is wrong: one sentence, and nothing already made is lost."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from gaitcore.digests import file_digest
from gaitcore.settings.training import Training

pytestmark = pytest.mark.workflow


def test_missing_data_says_where_to_get_it_and_where_to_put_it(finished):
    done = finished.snakemake("tables", experiment="casia_b")
    assert done.returncode == 1
    assert (
        "data/raw/casia_b/casia-b_pose_train_valid.csv: no such file or folder. The CASIA-B poses are GaitGraph's: its "
        "repository (github.com/tteepe/GaitGraph) links casia-b_pose_train_valid.csv and casia-b_pose_test.csv; put "
        "both into data/raw/casia_b/."
    ) in done.stdout
    assert "Traceback" not in done.stdout


def test_a_missing_partition_file_says_where_to_get_it_and_where_to_put_it(finished):
    (finished.folder / "data" / "raw" / "gait3d").mkdir()
    done = finished.snakemake("tables", "-n", experiment="gait3d")
    assert done.returncode == 1
    assert (
        done.stdout.rstrip()
        .splitlines()[-1]
        .startswith(
            "data/raw/gait3d.json: no such file or folder. Put Gait3D's poses as pickles into data/raw/gait3d/ and "
            "OpenGait's partition file Gait3D.json beside it as data/raw/gait3d.json."
        )
    )


def test_a_wrong_setting_stops_before_any_work(finished, edited):
    edited("experiments/tiny.yaml", lambda text: text.replace("epochs: 1", "epochs: -1"))
    done = finished.snakemake("tables")
    assert done.returncode == 1
    assert done.stdout.rstrip().endswith(
        "experiments/tiny.yaml, line 15: training.epochs is -1, expected a whole number from 0 to 100000 "
        f"({Training.model_fields['epochs'].description})."
    )


def test_a_name_that_leads_outside_the_results_is_refused(finished, edited):
    edited("experiments/tiny.yaml", lambda text: text.replace("experiment: tiny", "experiment: ../../evil"))
    done = finished.snakemake("tables")
    assert done.returncode == 1
    last = done.stdout.rstrip().splitlines()[-1]
    assert last.startswith("experiments/tiny.yaml, line 1: experiment: '../../evil' cannot be a name; expected letters")
    assert not (finished.folder.parent / "evil").exists()


def test_an_unexpected_failure_leaves_its_traceback_in_the_log(finished, edited):
    edited(
        "gaitcore/reporting/tables/write_tables.py",
        lambda text: text.replace("statistics, ", "raise OSError('disk')\n    s, ", 1),
    )
    done = finished.snakemake("tables")
    assert done.returncode == 1
    assert "OSError: disk; the traceback is in results/tiny/logs/tables.log" in done.stdout
    log = finished.results("logs/tables.log").read_text()
    assert "Traceback (most recent call last)" in log
    assert finished.results("summary.csv").exists()


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_both_tables_and_every_figure_compile_into_one_pdf(finished):
    done = finished.snakemake("tables_pdf")
    assert done.returncode == 0, done.stdout
    pdf = finished.results("tables/tables.pdf")
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^ *(Table \d): ", text, re.MULTILINE) == ["Table 1", "Table 2"]
    figures = len(list(finished.results("figures").glob("*.pdf")))
    captions = re.findall(r"\bFigure (\d+): ", text)  # of figures side by side on one line
    assert sorted(map(int, captions)) == list(range(1, figures + 1))
    summary = pd.read_csv(finished.results("summary.csv")).set_index(["system", "condition", "view", "metric"])
    mean, std = 100 * summary.loc[("gaitmixer", "nm", "mean", "rank1"), ["mean", "std"]]
    assert re.search(rf"GaitMixer +{mean:.1f} ± {std:.1f} ", text)


def test_a_truncated_pose_table_is_named_and_everything_made_from_it_stays(finished):
    poses = finished.results("poses.parquet")
    backup = poses.with_suffix(".backup")
    shutil.copy(poses, backup)
    weights = finished.results("gaitmixer/seed-0/weights.safetensors")
    before = file_digest(weights)
    try:
        poses.write_bytes(backup.read_bytes()[:5000])
        done = finished.snakemake("tables")
        assert done.returncode == 1
        assert "results/tiny/poses.parquet: not the file that read_poses wrote; put the original back" in done.stdout
        assert "Traceback" not in done.stdout
        assert file_digest(weights) == before
    finally:
        shutil.move(backup, poses)
    assert finished.jobs() == {}
