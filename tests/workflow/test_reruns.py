"""What runs again after which change: the promise that keeps a year of results honest."""

import json
import os
import re

import pytest

from gaitcore.audit.manifest import check_manifest

pytestmark = pytest.mark.workflow

SYSTEMS = ("gaitformer", "gaitmixer")
ALL_TABLES = {"summary": 1, "write_tables": 1, "write_reproduction": 1, "write_manifest": 1}


JOBS = [
    *("walkers", "poses", "splits", "summary", "tables", "reproduction", "manifest"),
    *(f"{system}/seed-{n}/{job}" for system in SYSTEMS for n in (0, 1) for job in ("train", "evaluate")),
]


def comment(text):
    return text + "\n# an edit\n"


def test_a_second_run_has_nothing_to_do(finished):
    assert finished.jobs() == {}


@pytest.mark.tracking
def test_tracking_reruns_nothing_and_leaves_a_record_beside_the_same_results(finished):
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed: make tracking")
    tracking = {"config": ("tracking={tool: tensorboard}",)}
    assert "Nothing to be done" in finished.snakemake("tables", "-n", **tracking).stdout
    run = "gaitmixer/seed-0"
    weights, metrics = (finished.results(f"{run}/{name}") for name in ("weights.safetensors", "metrics.json"))
    before = weights.read_bytes(), metrics.read_bytes()
    metrics.unlink()  # a job that is only forced, with the same inputs, keeps its files
    done = finished.snakemake("--forcerun", str(weights.relative_to(finished.folder)), "--", "tables", **tracking)
    assert done.returncode == 0, done.stdout
    assert (weights.read_bytes(), json.loads(metrics.read_text())["means"]) == (
        before[0],
        json.loads(before[1])["means"],
    )
    records = [path.name.partition(".out.tfevents.")[0] for path in finished.results(f"tracking/{run}").iterdir()]
    assert sorted(records) == ["evaluation", "training"]
    checked = check_manifest(finished.results(""))
    assert checked.passes, checked
    assert finished.jobs() == {}


def test_touching_files_reruns_nothing(finished):
    touched = ["config.yaml", "experiments/tiny.yaml", "gaitcore/networks/gaitmixer.py", "workflow_scripts/train.py"]
    touched += ["results/tiny/poses.parquet", "results/tiny/gaitmixer/seed-0/weights.safetensors"]
    for name in touched:
        os.utime(finished.folder / name)
    assert finished.jobs() == {}


def test_editing_the_tables_code_reruns_only_the_tables(finished, edited):
    edited("gaitcore/reporting/tables/latex.py", comment)
    assert finished.jobs() == {"write_tables": 1, "write_manifest": 1}


def test_editing_the_reproduction_report_reruns_only_it(finished, edited):
    edited("gaitcore/reporting/pages/checklist.py", comment)
    assert finished.jobs() == {"write_reproduction": 1, "write_manifest": 1}


def test_editing_one_system_reruns_only_that_system(finished, edited):
    edited("gaitcore/networks/gaitmixer.py", comment)
    assert finished.jobs() == {"train": 2, "evaluate": 2, **ALL_TABLES}
    wanted = finished.snakemake("tables", "-n").stdout
    assert "gaitmixer/seed-1/weights.safetensors" in wanted
    assert "Training gaitformer" not in wanted


@pytest.mark.parametrize(
    "file",
    [
        *("modalities/keypoints/readers/psymo_json.py", "modalities/keypoints/inputs/skeleton_maps.py"),
        *("training/losses/softmax_centre.py", "networks/posegait.py"),
    ],
)
def test_editing_a_reader_an_input_a_loss_or_a_network_that_nothing_uses_reruns_nothing(finished, edited, file):
    edited(f"gaitcore/{file}", comment)
    assert finished.jobs() == {}


def test_editing_a_loss_retrains_the_systems_that_use_it(finished, edited):
    edited("gaitcore/training/losses/triplet.py", comment)
    assert finished.jobs() == {"train": 4, "evaluate": 4, **ALL_TABLES}


def test_editing_evaluation_does_not_retrain(finished, edited):
    edited("gaitcore/evaluation/cross_view.py", comment)
    assert finished.jobs() == {"evaluate": 4, **ALL_TABLES}


def test_editing_the_statistics_neither_retrains_nor_embeds(finished, edited):
    edited("gaitcore/evaluation/statistics.py", comment)
    assert finished.jobs() == ALL_TABLES


def test_poses_read_again_with_the_same_bytes_retrain_nothing(finished, edited):
    edited("gaitcore/modalities/keypoints/readers/gaitgraph_csv.py", comment)
    assert finished.jobs() == {"read_poses": 1, "splits": 1, "train": 4, "evaluate": 4, **ALL_TABLES}
    log = finished.results("logs/gaitmixer/seed-0/train.log")
    before = log.read_bytes()
    done = finished.snakemake("tables")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("inputs, settings and code are those of the last time: its files are kept") == 12
    assert log.read_bytes() == before
    assert finished.jobs() == {}
    edited(
        "gaitcore/modalities/keypoints/readers/gaitgraph_csv.py", lambda text: text.removesuffix(comment(""))
    )  # as it was for other tests
    assert finished.snakemake("results/tiny/split.csv").returncode == 0
    assert finished.jobs() == {}


def test_editing_the_training_loop_retrains_everything(finished, edited):
    edited("gaitcore/training/loop.py", comment)
    assert finished.jobs() == {"train": 4, "evaluate": 4, **ALL_TABLES}


