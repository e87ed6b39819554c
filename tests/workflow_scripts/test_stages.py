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
            "vars.runs.systems is ['gaitformer', 'gaitmixer'], but the experiment in config.yaml has "
            "['gaitformer', 'gaitmixer', 'gaitgraph']; write there: systems: [gaitformer, gaitmixer, gaitgraph]",
        ),
        (
            ["gaitformer", "gaitmixer"],
            [0],
            "vars.runs.seeds is [0, 1], but the experiment in config.yaml has [0]; write there: seeds: [0]",
        ),
    ],
)
def test_other_runs_are_refused(stages, systems, seeds, sentence):
    with pytest.raises(ConfigError) as refused:
        check_stages(stages, systems, seeds)
    assert str(refused.value) == f"{stages}: {sentence}"


def test_a_system_the_tables_do_not_depend_on_is_refused(stages):
    stages.write_text(STAGES.replace(', "results/${experiment}/gaitmixer"', ""))
    with pytest.raises(ConfigError) as refused:
        check_stages(stages, ["gaitformer", "gaitmixer"], [0, 1])
    assert str(refused.value) == (
        f"{stages}: stages.tables.deps lacks results/${{experiment}}/gaitmixer; add it, so that DVC tracks the "
        "results of this system."
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (STAGES, "", "vars.runs.systems is None, but the experiment"),
        (STAGES, "a: [", "this is not YAML"),
        (STAGES, "[a]", "holds ['a'], expected a mapping"),
        ("seeds: [0, 1]", "seeds: [0, a]", "vars.runs.seeds is [0, 'a'], but"),
        ("seeds: [0, 1]", "seeds: null", "vars.runs.seeds is None, but"),
        ("  tables:", "  figures:", "stages.tables.deps lacks results/${experiment}/gaitformer; add it"),
    ],
)
def test_stages_of_another_form_are_refused_with_a_sentence(stages, old, new, sentence):
    stages.write_text(STAGES.replace(old, new))
    with pytest.raises(ConfigError) as refused:
        check_stages(stages, ["gaitformer", "gaitmixer"], [0, 1])
    assert str(refused.value).startswith(str(stages))
    assert sentence in str(refused.value)
