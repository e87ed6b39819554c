"""Synthetic walkers: subjects with their own bodies and gaits, walked past virtual cameras.

A subject is a draw from three tables of traits (:data:`BODY`, :data:`POSTURE` and :data:`MOVEMENT`); each walk changes
posture and movement a little, never the bones. The legs follow joint-angle curves, kept as harmonics of the gait
cycle, and the pelvis rides on the lowest foot: the stance foot neither slides nor sinks, and the stride length follows
from the angles.

Typical values and spreads, rounded to what a demonstration needs:
    Winter, Biomechanics and Motor Control of Human Movement, 4th ed. 2009 (and ... of Human Gait, 1991): segment
        lengths as fractions of height (fig. 4.1, after Drillis and Contini 1966); hip, knee and ankle curves.
    Perry, Gait Analysis, 1992: the same curves, trunk and pelvis, an arm swing of about 30 degrees.
    Murray, Drought and Kory, J Bone Joint Surg 46A, 1964: pelvic rotation, sway, step width, step frequency.
    Murray, Sepic and Barnard, Phys Ther 47, 1967: shoulder and elbow angles.
    Öberg, Karsznia and Öberg, J Rehabil Res Dev 30, 1993: step frequency and its spread.

The demo exaggerates: its subjects move more differently than people do (``WalkerSettings.between_subjects``), so that a
network learns to tell them apart in minutes; their bodies, their posture and their pace differ as people's do. Its
accuracies show that the pipeline works and say nothing about people.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

from gaitcore.files import replacing
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.parsing.csv_blocks import COLUMNS
from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX, CHANNELS, INDEX, NUM_JOINTS, NUM_VALUES
from gaitcore.modalities.keypoints.walkers.cameras import Cameras, Estimator, least_distance
from gaitcore.modalities.keypoints.walkers.gait_cycle import (
    FIRST_OWN,
    OWN_SHAPE,
    SIDES,
    Clothing,
    Traits,
    body_joints,
    curve,
    own_trait,
    ride,
)
from gaitcore.settings.walkers import WalkerSettings

WALKS: dict[str, int] = {"nm": 6, "bg": 2, "cl": 2}  # walks in each condition, as in CASIA-B

_ONE_SIDE = 0.4  # the part of a curve's own shape that the left and the right leg have each for themselves
_REPEATED = 0.25  # spread between one subject's walks over that between subjects, of the own shapes


class TraitTable(NamedTuple):
    """Traits by name: typical value, spread between subjects, and spread between the walks of one subject.

    factors: values above 0, whose spreads are relative to them. added: values around the typical one, whose spreads are
    in their unit. A spread is the standard deviation of a normal number that is then kept within 1.5 of them, so that
    the values themselves spread by 0.88 of it.
    """

    factors: dict[str, tuple[float, float, float]]
    added: dict[str, tuple[float, float, float]]


def _own_shapes() -> dict[str, tuple[float, float, float]]:
    """The traits that are a joint's own shape of its curve, those of both legs and those of one."""
    return {
        own_trait(name, part, harmonic): (0.0, share * spread, share * spread * _REPEATED)
        for joint, spreads in OWN_SHAPE.items()
        for name, share in ((joint, 1.0), *((f"{joint}_{side}", _ONE_SIDE) for side in SIDES))
        for harmonic, spread in enumerate(spreads, FIRST_OWN)
        for part in ("cos", "sin")
    }


