"""The synthetic walkers: do they walk like people, do they differ like people, and is the file what it says?"""

import numpy as np
import pandas as pd
import pytest

from gaitcore.keys import parse_sequence_name
from gaitcore.modalities.keypoints.skeleton import INDEX, JOINTS
from gaitcore.modalities.keypoints.walkers.cameras import VIEWS
from gaitcore.modalities.keypoints.walkers.walkers import WALKS, WalkerSettings, subject_traits, walk, write_walkers

SETTINGS = WalkerSettings()
SIDES = ("left", "right")
RIGID = [
    (f"{side}_{upper}", f"{side}_{lower}")
    for side in SIDES
    for upper, lower in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"), ("eye", "ear"))
] + [("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"), ("nose", "left_ear")]


def joint(joints: np.ndarray, name: str) -> np.ndarray:
    return joints[..., INDEX[name], :]


def length(joints: np.ndarray, first: str, second: str) -> np.ndarray:
    return np.linalg.norm(joint(joints, first) - joint(joints, second), axis=-1)


def middle(joints: np.ndarray, part: str) -> np.ndarray:
    return (joint(joints, f"left_{part}") + joint(joints, f"right_{part}")) / 2


def image_height(image: np.ndarray) -> np.ndarray:
    return np.ptp(image[..., 1], axis=-1)


def frequency(signal: np.ndarray, fps: float) -> float:
    """The strongest frequency of a signal, in hertz, to 0.005."""
    time = np.arange(len(signal)) / fps
    candidates = np.arange(0.5, 3, 0.005)
    signal = signal - np.polyval(np.polyfit(time, signal, 1), time)
    power = np.abs(np.exp(-2j * np.pi * np.outer(candidates, time)) @ (signal * np.hanning(len(signal))))
    return float(candidates[power.argmax()])


@pytest.fixture(scope="module")
def normal_walk():
    return walk(1, "nm", 1, SETTINGS)


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    path = tmp_path_factory.mktemp("walkers") / "poses.csv"
    write_walkers(path, WalkerSettings(subjects=2))
    return path


# --- the body ---


@pytest.mark.parametrize(("first", "second"), RIGID)
def test_bones_keep_their_length(normal_walk, first, second):
    lengths = length(normal_walk.joints, first, second)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-9)


def test_bones_have_the_subjects_lengths(normal_walk):
    traits = subject_traits(1, SETTINGS)
    assert length(normal_walk.joints, "left_hip", "left_knee")[0] == pytest.approx(traits["thigh"] * traits["height"])
    assert length(normal_walk.joints, "right_elbow", "right_wrist")[0] == pytest.approx(
        traits["forearm"] * traits["height"]
    )


def test_the_head_is_above_the_shoulders_and_the_feet_are_on_the_floor(normal_walk):
    joints = normal_walk.joints
    assert (joint(joints, "nose")[:, 2] > middle(joints, "shoulder")[:, 2]).all()
    assert (middle(joints, "shoulder")[:, 2] > middle(joints, "hip")[:, 2]).all()
    lower_ankle = np.minimum(joint(joints, "left_ankle")[:, 2], joint(joints, "right_ankle")[:, 2])
    assert lower_ankle.min() > 0.03
    assert lower_ankle.max() < 0.16


# --- the gait ---


@pytest.mark.parametrize("subject", [1, 2, 3, 4, 5])
def test_step_frequency_is_the_walkers_cadence(subject):
    walked = walk(subject, "nm", 1, SETTINGS)
    apart = joint(walked.joints, "left_ankle")[:, 0] - joint(walked.joints, "right_ankle")[:, 0]
    assert 2 * frequency(apart, SETTINGS.fps) == pytest.approx(walked.traits["cadence"], rel=0.05)


def test_knees_bend_backward_only(normal_walk):
    for side in SIDES:
        hip, knee, ankle = (joint(normal_walk.joints, f"{side}_{name}") for name in ("hip", "knee", "ankle"))
        thigh = np.arctan2(knee[:, 0] - hip[:, 0], hip[:, 2] - knee[:, 2])
        shank = np.arctan2(ankle[:, 0] - knee[:, 0], knee[:, 2] - ankle[:, 2])
        flexion = np.rad2deg(thigh - shank)
        assert flexion.min() > -1
        assert 45 < flexion.max() < 80


