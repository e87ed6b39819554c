"""dvc.yaml lists the systems and seeds of the experiment that it runs."""

import pytest
import yaml
from places import REPOSITORY

from gaitcore.errors import ConfigError
from gaitcore.settings.files import load_config
from gaitcore_workflow.checked_stages import check_stages
from gaitcore_workflow.stages import own_stages, stages_of

STAGES = """\
vars:
  - config.yaml:experiment
  - runs:
      systems: [gaitformer, gaitmixer]
      seeds: [0, 1]
stages:
  tables:
    deps: [results/x, "results/${experiment}/gaitformer", "results/${experiment}/gaitmixer"]
"""


@pytest.fixture
def stages(tmp_path):
    path = tmp_path / "dvc.yaml"
    path.write_text(STAGES)
    return path


def test_the_repositorys_stages_are_those_of_its_experiment():
    config = load_config(REPOSITORY / "config.yaml")
    check_stages(REPOSITORY / "dvc.yaml", config.compare, config.seeds)


def test_the_order_does_not_matter(stages):
    check_stages(stages, ["gaitmixer", "gaitformer"], [1, 0])


@pytest.mark.parametrize(
    ("systems", "seeds", "sentence"),
    [
        (
            ["gaitformer", "gaitmixer", "gaitgraph"],
            [0, 1],
            "line 4: vars.runs.systems is ['gaitformer', 'gaitmixer'], but the experiment in config.yaml has "
            "['gaitformer', 'gaitmixer', 'gaitgraph']; write there: systems: [gaitformer, gaitmixer, gaitgraph]",
        ),
        (
            ["gaitformer", "gaitmixer"],
            [0],
            "line 5: vars.runs.seeds is [0, 1], but the experiment in config.yaml has [0]; write there: seeds: [0]",
        ),
    ],
)
def test_other_runs_are_refused(stages, systems, seeds, sentence):
    with pytest.raises(ConfigError) as refused:
        check_stages(stages, systems, seeds)
    assert str(refused.value) == f"{stages}, {sentence}"


def test_a_system_the_tables_do_not_depend_on_is_refused(stages):
    stages.write_text(STAGES.replace(', "results/${experiment}/gaitmixer"', ""))
    with pytest.raises(ConfigError) as refused:
        check_stages(stages, ["gaitformer", "gaitmixer"], [0, 1])
    assert str(refused.value) == (
        f"{stages}, line 8: stages.tables.deps lacks results/${{experiment}}/gaitmixer; add it, so that DVC tracks the "
        "results of this system."
    )


RUNS = "  - runs:\n      systems: [gaitformer, gaitmixer]\n      seeds: [0, 1]\n"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "seeds: [0, 1]",
            "seeds: [0, a]",
            ", line 5: vars.runs.seeds is [0, 'a'], but the experiment in config.yaml has",
        ),
        (
            "seeds: [0, 1]",
            "seeds: ['0', 1]",
            ", line 5: vars.runs.seeds is ['0', 1], but the experiment in config.yaml",
        ),
        ("seeds: [0, 1]", "seeds: null", ", line 5: vars.runs.seeds is null, expected a list; correct it."),
        ("      seeds: [0, 1]\n", "", ", line 3: vars.runs.seeds is missing, expected a list; add it."),
        (RUNS, "  - runs: null\n", ", line 3: vars.runs is null, expected a mapping; correct it."),
        (RUNS, "", ": vars.runs is missing, expected the systems and seeds of the experiment; add it."),
        ("vars:\n  - config.yaml:experiment\n" + RUNS, "", ": vars is missing, expected a list; add it."),
        (
            "vars:\n  - config.yaml:experiment\n" + RUNS,
            "vars: 5\n",
            ", line 1: vars is 5, expected a list; correct it.",
        ),
        ("  tables:", "  table:", ", line 6: stages.tables is missing, expected a mapping; add it."),
        ("deps: [results/x", "dep: [results/x", ", line 7: stages.tables.deps is missing, expected a list; add it."),
        (STAGES, "[1]", ": holds [1], expected a mapping: the stages of DVC."),
        (STAGES, "a: [", ", line 2: this is not YAML ("),
        (STAGES, "a: !!python/object/apply:os.system [x]", ", line 1: the tag !!python/object/apply:os.system is not"),
        (STAGES, "", ": vars is missing, expected a list; add it."),
    ],
)
def test_stages_of_another_shape_end_in_one_sentence(stages, before, after, sentence):
    assert before in STAGES
    stages.write_text(STAGES.replace(before, after))
    with pytest.raises(ConfigError) as refused:
        check_stages(stages, ["gaitformer", "gaitmixer"], [0, 1])
    assert str(refused.value).startswith(f"{stages}{sentence}")