BODY = TraitTable(
    factors={
        "height": (1.70, 0.040, 0.0),  # metres
        "thigh": (0.245, 0.035, 0.0),  # this and the next eight: fractions of the height
        "shank": (0.246, 0.035, 0.0),
        "trunk": (0.288, 0.03, 0.0),  # between the middle of the hips and of the shoulders
        "neck": (0.115, 0.07, 0.0),  # from there to the middle of the ears
        "upper_arm": (0.186, 0.04, 0.0),
        "forearm": (0.146, 0.045, 0.0),
        "shoulders": (0.21, 0.07, 0.0),  # joint centres, which lie inside Winter's outer breadths
        "hips": (0.115, 0.08, 0.0),
    },
    added={},
)
POSTURE = TraitTable(
    factors={
        "cadence": (1.95, 0.06, 0.02),  # steps a second
        "hip_swing": (1.06, 0.10, 0.025),  # factor on the curve's movement about its mean: the length of the steps
        "step_width": (0.05, 0.20, 0.10),
        "elbow": (27.0, 0.22, 0.07),  # degrees, mean flexion
        "abduction": (9.0, 0.22, 0.08),
    },
    added={
        "hip": (0.0, 2.5, 0.8),  # degrees, added to the curve
        "knee": (1.0, 1.8, 0.6),
        "lean": (3.0, 2.8, 1.0),  # degrees, trunk forward
        "tilt": (0.0, 1.2, 0.5),  # degrees, trunk to the left
        "head": (4.0, 4.5, 2.0),  # degrees, face down, on top of half of the lean
        "shoulder": (-7.0, 5.0, 2.0),  # degrees, mean flexion; the arm swings further back than forth
        "elbow_left": (0.0, 4.0, 1.5),  # degrees, asymmetry
        "elbow_right": (0.0, 4.0, 1.5),
        "abduction_left": (0.0, 1.5, 0.4),
        "abduction_right": (0.0, 1.5, 0.4),
    },
)
MOVEMENT = TraitTable(
    factors={
        "knee_swing": (1.0, 0.09, 0.025),  # factors on the curves' movement about their mean
        "knee_stance": (1.0, 0.20, 0.06),  # factor on the second harmonic: flexion while loaded
        "ankle_swing": (1.0, 0.15, 0.05),
        "leg_left": (1.0, 0.03, 0.01),  # asymmetry: factors on one side's movement
        "leg_right": (1.0, 0.03, 0.01),
        "arm_swing": (16.0, 0.25, 0.10),  # degrees, half of the range
        "arm_left": (1.0, 0.12, 0.05),
        "arm_right": (1.0, 0.12, 0.05),
        "elbow_swing": (9.0, 0.25, 0.10),
        "pelvis_turn": (4.5, 0.30, 0.10),  # degrees, half of the range: about the vertical
        "pelvis_drop": (3.0, 0.30, 0.10),  # in the frontal plane
        "chest_turn": (4.0, 0.30, 0.10),
        "chest_roll": (2.0, 0.35, 0.12),
        "sway": (0.02, 0.30, 0.10),  # metres, half of the range: the pelvis, sideways
        "arm_second": (1.5, 0.50, 0.15),  # degrees: the arm at step frequency, half of the range
        "trunk_pitch": (1.2, 0.40, 0.12),  # degrees: the trunk forth and back at step frequency, half of the range
        "nod": (1.2, 0.50, 0.15),  # degrees: the head against it
        "stride_variation": (0.018, 0.15, 0.10),  # coefficient of variation of the stride time
    },
    added={
        "hip_phase": (0.0, 0.010, 0.003),  # parts of a cycle
        "knee_phase": (0.0, 0.012, 0.003),
        "arm_phase": (0.02, 0.030, 0.008),
        "side_phase": (0.0, 0.008, 0.003),  # how much the right leg is late
        "arm_second_phase": (0.0, 0.12, 0.02),
        "pitch_phase": (0.0, 0.06, 0.015),
        **_own_shapes(),
    },
)

_COAT_COVERS = ("left_hip", "right_hip", "left_knee", "right_knee")
_SPREAD_LIMIT = 1.5  # standard deviations; the largest distance from the typical walker
_COORDINATE_TEXT = 100  # hundredths of a pixel
_CONFIDENCE_TEXT = 1000  # thousandths


class Walk(NamedTuple):
    """One walk, seen from every view of ``WalkerSettings.views``.

    traits: the walker's, on this walk. phase: (T,) gait cycles. joints: (T, 17, 3) metres, x along the path, y to the
    left, z up. image: (V, T, 17, 2) pixels, the keypoints of a perfect estimator. keypoints: (V, T, 17, 3) pixels and
    confidence, those of the simulated estimator. detected: (V, T) whether it detects the person in that frame.
    """

    traits: Traits
    phase: np.ndarray
    joints: np.ndarray
    image: np.ndarray
    keypoints: np.ndarray
    detected: np.ndarray


def subject_traits(subject: int, settings: WalkerSettings) -> Traits:
    """The body, posture and movement of subject 1, 2, ...: a value for each trait of the three tables."""
    rng = _generator(settings, subject)
    tables = (
        (BODY, settings.between_bodies),
        (POSTURE, settings.between_postures),
        (MOVEMENT, settings.between_subjects),
    )
    traits: Traits = {}
    for table, between in tables:
        traits |= {name: mean * _factor(spread * between, rng) for name, (mean, spread, _) in table.factors.items()}
        traits |= {name: mean + spread * between * _normal(rng) for name, (mean, spread, _) in table.added.items()}
    return traits


