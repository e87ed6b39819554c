"""Fig. 4 as a picture and as numbers."""

import numpy as np
import pandas as pd
import pytest

from gaitcore.artefacts.attribution_maps import AttributionMaps, write_maps
from gaitcore.artefacts.inspected_probes import write_probes
from gaitcore.modalities.keypoints.skeleton import INDEX, JOINTS
from gaitcore.reporting.figures.attribution import draw
from gaitcore.reporting.figures.attribution_shares import draw as draw_shares

RUNS = 4  # gaitmixer's two seeds, gaitformer's two


@pytest.fixture
def maps(tmp_path):
    """All the weight of the probe at frame 3 of the left knee; gaitformer's has none."""
    files = []
    for run in range(RUNS):
        probe = np.zeros((8, 17))
        probe[2, INDEX["left_knee"]] = run < 2
        means = {condition: np.full((8, 17), 1 / (8 * 17)) for condition in ("nm", "bg", "cl")}
        files.append(tmp_path / f"maps-{run}.safetensors")
        match = "025-nm-01-072" if run < 2 else "025-nm-02-108"
        write_maps(AttributionMaps("025-nm-05-090", match, probe, means), files[-1])
    return files


def test_a_row_for_each_system_and_a_panel_for_the_probe_and_each_condition(walkers, maps):
    drawing = draw(walkers, maps=maps)
    *panels, _ = drawing.figure.axes  # the last one is the colour bar
    assert [axes.get_title() for axes in panels[:4]] == ["One probe", "NM", "BG", "CL"]
    assert [axes.get_ylabel() for axes in panels[::4]] == ["GaitMixer", "GaitFormer"]
    names = {
        label.get_text(): place
        for label, place in zip(panels[0].get_yticklabels(), panels[0].get_yticks(), strict=True)
    }
    assert names.pop("nose") == INDEX["nose"]
    assert names == {
        f"{name}s": (INDEX[f"left_{name}"] + INDEX[f"right_{name}"]) / 2
        for name in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    }
    lit = panels[0].get_images()[0].get_array()  # (joints, frames)
    assert np.argwhere(lit > 0).tolist() == [[INDEX["left_knee"], 2]]
    assert [text.get_text() for text in panels[4].texts] == ["no positive\nattribution"]
    row = drawing.numbers.query("system == 'gaitmixer' and shown == 'probe' and weight > 0")
    assert row[["frame", "joint", "weight"]].values.tolist() == [[3, "left_knee", 1.0]]
    assert len(drawing.numbers) == 2 * 4 * 8 * 17


def test_the_caption_names_the_method_the_probe_and_its_matches(walkers, maps):
    caption = draw(walkers, maps=maps).caption
    assert caption.startswith("Grad-CAM of the similarity of a probe to the nearest gallery sequence of its subject ")
    assert (
        "seed 0. The left column shows the probe 025-nm-05-090, matched with 025-nm-01-072 (GaitMixer); 025-nm"
        in caption
    )
    hires = walkers.model_copy(update={"figures": walkers.figures.model_copy(update={"attribution": "hires_cam"})})
    assert draw(hires, maps=maps).caption.startswith("HiResCAM of the similarity")


@pytest.fixture
def probes(tmp_path):
    """Of each run two probes of each condition, one of them without any weight. The face has 10, 30, 50 and 50 percent,
    the left knee the rest; half is carried by 2, 4, 3 and 3 frames."""
    files = []
    for run, (face, half) in enumerate(((0.1, 2), (0.3, 4), (0.5, 3), (0.5, 3))):
        shares = {f"{joint}_share": 0.0 for joint in JOINTS} | {"nose_share": face, "left_knee_share": 1 - face}
        rows = []
        for condition in ("nm", "bg", "cl"):
            named = {"subject": "025", "condition": condition, "sequence": 5, "view": 90, "match": "025-nm-01-072"}
            named |= {"similarity": 0.5, "recognised": True}
            rows += [named | {"frames_for_half": half} | shares]
            rows += [named | {"frames_for_half": None} | dict.fromkeys(shares)]
        files.append(tmp_path / f"probes-{run}.csv")
        write_probes(pd.DataFrame(rows), files[-1])
    return files


def test_each_joint_and_the_face_has_a_share(walkers, probes):
    rows = draw_shares(walkers, probes=probes).numbers.set_index(["system", "condition", "quantity"])
    assert len(rows) == 2 * 4 * (17 + 2)
    face = rows.loc[("gaitmixer", "mean", "face")]
    assert (face["mean"], face["n_seeds"], face["unit"]) == (20, 2, "percent")
    assert face[["ci_low", "ci_high"]].isna().all()  # two seeds are too few
    assert rows.loc[("gaitformer", "nm", "left_knee"), "mean"] == 50
    half = rows.loc[("gaitmixer", "mean", "frames_for_half")]
    assert (half["mean"], half["unit"]) == (3, "frames")


def test_the_caption_holds_the_faces_share_and_the_frames_that_carry_half(walkers, probes):
    caption = draw_shares(walkers, probes=probes).caption
    assert (
        "Share of the five points of the face, which are 29.4% of the joints: GaitMixer 20.0% (10.0, 30.0) and "
        "GaitFormer 50.0% (50.0, 50.0). Number of the 8 frames in which half of the weight lies, 4 under equal weights"
        ": GaitMixer 3.0 (2.0, 4.0) and GaitFormer 3.0 (3.0, 3.0). In parentheses: each of the 2 seeds, which are too "
        "few for an interval. Small ticks are the single seeds."
    ) in caption


def test_a_system_has_its_colour_and_a_joint_its_place(walkers, probes):
    axes = draw_shares(walkers, probes=probes).figure.axes[0]
    dots = {line.get_label(): line for line in axes.get_lines() if not line.get_label().startswith("_")}
    assert {name: line.get_color() for name, line in dots.items()} == {"GaitMixer": "#0072B2", "GaitFormer": "#D55E00"}
    knee = INDEX["left_knee"]
    assert dots["GaitMixer"].get_xdata()[knee] == 80
    assert round(dots["GaitMixer"].get_ydata()[knee]) == knee


def test_the_same_files_give_the_same_bytes(walkers, maps, probes, drawn_twice):
    for kind, files in (("attribution", {"maps": maps}), ("attribution_shares", {"probes": probes})):
        first, again = drawn_twice(kind, walkers, **files)
        assert first == again