def test_each_arm_swings_against_its_own_leg(normal_walk):
    joints = normal_walk.joints
    for side in SIDES:
        arm = (joint(joints, f"{side}_wrist") - joint(joints, f"{side}_shoulder"))[:, 0]
        leg = (joint(joints, f"{side}_knee") - joint(joints, f"{side}_hip"))[:, 0]
        assert np.corrcoef(arm, leg)[0, 1] < -0.6


def test_the_standing_foot_hardly_slides(normal_walk):
    """In mid-stance, 15 to 35 % of the cycle, the foot is flat: its ankle moves at most 15 % as fast as the body."""
    walked = normal_walk
    in_mid_stance = np.flatnonzero((walked.phase % 1 > 0.15) & (walked.phase % 1 < 0.35))
    in_mid_stance = in_mid_stance[in_mid_stance + 1 < len(walked.phase)]
    ankle = np.diff(joint(walked.joints, "left_ankle")[:, 0])[in_mid_stance]
    body = np.diff(middle(walked.joints, "hip")[:, 0])
    assert np.abs(ankle.mean()) < 0.15 * body.mean()


def test_typical_walkers_are_as_tall_and_as_fast_as_people():
    walks = [walk(subject, "nm", 1, SETTINGS) for subject in range(1, 31)]
    speeds = [np.ptp(middle(w.joints, "hip")[:, 0]) / (len(w.phase) - 1) * SETTINGS.fps for w in walks]
    assert 1.0 < np.mean(speeds) < 1.4  # metres a second; Öberg et al. 1993: 1.2
    assert 0.1 < np.std(speeds) < 0.3
    assert np.mean([w.traits["height"] for w in walks]) == pytest.approx(1.70, abs=0.05)


def knee_curve(walked, side: str) -> np.ndarray:
    """Flexion of one knee at 50 points of the gait cycle from that leg's heel strike, degrees."""
    hip, knee, ankle = (joint(walked.joints, f"{side}_{name}") for name in ("hip", "knee", "ankle"))
    thigh, shank = (np.arctan2((b - a)[:, 0], (a - b)[:, 2]) for a, b in ((hip, knee), (knee, ankle)))
    angle = np.rad2deg(thigh - shank)
    phase = (walked.phase + (0.5 if side == "right" else 0.0)) % 1
    order = np.argsort(phase)
    return np.interp(np.arange(50) / 50, phase[order], angle[order], period=1)


def shape(curve: np.ndarray) -> np.ndarray:
    """A curve's harmonics 2 to 4 after its fundamental has been brought to the same size and phase: (3,) complex."""
    harmonics = np.fft.rfft(curve)[1:5]
    numbers = np.arange(1, 5)
    return (harmonics * np.exp(-1j * np.angle(harmonics[0]) * numbers) / np.abs(harmonics[0]))[1:]


STILL = SETTINGS.model_copy(update={"placement": 0.0, "coat": 0.0})  # the heading would turn the planes of the legs


def test_stride_times_vary_as_peoples_do():
    """Coefficient of variation, over strides of one walk: 1 to 3 % (Hausdorff et al. 1996, Beauchet et al. 2009)."""
    settings = STILL.model_copy(update={"path": 60.0, "max_frames": 1500, "within_subject": 1.0})
    variations = []
    for subject in range(1, 13):
        walked = walk(subject, "nm", 1, settings)
        strikes = np.interp(
            np.arange(np.ceil(walked.phase[0]), walked.phase[-1]), walked.phase, np.arange(1500)[: len(walked.phase)]
        )
        variations.append(np.diff(strikes).std(ddof=1) / np.diff(strikes).mean())
    assert 0.012 < np.mean(variations) < 0.026
    assert min(variations) > 0.004
    assert max(variations) < 0.05


def test_each_walker_bends_the_knee_in_a_way_of_their_own():
    """The shape of the curve, whatever its size and phase, differs more between people than between walks."""
    shapes = np.array([[shape(knee_curve(walk(i, "nm", q, STILL), "left")) for q in (1, 2, 3)] for i in range(1, 13)])
    within = np.abs(shapes - shapes.mean(axis=1, keepdims=True)).mean(axis=(0, 1))
    means = shapes.mean(axis=1)
    between = np.abs(means - means.mean(axis=0)).mean(axis=0)
    assert (between > 2 * within).all()