def walk(subject: int, condition: str, sequence: int, settings: WalkerSettings) -> Walk:
    """Walk ``sequence`` (1, 2, ...) of a subject (1, 2, ...) in a condition of :data:`WALKS`.

    The same arguments give the same walk, independently of all other walks.
    """
    rng = _generator(settings, subject, 1 + list(WALKS).index(condition), sequence)
    worn = _dress(condition, _vary(subject_traits(subject, settings), settings, rng), settings, rng)
    stride, rise, advance = ride(worn.traits)
    speed = stride * worn.traits["cadence"] / 2
    frames = round(settings.path * rng.uniform(0.92, 1.08) / speed * settings.fps)
    frames = int(np.clip(frames, settings.min_frames, settings.max_frames))
    variation = worn.traits["stride_variation"] * settings.within_subject
    phase = _phase(frames, worn.traits["cadence"] / 2, variation, settings.fps, rng)
    x = stride * (phase - phase.mean()) + curve(advance, phase)
    joints = body_joints(worn, phase) + np.stack([x, np.zeros(frames), curve(rise, phase)], axis=1)[:, None]
    joints = _place(joints, settings.placement, rng)
    return _see(worn, phase, joints, settings, rng)


def write_walkers(path: Path, settings: WalkerSettings) -> None:
    """Write all walks of all subjects as one CSV in GaitGraph's format, under a temporary name until complete.

    Header ``image_name,nose_x,nose_y,nose_conf,...``; names ``./001-nm-01-000/000001.jpg``; pixels with 2 decimals,
    confidence with 3. The same settings give the same bytes; more subjects only add lines at the end.
    """
    schema = pa.schema([(column, pa.string()) for column in COLUMNS])
    plain = pa.csv.WriteOptions(include_header=False, quoting_style="none")  # Arrow always quotes a header
    with replacing(path) as unfinished, unfinished.open("wb") as stream:
        stream.write((",".join(COLUMNS) + "\n").encode())
        with pa.csv.CSVWriter(stream, schema, write_options=plain) as writer:
            for subject in range(1, settings.subjects + 1):
                writer.write_batch(pa.record_batch(_text_columns(subject, settings), schema=schema))


# --- one subject, one walk ---


def _generator(settings: WalkerSettings, *key: int) -> np.random.Generator:
    """The generator at one place of the seed tree: seed -> subject -> condition -> sequence."""
    return np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=key))


def _normal(rng: np.random.Generator) -> float:
    return float(np.clip(rng.standard_normal(), -_SPREAD_LIMIT, _SPREAD_LIMIT))


def _factor(spread: float, rng: np.random.Generator) -> float:
    return float(np.exp(spread * _normal(rng)))


def _vary(traits: Traits, settings: WalkerSettings, rng: np.random.Generator) -> Traits:
    """The same walker on another day: the same bones."""
    varied = dict(traits)
    for table in (POSTURE, MOVEMENT):
        for name, (*_, within) in table.factors.items():
            varied[name] *= _factor(within * settings.within_subject, rng)
        for name, (*_, within) in table.added.items():
            varied[name] += within * settings.within_subject * _normal(rng)
    return varied


def _dress(condition: str, traits: Traits, settings: WalkerSettings, rng: np.random.Generator) -> Clothing:
    if condition == "bg":
        return _carry_bag(traits, settings.bag, rng)
    if condition == "cl":
        return _wear_coat(traits, settings.coat, rng)
    return Clothing(traits)