def test_adding_a_seed_trains_only_that_seed(finished, edited):
    edited("experiments/tiny.yaml", lambda text: text.replace("seeds: [0, 1]", "seeds: [0, 1, 5]"))
    assert finished.jobs() == {"train": 2, "evaluate": 2, **ALL_TABLES}
    assert "Training gaitmixer, seed 5" in finished.snakemake("tables", "-n").stdout


def test_one_systems_learning_rate_retrains_that_system(finished, edited):
    edited("experiments/tiny.yaml", lambda text: text.replace("kernel: 5}", "kernel: 5}\n    training: {warmup: 0.2}"))
    assert finished.jobs() == {"train": 2, "evaluate": 2, **ALL_TABLES}


def test_another_evaluation_setting_does_not_retrain(finished, edited):
    edited("experiments/tiny.yaml", lambda text: text + "evaluation: {windows: centre}\n")
    assert finished.jobs() == {"evaluate": 4, **ALL_TABLES}


def broken(name):
    """An edit that renames a function, so that whatever calls it fails."""
    return lambda text: text.replace(f"def {name}(", f"def {name}_(", 1)


@pytest.mark.parametrize(
    ("file", "function", "jobs"),
    [
        ("gaitcore/training/optimisation.py", "phases", {"train": 4, "evaluate": 4, **ALL_TABLES}),
        (
            "gaitcore/reporting/tables/context.py",
            "condition_title",
            {"write_tables": 1, "write_reproduction": 1, "write_manifest": 1},
        ),
    ],
)
def test_behaviour_that_belongs_to_a_setting_reruns_what_uses_it(finished, edited, file, function, jobs):
    edited(file, broken(function))
    assert finished.jobs() == jobs


def test_how_subjects_compare_reruns_all_that_uses_keys(finished, edited):
    edited(
        "gaitcore/keys.py",
        lambda text: text.replace('return text.lstrip("0") or "0" if', "return text if"),
    )
    assert {"read_poses", "splits", "train", "evaluate", "write_tables"} <= set(finished.jobs())


@pytest.mark.parametrize("file", ["gaitcore/suggest.py", "gaitcore/errors.py", "gaitcore/training/progress.py"])
def test_hints_errors_and_progress_rerun_nothing(finished, edited, file):
    edited(file, comment)
    assert finished.jobs() == {}


def redrawn(finished):
    """The figures that a dry run would draw."""
    return set(re.findall(r"Drawing (\w+) of tiny", finished.snakemake("figures", "-n").stdout))


def test_a_figure_is_redrawn_after_a_change_of_the_settings_that_it_uses(finished, edited):
    assert finished.snakemake("figures").returncode == 0
    before = (finished.folder / "experiments" / "tiny.yaml").read_text()
    edited("experiments/tiny.yaml", lambda text: text.replace("resamples: 200", "resamples: 200, seed: 7"))
    assert redrawn(finished) == {"roc"}  # its bands are the bootstrap's
    edited("experiments/tiny.yaml", lambda _: before.replace("resamples: 200", "resamples: 200, confidence: 0.9"))
    assert redrawn(finished) == {"roc", "frequency_share", "attribution_shares"}  # figures with intervals
    edited("experiments/tiny.yaml", lambda _: before + "figures: {attribution: hires_cam}\n")
    assert finished.jobs() == {"write_manifest": 1}  # which lists the configuration; no table has it


def test_a_help_text_in_the_schema_reruns_nothing(finished, edited):
    edited("gaitcore/settings/training.py", comment)
    assert finished.jobs() == {}


def test_one_changed_pose_reads_the_source_again(finished, edited):
    edited("data/raw/tiny/poses.csv", lambda text: text.replace("0.9", "0.8", 1))
    jobs = finished.jobs()
    assert jobs["read_poses"] == 1
    assert "walkers" not in jobs


def test_the_tables_leave_the_contracted_files_and_no_others(original):
    results = original / "results" / "tiny"
    run = ("weights.safetensors", "training.csv", "run.json", "embeddings.parquet", "metrics.json", "subjects.csv")
    assert {path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file()} == {
        *("poses.parquet", "poses_report.csv", "split.csv", "summary.csv", "rank1.json", "manifest.json"),
        *(f"{system}/seed-{n}/{file}" for system in SYSTEMS for n in (0, 1) for file in run),
        *(f"tables/{table}.{suffix}" for table in ("table1", "table2") for suffix in ("tex", "csv", "md", "html")),
        *("tables/summary.md", "reproduction.md", "reproduction.html"),
        *(f"logs/{job}.log" for job in JOBS),
        *(f"benchmarks/{job}.tsv" for job in JOBS),
        *(f"receipts/{job}.json" for job in JOBS),
    }


def test_run_json_says_what_made_the_run(finished):
    run = json.loads(finished.results("gaitmixer/seed-1/run.json").read_text())
    assert (run["system"], run["seed"], run["training_subjects"]) == ("gaitmixer", 1, 3)
    assert run["determinism"]["deterministic_algorithms"] is True
    assert run["settings"]["network"]["kernel"] == 5
    assert run["settings"]["protocol"]["splits"]["3/3"]["train"] == ["1", "2", "3"]
    assert run["settings"]["data"]["frame_width"] == 320
    assert set(run["inputs"]) == {"poses.parquet", "split.csv"}
    assert len(run["code_digest"]) == 64
    assert run["machine"]["packages"]["torch"]


def test_the_tables_of_another_data_set_show_no_published_rows(finished):
    table = finished.results("tables/table2.md").read_text()
    assert "GaitMixer" in table
    assert "GaitSet" not in table