def test_the_left_and_the_right_leg_are_alike_and_not_the_same():
    walks = [walk(subject, "nm", 1, STILL) for subject in range(1, 13)]
    left, right = (np.array([knee_curve(walked, side) for walked in walks]) for side in SIDES)
    sides = np.abs(left - right).mean()
    people = np.abs(left[:, None] - left[None]).mean()
    assert 1.0 < sides < 0.7 * people


# --- what is worn and carried ---


def swing(walked, side: str) -> float:
    arm = joint(walked.joints, f"{side}_wrist") - joint(walked.joints, f"{side}_shoulder")
    return float(np.ptp(arm[:, 0]))


def test_a_bag_stops_one_arm():
    for sequence in (1, 2):
        with_bag, without = (walk(3, "bg", sequence, SETTINGS.model_copy(update={"bag": bag})) for bag in (1.0, 0.0))
        kept = sorted(swing(with_bag, side) / swing(without, side) for side in SIDES)
        assert kept[0] < 0.4
        assert kept[1] > 0.85


def test_a_coat_widens_hips_and_knees():
    with_coat, without = (walk(3, "cl", 1, SETTINGS.model_copy(update={"coat": coat})) for coat in (1.0, 0.0))
    for part in ("hip", "knee"):
        wide, bare = (
            np.abs(joint(w.joints, f"left_{part}")[:, 1] - joint(w.joints, f"right_{part}")[:, 1]).mean()
            for w in (with_coat, without)
        )
        assert 0.03 <= wide - bare <= 0.095


def test_a_coat_hides_hips_and_knees():
    coat, normal = walk(3, "cl", 1, SETTINGS), walk(3, "nm", 1, SETTINGS)
    covered = [INDEX[f"{side}_{part}"] for side in SIDES for part in ("hip", "knee")]
    free = [INDEX[f"{side}_{part}"] for side in SIDES for part in ("shoulder", "ankle")]
    fall = normal.keypoints[..., 2].mean(axis=(0, 1)) - coat.keypoints[..., 2].mean(axis=(0, 1))
    assert fall[covered].min() > 0.08
    assert np.abs(fall[free]).max() < 0.04


# --- the cameras ---


def test_the_walker_comes_at_view_0_and_leaves_at_view_180(normal_walk):
    heights = {view: image_height(image) for view, image in zip(VIEWS, normal_walk.image, strict=True)}
    assert heights[0][-10:].mean() > 1.6 * heights[0][:10].mean()
    assert heights[180][:10].mean() > 1.6 * heights[180][-10:].mean()
    assert heights[90][-10:].mean() == pytest.approx(heights[90][:10].mean(), rel=0.1)


def test_the_walker_crosses_the_image_at_view_90_only(normal_walk):
    crossed = {view: np.ptp(middle(image, "hip")[:, 0]) for view, image in zip(VIEWS, normal_walk.image, strict=True)}
    assert crossed[90] > 180
    assert crossed[0] < 40
    assert crossed[180] < 40
    assert middle(normal_walk.image[VIEWS.index(90)], "hip")[-1, 0] < 100  # the camera sees the left side


def test_the_right_shoulder_is_on_the_images_left_from_the_front_and_on_its_right_from_behind(normal_walk):
    left, right = (joint(normal_walk.image, f"{side}_shoulder")[..., 0].mean(axis=1) for side in SIDES)
    assert right[VIEWS.index(0)] < left[VIEWS.index(0)]
    assert right[VIEWS.index(180)] > left[VIEWS.index(180)]


@pytest.mark.parametrize("settings", [SETTINGS, WalkerSettings(width=640, height=360, path=5.0, placement=2.0)])
def test_nobody_leaves_the_image(settings):
    for subject in range(1, 11):
        for condition in WALKS:
            image = walk(subject, condition, 1, settings).image
            assert (image >= 0).all()
            assert (image <= (settings.width, settings.height)).all()


def test_people_are_60_to_220_pixels_tall():
    heights = np.concatenate([image_height(walk(i, "nm", 1, SETTINGS).image).ravel() for i in range(1, 21)])
    assert heights.min() > 50
    assert heights.max() < 220
    assert 80 < np.median(heights) < 120


# --- the estimator ---


def test_confidence_falls_with_the_error(normal_walk):
    error = np.linalg.norm(normal_walk.keypoints[..., :2] - normal_walk.image, axis=-1)
    assert np.corrcoef(error.ravel(), normal_walk.keypoints[..., 2].ravel())[0, 1] < -0.5


