"""A job that depends on some sections of the configuration has these and no others."""

import pytest
from places import REPOSITORY

from gaitcore.settings.files import load_config
from gaitcore.settings.sections import chosen_settings, sections_of
from gaitcore.systems import is_trained, runs_of, system_network, system_section, system_settings, system_title

CONFIG = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"})


def test_a_section_is_as_in_the_whole_configuration():
    sections = sections_of(CONFIG.model_dump(mode="json", include={"data", "seeds"}))
    assert (sections.data, sections.seeds) == (CONFIG.data, CONFIG.seeds)


def test_another_section_is_not_there():
    sections = sections_of(CONFIG.model_dump(mode="json", include={"data"}))
    with pytest.raises(AttributeError, match="statistics"):
        _ = sections.statistics


def test_a_systems_settings_can_be_put_together_from_the_sections_it_needs():
    names = {"systems", "network", "input", "training", "evaluation"}
    sections = sections_of(CONFIG.model_dump(mode="json", include=names))
    assert system_settings(sections, "gaitmixer") == system_settings(CONFIG, "gaitmixer")


def test_of_a_section_a_job_may_have_single_settings():
    chosen = chosen_settings(CONFIG, "seeds statistics.overall data.dataset data.modality")
    assert chosen == {
        "seeds": [0, 1],
        "statistics": {"overall": None},
        "data": {"dataset": CONFIG.data.dataset, "modality": ["keypoints"]},
    }
    sections = sections_of(chosen)
    assert (sections.statistics.overall, sections.data.modality) == (None, ("keypoints",))
    for section, setting in (("statistics", "seed"), ("data", "path")):
        with pytest.raises(AttributeError, match=setting):
            getattr(getattr(sections, section), setting)


@pytest.mark.parametrize("name", ["statistic", "statistics.level"])
def test_a_setting_that_does_not_exist_cannot_be_declared(name):
    with pytest.raises(KeyError):
        chosen_settings(CONFIG, name)


RELEASED = {"like": "gaitmixer", "title": "Released", "weights": {"path": "w.pt", "sha256": "a" * 64}}


def test_titles_networks_and_runs_need_no_section_of_a_recipe():
    config = load_config(
        REPOSITORY / "config.yaml",
        {"experiment": "demo", "compare": ["gaitmixer", "released"], "systems": {"released": RELEASED}},
    )
    sections = sections_of(chosen_settings(config, "compare seeds systems"))
    assert [system_title(sections, name) for name in config.compare] == ["GaitMixer", "Released"]
    assert [system_network(sections, name) for name in config.compare] == ["gaitmixer", "gaitmixer"]
    assert [is_trained(sections, name) for name in config.compare] == [True, False]
    assert runs_of(sections) == [("gaitmixer", 0), ("gaitmixer", 1), ("released", None)]
    for name in config.compare:
        for section in ("network", "training", "evaluation"):
            one = sections_of(chosen_settings(config, f"systems {section}"))
            assert system_section(one, name, section) == getattr(system_settings(config, name), section)