def _carry_bag(traits: Traits, strength: float, rng: np.random.Generator) -> Clothing:
    """One arm holds the bag and hardly swings; the trunk leans against the load; the bag hides what is beside it."""
    side = rng.choice(list(SIDES))
    burdened = traits | {
        f"arm_{side}": traits[f"arm_{side}"] * (1 - 0.9 * min(strength, 1.0)),
        f"elbow_{side}": traits[f"elbow_{side}"] + strength * rng.uniform(5, 55),
        f"abduction_{side}": traits[f"abduction_{side}"] + strength * rng.uniform(2, 10),
        "lean": traits["lean"] + strength * rng.uniform(0, 6),
        "tilt": traits["tilt"] - strength * SIDES[side] * rng.uniform(1, 5),
        "hip_swing": traits["hip_swing"] * _factor(0.05 * strength, rng),
        "cadence": traits["cadence"] * _factor(0.03 * strength, rng),
    }
    beside = tuple(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip"))
    return Clothing(burdened, beside, 1 + 0.6 * strength)


def _wear_coat(traits: Traits, strength: float, rng: np.random.Generator) -> Clothing:
    """Stiff cloth: smaller movements, arms held off; hips and knees seem wider, lower and are hard to find."""
    stiff = traits | {
        "knee_swing": traits["knee_swing"] * np.exp(-strength * rng.uniform(0.10, 0.25)),
        "hip_swing": traits["hip_swing"] * np.exp(-strength * rng.uniform(0.02, 0.10)),
        "arm_swing": traits["arm_swing"] * np.exp(-strength * rng.uniform(0.10, 0.35)),
        "abduction": traits["abduction"] + strength * rng.uniform(2, 6),
    }
    widening, sagging = strength * rng.uniform(0.015, 0.045), strength * rng.uniform(-0.015, 0.05)
    return Clothing(stiff, _COAT_COVERS, 1 + 1.2 * strength, widening, sagging)


def _phase(frames: int, frequency: float, variation: float, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Gait cycles (T,) at each frame: a random start, and strides that take more or less time than the one before.

    frequency: strides a second. variation: coefficient of variation of the stride time.
    """
    time = np.arange(frames) / fps
    strides = 2 + int(1.5 * time[-1] * frequency)
    heel_strikes = np.concatenate([[0.0], np.cumsum(np.exp(variation * rng.standard_normal(strides)) / frequency)])
    return np.interp(rng.random() * heel_strikes[1] + time, heel_strikes, np.arange(strides + 1))


def _place(joints: np.ndarray, placement: float, rng: np.random.Generator) -> np.ndarray:
    """The walk on a path of its own: a heading a few degrees off, an offset along and across."""
    heading = np.deg2rad(1.5) * placement * _normal(rng)
    along, across = placement * rng.uniform(-1, 1, 2) * (0.1, 0.15)
    turn = np.array([[np.cos(heading), -np.sin(heading), 0], [np.sin(heading), np.cos(heading), 0], [0, 0, 1]])
    return joints @ turn.T + [along, across, 0]


def _see(
    worn: Clothing, phase: np.ndarray, joints: np.ndarray, settings: WalkerSettings, rng: np.random.Generator
) -> Walk:
    """Place the cameras so that the walker stays in the image, project, and estimate."""
    distance = 4.9 * (1 + 0.10 * settings.placement * rng.random())
    elevation = 0.95 + 0.04 * settings.placement * rng.uniform(-1, 1)
    cameras = Cameras(distance, elevation, settings.views, settings.width, settings.height)
    cameras = replace(cameras, distance=max(distance, least_distance(joints, cameras)))
    blur = np.ones(NUM_JOINTS)
    blur[[INDEX[name] for name in worn.covered]] = worn.blur
    estimator = Estimator(settings.noise, settings.outliers, settings.swaps, settings.missing, settings.short, blur)
    image = cameras.project(joints)
    keypoints = estimator.estimate(image, cameras, rng)
    detected = estimator.detected(len(settings.views), len(phase), rng)
    return Walk(worn.traits, phase, joints, image[..., :2], keypoints, detected)


# --- writing ---


def _sequences(subject: int, settings: WalkerSettings) -> Iterator[tuple[list[str], np.ndarray]]:
    """Image names and keypoints (detected frames, 51) of each sequence of a subject, in the order of their names."""
    for condition, count in WALKS.items():
        for sequence in range(1, count + 1):
            walked = walk(subject, condition, sequence, settings)
            for view, keypoints, detected in zip(settings.views, walked.keypoints, walked.detected, strict=True):
                name = SequenceKey(f"{subject:03d}", condition, sequence, view).name
                frames = np.flatnonzero(detected)
                yield [f"./{name}/{frame + 1:06d}.jpg" for frame in frames], keypoints[frames].reshape(-1, NUM_VALUES)


def _text_columns(subject: int, settings: WalkerSettings) -> list[pa.Array]:
    """The CSV's columns for one subject. Numbers become text by look-up: formatting each costs ten times more."""
    names, values = zip(*_sequences(subject, settings), strict=True)
    values = np.concatenate(values)
    pixel_text = _decimals(_COORDINATE_TEXT, max(settings.width, settings.height), 2)
    confidence_text = _decimals(_CONFIDENCE_TEXT, 1, 3)
    columns = [pa.array([name for some in names for name in some])]
    for index in range(NUM_VALUES):
        confidence = index % len(CHANNELS) == CHANNEL_INDEX["confidence"]
        text, steps = (confidence_text, _CONFIDENCE_TEXT) if confidence else (pixel_text, _COORDINATE_TEXT)
        columns.append(text.take(pa.array(np.rint(values[:, index] * steps).astype(np.int32))))
    return columns


def _decimals(steps: int, largest: int, digits: int) -> pa.Array:
    return pa.array([f"{step / steps:.{digits}f}" for step in range(largest * steps + 1)])