def test_joints_on_the_far_side_are_seen_worse(normal_walk):
    profile = VIEWS.index(90)  # the left side is near
    error = np.linalg.norm(normal_walk.keypoints[profile, ..., :2] - normal_walk.image[profile], axis=-1)
    near, far = INDEX["left_wrist"], INDEX["right_wrist"]
    assert error[:, far].mean() > 1.3 * error[:, near].mean()
    assert normal_walk.keypoints[profile, :, far, 2].mean() < normal_walk.keypoints[profile, :, near, 2].mean() - 0.1


def test_wrists_and_ankles_are_less_certain_than_the_face():
    walks = [walk(1, "nm", sequence, SETTINGS) for sequence in range(1, 7)]
    errors = [np.linalg.norm(one.keypoints[0, ..., :2] - one.image[0], axis=-1).mean(axis=0) for one in walks]
    error = np.mean(errors, axis=0)
    ends = [error[INDEX[f"{side}_{end}"]] for side in SIDES for end in ("wrist", "ankle")]
    assert min(ends) > 1.5 * error[INDEX["nose"]]


def test_a_perfect_estimator_gives_the_projection():
    settings = SETTINGS.model_copy(update={"noise": 0.0, "outliers": 0.0, "swaps": 0.0, "coat": 0.0})
    walked = walk(2, "cl", 2, settings)
    np.testing.assert_array_equal(walked.keypoints[..., :2], walked.image)


def test_legs_are_swapped_in_profile_only():
    settings = SETTINGS.model_copy(update={"noise": 0.0, "outliers": 0.0, "swaps": 0.3})
    walked = walk(2, "nm", 1, settings)
    swapped = joint(walked.keypoints, "left_knee")[..., 0] == joint(walked.image, "right_knee")[..., 0]
    assert 0.15 < swapped[VIEWS.index(90)].mean() < 0.45
    assert not swapped[[VIEWS.index(0), VIEWS.index(18), VIEWS.index(180)]].any()


def test_missing_frames_are_as_frequent_as_set():
    settings = SETTINGS.model_copy(update={"missing": 0.1, "short": 0.0})
    detected = np.concatenate([walk(i, "nm", 1, settings).detected[:, 3:].ravel() for i in range(1, 11)])
    assert 1 - detected.mean() == pytest.approx(0.1, abs=0.015)


# --- who is who ---


def proportions(walked) -> np.ndarray:
    """Heights of the shoulders and hips between the ankles and the nose, as estimated at view 18: (2,)."""
    view = VIEWS.index(18)
    keypoints = walked.keypoints[view, walked.detected[view], :, :2]
    top, bottom = joint(keypoints, "nose")[:, 1], middle(keypoints, "ankle")[:, 1]
    heights = [(bottom - middle(keypoints, part)[:, 1]) / (bottom - top) for part in ("shoulder", "hip")]
    return np.median(heights, axis=1)


def test_subjects_differ_more_than_the_walks_of_one_subject():
    seen = np.array([[proportions(walk(i, "nm", q, SETTINGS)) for q in (1, 2, 3)] for i in range(1, 13)])
    within = seen.std(axis=1, ddof=1).mean(axis=0)
    between = seen.mean(axis=1).std(axis=0, ddof=1)
    assert (between > 2 * within).all()


def test_walks_of_one_subject_differ_in_gait_but_not_in_bones():
    first, second = walk(1, "nm", 1, SETTINGS), walk(1, "nm", 2, SETTINGS)
    assert first.traits["thigh"] == second.traits["thigh"]
    assert first.traits["hip_swing"] != second.traits["hip_swing"]
    assert first.phase[0] != second.phase[0]


def test_bodies_posture_and_pace_spread_as_peoples_do_and_movement_four_times_as_far():
    people = [subject_traits(subject, SETTINGS) for subject in range(1, 201)]
    kept = 0.88  # the standard deviation of a standard normal number that is kept within 1.5
    factors = {"height": 0.040, "thigh": 0.035, "cadence": 0.06, "hip_swing": 0.10, "knee_swing": 4 * 0.09}
    for name, spread in factors.items():
        assert np.log([one[name] for one in people]).std() == pytest.approx(kept * spread, rel=0.15), name
    for name, spread in {"lean": 2.8, "head": 4.5, "knee_phase": 4 * 0.012, "knee_cos2": 4 * 2.0}.items():
        assert np.std([one[name] for one in people]) == pytest.approx(kept * spread, rel=0.15), name


