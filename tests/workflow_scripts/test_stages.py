"""dvc.yaml lists the systems and seeds of the experiment that it runs."""

import pytest
from places import REPOSITORY, workflow_script

from gaitcore.errors import ConfigError
from gaitcore.settings.files import load_config

check_stages = workflow_script("stages").check_stages

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
        ("seeds: [0, 1]", "seeds: null", ", line 5: vars.runs.seeds is None, expected a list; correct it."),
        ("      seeds: [0, 1]\n", "", ", line 3: vars.runs.seeds is missing, expected a list; add it."),
        (RUNS, "  - runs: null\n", ", line 3: vars.runs is None, expected a mapping; correct it."),
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
