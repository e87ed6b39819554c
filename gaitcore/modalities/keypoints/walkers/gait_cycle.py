"""One gait cycle of a walker's body: joint angles to joint positions, the foot on the ground carrying the pelvis.

The legs follow joint-angle curves, kept as harmonics of the gait cycle. The pelvis rides on the lowest foot: the stance
foot neither slides nor sinks, and the stride length follows from the angles. Directions are ahead, left, up; angles in
radians unless a name says degrees; ``phase`` (T,) in gait cycles from the left heel strike. Sources: see
:mod:`gaitcore.modalities.keypoints.walkers.walkers`, whose traits shape the body.
"""

from typing import NamedTuple

import numpy as np

from gaitcore.modalities.keypoints.skeleton import BODY_PARTS, INDEX, JOINTS, NUM_JOINTS

Traits = dict[str, float]

# Degrees at 0, 5, ..., 95 % of the cycle, from heel strike: hip and knee flexion, ankle dorsiflexion.
_HIP = (20, 19, 16, 13, 9, 5, 1, -3, -6, -9, -10.5, -11, -8, -1, 7, 14, 19, 21.5, 22, 21)
_KNEE = (4, 10, 16, 19, 18, 15, 12, 9, 7, 8, 13, 22, 36, 52, 62, 63, 55, 39, 20, 7)
_ANKLE = (0, -4.5, -3.5, 0, 3, 5, 6.5, 8, 9.3, 9, 5, -5, -16, -19, -12, -6, -2, 0, 0.5, 0.5)
_HARMONICS = 6

# A walker's own shape of these curves: spread between subjects of the cosine and the sine of the harmonics 2, 3 and 4,
# degrees. With the traits for mean, size and phase, a curve spreads by 4 to 6 degrees between people, as Winter's do.
OWN_SHAPE = {"hip": (1.0, 0.6, 0.3), "knee": (2.0, 1.4, 0.8), "ankle": (1.2, 1.0, 0.7)}
FIRST_OWN = 2  # the first of these harmonics; the fundamental has a size and a phase already

_FOOT = np.array([[-0.035, -0.039], [0.085, -0.039]])  # heel and ball from the ankle: ahead, up; fractions of height
_HEAD = {"nose": (0.062, 0.0, -0.012), "eye": (0.048, 0.019, 0.012), "ear": (0.0, 0.043, 0.0)}  # ahead, out, up; same

SIDES = {"left": 1, "right": -1}  # sign of the way out


class Clothing(NamedTuple):
    """What is worn: the gait in it, and how the estimator misplaces the joints it covers."""

    traits: Traits
    covered: tuple[str, ...] = ()  # joints
    blur: float = 1.0  # factor on their error
    widening: float = 0.0  # metres outward, hips and knees
    sagging: float = 0.0  # metres downward, hips and knees


def _harmonics(samples: np.ndarray) -> np.ndarray:
    """Complex amplitudes of harmonics 0 to 6 of values sampled evenly over a cycle."""
    amplitudes = np.fft.rfft(samples)[: _HARMONICS + 1] / len(samples)
    amplitudes[1:] *= 2
    return amplitudes