def test_without_spread_between_subjects_all_are_the_same_person():
    nothing = dict.fromkeys(("between_bodies", "between_postures", "between_subjects"), 0.0)
    settings = SETTINGS.model_copy(update=nothing)
    assert subject_traits(1, settings) == subject_traits(2, settings)


def test_however_far_movement_is_exaggerated_every_number_is_one():
    settings = SETTINGS.model_copy(update={"between_subjects": 10.0, "within_subject": 10.0})
    for subject in range(1, 21):
        assert np.isfinite(walk(subject, "cl", 1, settings).keypoints).all(), subject


def test_a_walk_is_seen_from_the_cameras_that_are_listed(tmp_path):
    settings = SETTINGS.model_copy(update={"subjects": 1, "views": (45, 270)})
    write_walkers(tmp_path / "poses.csv", settings)
    names = pd.read_csv(tmp_path / "poses.csv")["image_name"].str.extract("./(.*)/")[0].unique()
    assert sorted({parse_sequence_name(name).view for name in names}) == ["045", "270"]
    assert len(names) == 20


# --- the file ---


def test_the_header_is_gaitgraphs(csv):
    columns = csv.open().readline().rstrip("\n").split(",")
    assert columns == ["image_name", *(f"{name}_{channel}" for name in JOINTS for channel in ("x", "y", "conf"))]


def test_every_walk_of_every_subject_is_there_from_every_view(csv):
    names = pd.read_csv(csv, usecols=["image_name"])["image_name"]
    assert names.str.fullmatch(r"\./[^/]+/\d{6}\.jpg").all()
    keys = [parse_sequence_name(name) for name in names.str[2:-11].unique()]
    expected = [
        (f"{subject:03d}", condition, f"{sequence:02d}", f"{view:03d}")
        for subject in (1, 2)
        for condition, count in WALKS.items()
        for sequence in range(1, count + 1)
        for view in VIEWS
    ]
    assert keys == expected


def test_frame_numbers_have_gaps_where_nobody_is_detected(csv):
    names = pd.read_csv(csv, usecols=["image_name"])["image_name"]
    frame = names.str[-10:-4].astype(int)
    steps = frame.groupby(names.str[:-11]).diff().dropna()
    assert steps.min() == 1
    assert 1 < steps.max() <= 9
    assert 0.005 < (steps > 1).mean() < 0.03


def test_numbers_have_two_decimals_and_confidence_three_and_all_lie_in_the_image(csv):
    text = pd.read_csv(csv, dtype=str)
    assert text.filter(regex="_x$|_y$").apply(lambda column: column.str.fullmatch(r"\d+\.\d\d")).all(axis=None)
    assert text.filter(regex="_conf$").apply(lambda column: column.str.fullmatch(r"[01]\.\d{3}")).all(axis=None)
    numbers = text.drop(columns="image_name").astype(float)
    assert numbers.filter(regex="_x$").to_numpy().max() <= 320
    assert numbers.filter(regex="_y$").to_numpy().max() <= 240
    assert numbers.filter(regex="_conf$").to_numpy().max() <= 1


def test_the_file_holds_the_keypoints_of_the_walk(csv):
    rows = pd.read_csv(csv)
    rows = rows[rows["image_name"].str.startswith("./002-bg-02-090/")].drop(columns="image_name").to_numpy()
    walked = walk(2, "bg", 2, SETTINGS)
    expected = walked.keypoints[VIEWS.index(90), walked.detected[VIEWS.index(90)]].reshape(-1, 51)
    np.testing.assert_allclose(rows, expected, atol=0.00501)


def test_the_same_settings_give_the_same_bytes_and_nothing_else_is_left(csv, tmp_path):
    again = tmp_path / "again.csv"
    write_walkers(again, WalkerSettings(subjects=2))
    assert again.read_bytes() == csv.read_bytes()
    assert list(tmp_path.iterdir()) == [again]


def test_another_seed_gives_other_people(csv, tmp_path):
    write_walkers(tmp_path / "other.csv", WalkerSettings(subjects=2, seed=7))
    assert (tmp_path / "other.csv").read_bytes() != csv.read_bytes()


def test_more_subjects_leave_the_earlier_ones_as_they_were(csv, tmp_path):
    write_walkers(tmp_path / "three.csv", WalkerSettings(subjects=3))
    assert (tmp_path / "three.csv").read_bytes().startswith(csv.read_bytes())
