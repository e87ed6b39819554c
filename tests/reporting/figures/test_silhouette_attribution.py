"""Where networks look at a silhouette, as a picture and as numbers."""

import numpy as np
import pytest
from places import REPOSITORY

from gaitcore.artefacts.silhouette_maps import SilhouetteMap, SilhouetteMaps, write_silhouette_maps
from gaitcore.reporting.figures.silhouette_attribution import draw
from gaitcore.settings.files import load_config


@pytest.fixture
def config():
    """Two networks with a map, one without and one of skeletons; two seeds."""
    compare = ["gaitset", "gei", "gaitmixer", "gaitpart"]
    return load_config(REPOSITORY / "config.yaml", {"experiment": "demo_appearance", "compare": compare})


@pytest.fixture
def maps(tmp_path, config):
    """All the weight of the probe in row 4, column 7, none for GaitPart; of conditions a quarter is in the top rows."""
    files = []
    for run in range(2 * len(config.seeds)):
        probe = np.zeros((64, 44))
        probe[3, 6] = run < len(config.seeds)
        mean = np.zeros((64, 44))
        mean[0, 0], mean[16, 0], mean[63, 43] = 0.25, 0.5, 0.25
        energy = np.linspace(0, 1, 64 * 44).reshape(64, 44)
        means = {name: SilhouetteMap(mean, energy) for name in ("nm", "bg", "cl")}
        files.append(tmp_path / f"maps-{run}.safetensors")
        match = "025-nm-01-072" if run < len(config.seeds) else "025-nm-02-108"
        write_silhouette_maps(SilhouetteMaps("025-nm-05-090", match, SilhouetteMap(probe, energy), means), files[-1])
    return files


def test_a_row_for_each_system_and_a_panel_for_the_probe_and_each_condition(config, maps):
    drawing = draw(config, maps=maps)
    *panels, _ = drawing.figure.axes  # the last one is the colour bar
    assert [axes.get_title() for axes in panels[:4]] == ["One probe", "NM", "BG", "CL"]
    assert [axes.get_ylabel() for axes in panels[::4]] == ["GaitSet", "GaitPart"]
    energy, level = (image.get_array() for image in panels[0].get_images())
    assert (energy.shape, level.shape) == ((64, 44), (64, 44))
    assert np.argwhere(level > 0).tolist() == [[3, 6]]
    assert energy[63, 43] == 1
    assert [text.get_text() for text in panels[4].texts] == ["no positive\nattribution"]


def test_the_numbers_have_a_row_for_each_pixel(config, maps):
    numbers = draw(config, maps=maps).numbers
    assert len(numbers) == 2 * 4 * 64 * 44
    assert numbers.columns.tolist() == ["system", "seed", "shown", "row", "column", "weight", "silhouette"]
    lit = numbers.query("system == 'gaitset' and shown == 'probe' and weight > 0")
    assert lit[["seed", "row", "column", "weight"]].values.tolist() == [[config.seeds[0], 4, 7, 1.0]]


def test_the_caption_names_the_method_the_matches_and_the_quarters(config, maps):
    caption = draw(config, maps=maps).caption
    assert caption.startswith("Grad-CAM of the similarity of a probe to the nearest gallery sequence of its subject ")
    assert "the probe 025-nm-05-090, matched with 025-nm-01-072 (GaitSet); 025-nm-02-108 (GaitPart);" in caption
    assert (
        "The quarters of the height, from the head to the feet, have 25%, 50%, 0% and 25% (GaitSet); 25%, 50%, 0% and "
        "25% (GaitPart) of the weight, mean over conditions. The gradient of the Euclidean distance is without the "
        "term of the probe's embedding alone. The map is, for GaitSet, what the pyramid reads: "
    ) in caption
    assert caption.endswith("GEI (no learning) has no such map.")


def test_the_same_files_give_the_same_bytes(config, maps, drawn_twice):
    first, again = drawn_twice("silhouette_attribution", config, maps=maps)
    assert first == again