def test_the_stages_that_are_written_for_the_demo_are_those_of_the_repository():
    written = stages_of(load_config(REPOSITORY / "config.yaml"))
    text = (REPOSITORY / "dvc.yaml").read_text().replace("data/raw/${experiment}/", "data/raw/demo/")
    for part in ("vars", "stages"):
        assert written[part] == yaml.safe_load(text)[part]


def written(tmp_path, experiment, **overlay):
    """The stages for an experiment, as they stand in the file."""
    config = load_config(REPOSITORY / "config.yaml", {"experiment": experiment, **overlay})
    path = tmp_path / "dvc.yaml"
    (tmp_path / "config.yaml").write_text("")
    content = stages_of(config)
    path.write_text(yaml.safe_dump(content))
    own = own_stages(config)
    check_stages(path, config.compare, config.seeds, [*(["silhouettes"] if config.data.silhouettes else []), *own])
    return content


def test_drawn_silhouettes_depend_on_the_poses_and_each_run_on_the_frames_of_its_modality(tmp_path):
    content = written(tmp_path, "demo_appearance")
    results = "results/${experiment}"
    stages = content["stages"]
    assert list(stages) == [
        *("settings", "walkers", "poses", "silhouettes", "splits", "train", "train_silhouettes"),
        *("evaluate", "evaluate_silhouettes", "tables"),
    ]
    assert stages["silhouettes"]["deps"] == [f"{results}/poses.parquet"]
    assert stages["silhouettes"]["outs"][:2] == [f"{results}/silhouettes.parquet", f"{results}/silhouettes_report.csv"]
    assert stages["splits"]["deps"] == [f"{results}/poses.parquet", f"{results}/silhouettes.parquet"]
    assert stages["splits"]["outs"][:2] == [f"{results}/split.csv", f"{results}/split_silhouettes.csv"]
    assert stages["train"]["deps"] == [f"{results}/poses.parquet", f"{results}/split.csv"]
    assert stages["train_silhouettes"]["deps"] == [
        f"{results}/silhouettes.parquet",
        f"{results}/split_silhouettes.csv",
    ]
    runs = content["vars"][1]["runs"]
    assert runs["keypoints"] == ["gaitformer", "gaitmixer"]
    assert runs["silhouettes"] == ["gei", "gaitnet", "gaitset", "gaitpart"]
    assert stages["evaluate_silhouettes"]["matrix"]["system"] == "${runs.silhouettes}"
    assert {f"{results}/{name}_report.csv" for name in ("poses", "silhouettes")} <= set(stages["tables"]["deps"])


def test_silhouettes_from_files_depend_on_their_folders(tmp_path):
    stages = written(tmp_path, "psymo_appearance")["stages"]
    assert stages["silhouettes"]["deps"] == ["data/raw/psymo"]
    assert stages["silhouettes"]["cmd"].endswith(
        "--allowed-rules read_silhouettes -- results/${experiment}/silhouettes.parquet"
    )
    assert "walkers" not in stages


def test_with_common_tests_every_run_depends_on_all_frames(tmp_path):
    stages = written(tmp_path, "demo_appearance", protocol={"common_tests": True})["stages"]
    frames = ["results/${experiment}/poses.parquet", "results/${experiment}/silhouettes.parquet"]
    for name in ("train", "train_silhouettes", "evaluate", "evaluate_silhouettes"):
        assert stages[name]["deps"][:2] == frames


