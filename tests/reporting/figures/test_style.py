"""Colours, markers and lines of systems."""

from places import REPOSITORY

from gaitcore.reporting.figures.style import line_style, system_style
from gaitcore.settings.files import load_config


def test_the_built_in_systems_keep_their_colours_and_any_number_of_others_can_be_told_apart():
    built_in = {
        "gaitmixer": "#0072B2",
        "gaitformer": "#D55E00",
        "gaitgraph": "#009E73",
        "gaitgraph2": "#CC79A7",
        "posegait": "#E69F00",
        "gaitset": "#56B4E9",
    }
    variants = {f"variant_{number}": {"like": "gaitmixer"} for number in range(30)}
    overrides = {"experiment": "demo", "systems": variants, "compare": ["gaitmixer", *variants]}
    config = load_config(REPOSITORY / "config.yaml", overrides)
    assert {name: system_style(config, name)["color"] for name in built_in} == built_in
    points = {(style["color"], style["marker"]) for style in (system_style(config, name) for name in config.systems)}
    lines = {(style["color"], style["linestyle"]) for style in (line_style(config, name) for name in config.systems)}
    assert len(points) == len(lines) == len(config.systems)
    assert {line_style(config, name)["linestyle"] for name in built_in} == {"-"}