def curve(amplitudes: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Values (T,) at ``phase`` (T,) cycles of the periodic curve with these harmonics."""
    return (np.exp(2j * np.pi * np.outer(phase, np.arange(len(amplitudes)))) @ amplitudes).real


_HIP_CURVE, _KNEE_CURVE, _ANKLE_CURVE = (_harmonics(np.deg2rad(angles)) for angles in (_HIP, _KNEE, _ANKLE))


def _swing(amplitudes: np.ndarray, gain: float, second: float = 1.0) -> np.ndarray:
    """The same mean, the movement about it scaled."""
    return amplitudes * np.array([1.0, gain, gain * second] + [gain] * (_HARMONICS - 2))


def _own_shape(traits: Traits, joint: str, side: str) -> np.ndarray:
    """Complex amplitudes, radians, that a walker's curve of one joint and side has beyond the typical curve's."""
    amplitudes = np.zeros(_HARMONICS + 1, dtype=complex)
    for harmonic in range(FIRST_OWN, FIRST_OWN + len(OWN_SHAPE[joint])):
        cosine, sine = (traits[own_trait(joint, part, harmonic)] for part in ("cos", "sin"))
        more_cosine, more_sine = (traits[own_trait(f"{joint}_{side}", part, harmonic)] for part in ("cos", "sin"))
        amplitudes[harmonic] = np.deg2rad(1.0) * complex(cosine + more_cosine, -(sine + more_sine))
    return amplitudes


def own_trait(joint: str, part: str, harmonic: int) -> str:
    """The name of one coefficient of a curve's own shape, e.g. ``knee_cos2``, or ``knee_left_cos2`` for one side."""
    return f"{joint}_{part}{harmonic}"


def _wave(degrees: float, phase: np.ndarray) -> np.ndarray:
    """Largest at the left heel strike, once per cycle."""
    return np.deg2rad(degrees) * np.cos(2 * np.pi * phase)


def _rod(length: float, flexion: np.ndarray, outward: np.ndarray | float) -> np.ndarray:
    """A segment that hangs down, turned forward by ``flexion`` and then sideways by ``outward``: (T, 3) metres."""
    down = -length * np.cos(flexion)
    return np.stack([length * np.sin(flexion), -down * np.sin(outward), down * np.cos(outward)], axis=1)


def _leg_angles(traits: Traits, side: str, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Thigh and shank forward of the vertical, foot with the toes above the horizontal: (T,) each."""
    own = phase if side == "left" else phase + 0.5 - traits["side_phase"]
    gain = traits[f"leg_{side}"]
    hip = curve(
        _swing(_HIP_CURVE, gain * traits["hip_swing"]) + _own_shape(traits, "hip", side), own - traits["hip_phase"]
    )
    knee = curve(
        _swing(_KNEE_CURVE, gain * traits["knee_swing"], traits["knee_stance"]) + _own_shape(traits, "knee", side),
        own - traits["knee_phase"],
    )
    ankle = curve(_swing(_ANKLE_CURVE, gain * traits["ankle_swing"]) + _own_shape(traits, "ankle", side), own)
    thigh = hip + np.deg2rad(traits["hip"])
    shank = thigh - np.maximum(knee + np.deg2rad(traits["knee"]), 0)  # knees do not bend forward
    return thigh, shank, shank + ankle


def _leg(traits: Traits, side: str, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hip, knee and ankle (T, 3, 3), heel and ball (T, 2, 3), from the middle of the pelvis at no height, metres."""
    sign, size = SIDES[side], traits["height"]
    turn, drop = -_wave(traits["pelvis_turn"], phase), _wave(traits["pelvis_drop"], phase - 0.25)
    sway = traits["sway"] * np.cos(2 * np.pi * (phase - 0.3))  # over the stance foot
    half = sign * traits["hips"] * size / 2
    level = half * np.cos(drop)
    hip = np.stack([-level * np.sin(turn), sway + level * np.cos(turn), half * np.sin(drop)], axis=1)
    thigh, shank, foot = _leg_angles(traits, side, phase)
    reach = size * (traits["thigh"] * np.cos(thigh) + traits["shank"] * np.cos(shank))
    aside = (sign * traits["step_width"] * size / 2 - hip[:, 1]) / reach
    outward = np.arcsin(np.clip(aside, -1, 1))  # the foot keeps to its track
    knee = hip + _rod(size * traits["thigh"], thigh, outward)
    ankle = knee + _rod(size * traits["shank"], shank, outward)
    ahead, up = size * _FOOT.T[:, None]
    pitch = foot[:, None]
    x, z = ahead * np.cos(pitch) - up * np.sin(pitch), ahead * np.sin(pitch) + up * np.cos(pitch)
    sole = ankle[:, None] + np.stack([x, np.zeros_like(x), z], axis=-1)
    return np.stack([hip, knee, ankle], axis=1), sole


def ride(traits: Traits) -> tuple[float, np.ndarray, np.ndarray]:
    """The movement of the pelvis if the foot that came down last stays in place, rolling from heel to ball.

    Returns the stride length in metres and the harmonics of the pelvis' height and of its advance beyond the mean.
    """
    samples = 100
    phase = np.arange(samples) / samples
    on_left = (phase < 0.5 + traits["side_phase"])[:, None, None]
    sole = np.where(on_left, _leg(traits, "left", phase)[1], _leg(traits, "right", phase)[1])
    after = np.where(
        on_left, _leg(traits, "left", phase + 1 / samples)[1], _leg(traits, "right", phase + 1 / samples)[1]
    )
    lowest = sole[:, :, 2].argmin(axis=1)[:, None]
    height = -np.take_along_axis(sole[:, :, 2], lowest, axis=1)[:, 0]
    advance = -np.take_along_axis((after - sole)[:, :, 0], lowest, axis=1)[:, 0]
    beyond = np.concatenate([[0.0], np.cumsum(advance - advance.mean())[:-1]])
    return float(advance.sum()), _harmonics(height), _harmonics(beyond)


def body_joints(worn: Clothing, phase: np.ndarray) -> np.ndarray:
    """All joints (T, 17, 3) at ``phase`` (T,) cycles, from the middle of the pelvis at no height, metres."""
    traits = worn.traits
    joints = np.empty((len(phase), NUM_JOINTS, 3))
    for side in SIDES:
        joints[:, BODY_PARTS[f"{side}_leg"]] = _leg(traits, side, phase)[0]
    pelvis = joints[:, [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=1)
    lean = np.deg2rad(traits["lean"] + traits["trunk_pitch"] * _at_step_frequency(traits, phase))
    roll = np.deg2rad(traits["tilt"]) + _wave(traits["chest_roll"], phase - 0.3)  # to the left
    neck = pelvis - _rod(traits["trunk"] * traits["height"], -lean, -roll)
    for side in SIDES:
        joints[:, BODY_PARTS[f"{side}_arm"]] = _arm(traits, side, phase, neck, roll)
    joints[:, BODY_PARTS["head"]] = _head(traits, neck, phase)
    for side, sign in SIDES.items():
        covered = [INDEX[f"{side}_hip"], INDEX[f"{side}_knee"]]
        joints[:, covered] += (0, sign * worn.widening, -worn.sagging)
    return joints


def _at_step_frequency(traits: Traits, phase: np.ndarray) -> np.ndarray:
    """The movement (T,) of trunk and head that each step repeats, from -1 to 1."""
    return np.cos(4 * np.pi * (phase - traits["pitch_phase"]))


def _arm(traits: Traits, side: str, phase: np.ndarray, neck: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """Shoulder, elbow and wrist (T, 3, 3); the arm is back when its own leg is in front."""
    sign, size = SIDES[side], traits["height"]
    turn = _wave(traits["chest_turn"], phase)
    half = sign * traits["shoulders"] * size / 2
    level = half * np.cos(roll)
    shoulder = neck + np.stack([-level * np.sin(turn), level * np.cos(turn), -half * np.sin(roll)], axis=1)
    forth = -sign * np.cos(2 * np.pi * (phase - traits["arm_phase"])) * traits[f"arm_{side}"]
    second = traits["arm_second"] * np.cos(4 * np.pi * (phase - traits["arm_second_phase"]))
    upper = np.deg2rad(traits["shoulder"] + traits["arm_swing"] * forth + second)
    bend = traits["elbow"] + traits[f"elbow_{side}"] + traits["elbow_swing"] * forth
    outward = sign * np.deg2rad(traits["abduction"] + traits[f"abduction_{side}"])
    elbow = shoulder + _rod(traits["upper_arm"] * size, upper, outward)
    fore = upper + np.maximum(np.deg2rad(bend), 0)
    wrist = elbow + _rod(traits["forearm"] * size, fore, 0.3 * outward)
    return np.stack([shoulder, elbow, wrist], axis=1)


def _head(traits: Traits, neck: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Nose, eyes and ears (T, 5, 3); the head is steadier than the trunk and nods against it."""
    size = traits["height"]
    nod = np.deg2rad(traits["head"] - traits["nod"] * _at_step_frequency(traits, phase))[:, None]  # (T, 1)
    tilt = np.deg2rad(traits["lean"]) / 2
    middle = neck + size * traits["neck"] * np.array([np.sin(tilt), 0, np.cos(tilt)])
    ahead, out, up = np.array([_on_head(JOINTS[index]) for index in BODY_PARTS["head"]]).T * size  # (5,) each
    face = [ahead * np.cos(nod) + up * np.sin(nod), out + 0 * nod, up * np.cos(nod) - ahead * np.sin(nod)]
    return middle[:, None] + np.stack(face, axis=-1)


def _on_head(joint: str) -> tuple[float, float, float]:
    ahead, out, up = _HEAD[joint.split("_")[-1]]
    return ahead, out * SIDES.get(joint.split("_")[0], 0), up
