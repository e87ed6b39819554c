"""A job that depends on some sections of the configuration has these and no others."""

import pytest
from places import REPOSITORY

from gaitcore.settings.files import load_config
from gaitcore.settings.sections import sections_of
from gaitcore.systems import system_settings

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