ELSEWHERE = {
    "compare": ["gaitmixer", "gaitmixer_released", "gaitmixer_other", "gaitmixer_tuned"],
    "seeds": [0, 1],
    "systems": {
        "gaitmixer_released": {"like": "gaitmixer", "weights": {"path": "data/raw/released.pt", "sha256": "a" * 64}},
        "gaitmixer_other": {"like": "gaitmixer", "weights": {"experiment": "casia_b", "system": "gaitmixer"}},
        "gaitmixer_tuned": {"like": "gaitmixer", "training": {"start_from": {"experiment": "casia_b"}}},
    },
}

OWN = [
    *(("import", run) for run in ("gaitmixer_released", "gaitmixer_other-0", "gaitmixer_other-1")),
    *(("train", run) for run in ("gaitmixer_tuned-0", "gaitmixer_tuned-1")),
    ("evaluate", "gaitmixer_released"),
]


def test_weights_from_elsewhere_have_stages_that_depend_on_their_file(tmp_path):
    content = written(tmp_path, "demo", **ELSEWHERE)
    stages, runs = content["stages"], content["vars"][1]["runs"]
    own = [f"{job}-{run}" for job, run in OWN]
    assert list(stages) == [
        *("settings", "walkers", "poses", "splits", *own[:3], "train", *own[3:5], "evaluate", *own[5:], "tables")
    ]
    assert (stages["train"]["matrix"]["system"], runs["train"]) == ("${runs.train}", ["gaitmixer"])
    assert (stages["evaluate"]["matrix"]["system"], runs["evaluate"]) == (
        "${runs.evaluate}",
        ["gaitmixer", "gaitmixer_other", "gaitmixer_tuned"],
    )
    results = "results/${experiment}"
    run = f"{results}/gaitmixer_released/imported"
    assert stages["import-gaitmixer_released"] == {
        "cmd": f"snakemake --profile profiles/dvc --allowed-rules import_weights -- {run}/weights.safetensors",
        "deps": ["data/raw/released.pt", f"{results}/poses.parquet"],
        "params": [{f"{results}/settings.json": ["import_weights.gaitmixer_released"]}],
        "outs": [
            *(f"{run}/weights.safetensors", f"{run}/run.json"),
            f"{results}/receipts/gaitmixer_released/imported/import.json",
            f"{results}/logs/gaitmixer_released/imported/import.log",
            f"{results}/benchmarks/gaitmixer_released/imported/import.tsv",
        ],
    }
    assert stages["evaluate-gaitmixer_released"]["deps"] == [
        *(f"{results}/poses.parquet", f"{results}/split.csv", f"{run}/weights.safetensors")
    ]
    other = "results/casia_b/gaitmixer/seed-1"
    assert stages["import-gaitmixer_other-1"]["deps"][:2] == [f"{other}/weights.safetensors", f"{other}/run.json"]
    assert stages["train-gaitmixer_tuned-1"]["deps"] == [
        *(f"{other}/weights.safetensors", f"{other}/run.json", f"{results}/poses.parquet", f"{results}/split.csv")
    ]
    assert [next(iter(plot)) for plot in content["plots"]] == [
        f"{results}/summary.csv",
        *(f"{results}/{system}/seed-0/training.csv" for system in ("gaitmixer", "gaitmixer_tuned")),
    ]


def test_a_stage_that_the_experiment_needs_is_missed(stages):
    with pytest.raises(ConfigError) as refused:
        check_stages(stages, ["gaitmixer", "gaitformer"], [0, 1], ["silhouettes"])
    assert str(refused.value) == (
        f"{stages}, line 6: stages.silhouettes is missing, which the experiment in config.yaml needs; write the stages "
        "of this experiment by: make stages"
    )


def test_stages_of_videos_are_refused():
    with pytest.raises(ConfigError) as refused:
        stages_of(load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b_video"}))
    assert str(refused.value) == (
        "data.format is video, and no stage of DVC makes poses from videos; run Snakemake alone."
    )
