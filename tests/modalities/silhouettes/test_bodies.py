"""Bodies drawn round skeletons: their build, what they wear, and what cannot be drawn."""

import numpy as np
import pytest

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.skeleton import INDEX, OTHER_SIDE
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.silhouettes.bodies import build_of, draw_walks, drawn_bodies
from gaitcore.settings.data import Bodies

PLAIN = dict.fromkeys(("head", "trunk", "arm", "leg"), 1.0)


def standing(ahead=5.0):
    """(17, 3) a person of 100 pixels from nose to ankles at x = 160; the nose is ``ahead`` pixels before the ears."""
    places = {"nose": (ahead, 0), "eye": (0, -2), "ear": (0, 0), "shoulder": (10, 20), "elbow": (16, 37)}
    places |= {"wrist": (18, 52), "hip": (6, 52), "knee": (7, 77), "ankle": (7, 100)}
    pose = np.ones((17, 3), np.float32)
    for joint, index in INDEX.items():
        side, _, name = joint.rpartition("_")
        x, y = places[name]
        pose[index, :2] = 160 + {"left": 1, "right": -1, "": 1}[side] * x, 60 + y
    return pose


def drawn(*poses, build=PLAIN, wears="nothing"):
    return drawn_bodies(np.stack(poses), build, wears)


def test_a_body_fills_the_height_and_is_white_or_nearly_so():
    (mask,) = drawn(standing())
    assert (mask.shape, mask.dtype) == ((64, 64), np.uint8)
    assert mask.any(axis=1).all()
    assert np.isin(mask, [0, 255]).mean() > 0.9


def test_a_body_seen_from_the_front_is_the_same_on_both_sides():
    (mask,) = drawn(standing(ahead=0.0))
    mirrored = mask[:, ::-1]
    shifts = [np.abs(np.roll(mirrored, shift, axis=1).astype(int) - mask).mean() for shift in range(-2, 3)]
    assert min(shifts) < 2


def test_the_size_in_the_picture_and_the_place_do_not_matter():
    larger = standing()
    larger[:, :2] = 3 * larger[:, :2] + 11
    (mask,), (same,) = drawn(standing()), drawn(larger)
    np.testing.assert_array_equal(mask, same)


def test_feet_point_to_where_the_walker_faces():
    right, left = (drawn(standing(ahead))[0][60:] for ahead in (5.0, -5.0))
    columns = np.arange(64)
    assert (right.sum(axis=0) @ columns) / right.sum() > (left.sum(axis=0) @ columns) / left.sum() + 2


@pytest.mark.parametrize(("wears", "rows"), [("bag", slice(36, 40)), ("coat", slice(16, 24))])
def test_a_bag_and_a_coat_change_the_outline_where_they_are_worn(wears, rows):
    (plain,), (dressed,) = drawn(standing()), drawn(standing(), wears=wears)
    assert dressed[rows].sum() > 1.08 * plain[rows].sum()
    assert abs(int(dressed[54:].sum()) - int(plain[54:].sum())) < 0.1 * plain[54:].sum()


def test_a_broader_trunk_is_a_broader_silhouette_at_the_same_joints():
    (plain,), (broad,) = drawn(standing()), drawn(standing(), build=PLAIN | {"trunk": 1.3})
    assert broad[20:34].sum() > plain[20:34].sum()
    np.testing.assert_array_equal(broad[56:].any(axis=1), plain[56:].any(axis=1))


def test_a_build_belongs_to_the_subject_and_the_seed():
    settings = Bodies(spread=0.1)
    assert build_of("001", settings) == build_of("001", settings)
    assert build_of("001", settings) != build_of("002", settings) != build_of("002", Bodies(spread=0.1, seed=1))
    assert build_of("001", Bodies(spread=0.0)) == PLAIN
    factors = [factor for n in range(500) for factor in build_of(str(n), settings).values()]
    assert (np.mean(factors), np.std(factors)) == (pytest.approx(1, abs=0.01), pytest.approx(0.095, abs=0.01))


def test_frames_without_a_trunk_are_reported_and_the_others_keep_their_numbers():
    hidden = standing()
    hidden[INDEX["left_hip"], 2] = 0
    poses = np.stack([standing(), hidden, standing()[list(OTHER_SIDE)], *[standing()] * 4])
    numbers = np.array([4, 5, 9, 10, 11, 12, 13], np.int32)
    key = SequenceKey("001", "cl", 1, 90)
    table = table_of_sequences({key: (numbers, poses)}, PoseInfo("drawn", 320, 240, 25.0))
    report = DropReport()
    (walk,) = draw_walks(table, Bodies(), report)
    assert (walk.key, walk.frame.tolist(), walk.masks.shape) == (key, [4, 9, 10, 11, 12, 13], (6, 64, 64))
    (row,) = report.to_frame().to_dict("records")
    assert (row["sequence"], row["frame"]) == ("001-cl-01-090", 5)
    assert row["reason"] == "a shoulder, a hip or both legs are not seen"
    coat = drawn_bodies(poses[:1], build_of("001", Bodies()), "coat")[0]
    np.testing.assert_array_equal(walk.masks[0], coat)


def test_a_person_without_a_nose_or_ankles_has_no_height_and_no_body():
    headless = standing()
    headless[INDEX["nose"], 2] = 0
    assert drawn(headless) == [None]
