"""Eleven virtual cameras around a walking path, and a simulated pose estimator with its errors.

The cameras stand on a half circle, as in CASIA-B (Yu et al., ICPR 2006): view 0 is walked toward, 90 sees the
left side, 180 sees the back. They are pinhole cameras with a level optical axis. World axes, in metres: x along
the path, y to the walker's left, z up; the origin is on the floor in the middle of the path.

The estimator's errors follow those reported for top-down networks: errors grow from the trunk to the
extremities (the per-keypoint spreads of Lin et al., ECCV 2014, OKS) and with the person's size in the image; hidden
joints are guessed; in profile the legs are confused (Ronchi and Perona, "Benchmarking and error diagnosis in
multi-instance pose estimation", ICCV 2017: jitter, swap, miss); confidence falls as the error rises.
"""

from dataclasses import dataclass

import numpy as np

from gaitcore.modalities.keypoints.skeleton import BODY_PARTS, INDEX, JOINTS, LEFT_RIGHT

VIEWS: tuple[int, ...] = tuple(range(0, 181, 18))  # degrees

FOCAL = 1.0  # focal length as a fraction of the image's width: a field of view of 53 degrees
MARGIN = 6.0 / 320  # of the width, kept free at each edge for the estimator's errors
REFERENCE_HEIGHT = 1.7 / 110  # metres to a pixel where the error spreads below hold: a person 110 pixels tall

# Pixels, at that size. Ratios after the OKS spreads: eyes and nose lowest, hips highest on the trunk; wrists and
# ankles get more because they move fastest and blur.
_ERROR_OF = {"nose": 0.7, "eye": 0.6, "ear": 0.8, "shoulder": 1.1, "elbow": 1.3, "wrist": 1.9, "hip": 1.4, "knee": 1.3}
ERROR_PIXELS = np.array([_ERROR_OF.get(name.split("_")[-1], 1.7) for name in JOINTS])  # ankles: 1.7

SYSTEMATIC = 0.4  # part of the error that stays the same for a whole sequence: light, clothes, the network's bias
HIDDEN_ERROR = 1.5  # a joint on the far side has (1 + this) times the error
OUTLIER_PIXELS = 14.0  # at the reference size
CONFIDENCE_FALL = 8.0  # pixels of error, at the reference size, over which confidence falls to 1/e
HIDDEN_CONFIDENCE = 0.2
CUT_OFF = (0.4, 0.6)  # the part of a sequence after which a person may be lost for good

_LEGS = np.array([pair for pair in LEFT_RIGHT if pair[0] in BODY_PARTS["left_leg"]]).T  # (2, 3): left, right


@dataclass(frozen=True)
class Cameras:
    """Where the cameras stand and what they record; one set-up for all views of a walk.

    distance: from the middle of the path, metres. elevation: of the lenses above the floor, metres.
    views: degrees. width, height: of the image, pixels.
    """

    distance: float
    elevation: float
    views: tuple[int, ...] = VIEWS
    width: int = 320
    height: int = 240

    def project(self, joints: np.ndarray) -> np.ndarray:
        """Image of world points: (T, J, 3) metres -> (V, T, J, 3): x, y in pixels, depth in metres."""
        right, up, toward = _camera_axes(joints, self.views, self.elevation)
        depth = self.distance - toward
        pixels_per_metre = FOCAL * self.width / depth
        x = self.width / 2 + right * pixels_per_metre
        y = self.height / 2 - up * pixels_per_metre
        return np.stack([x, y, depth], axis=-1)


def least_distance(joints: np.ndarray, cameras: Cameras) -> float:
    """How far away, in metres, the cameras must stand to keep all points (T, J, 3) in the image in every view."""
    right, up, toward = _camera_axes(joints, cameras.views, cameras.elevation)
    focal, margin = FOCAL * cameras.width, MARGIN * cameras.width
    for_width = np.abs(right) * focal / (cameras.width / 2 - margin) + toward
    for_height = np.abs(up) * focal / (cameras.height / 2 - margin) + toward
    return float(max(for_width.max(), for_height.max()))


def _camera_axes(joints: np.ndarray, views: tuple[int, ...], elevation: float) -> tuple[np.ndarray, ...]:
    """World points seen from each view: to the right, upward and toward the camera, (V, T, J) each, metres."""
    angle = np.deg2rad(views)[:, None, None]
    x, y, z = np.moveaxis(joints, -1, 0)
    right = y * np.cos(angle) - x * np.sin(angle)
    toward = x * np.cos(angle) + y * np.sin(angle)
    return right, np.broadcast_to(z - elevation, right.shape), toward


@dataclass(frozen=True)
class Estimator:
    """The errors of the pose estimator.

    noise: factor on every error spread. outliers: fraction of the joints thrown far off. swaps: fraction of the
    frames, in profile, with the legs exchanged. missing: fraction of the frames without a person found.
    short: fraction of the sequences in which the person is lost for good. blur: (J,) factors on the error spread.
    """

    noise: float
    outliers: float
    swaps: float
    missing: float
    short: float
    blur: np.ndarray

    def estimate(self, image: np.ndarray, cameras: Cameras, rng: np.random.Generator) -> np.ndarray:
        """Keypoints (V, T, J, 3), x, y in pixels and confidence in 0..1, for an image (V, T, J, 3) of ``project``."""
        hidden = _hidden(cameras.views)[:, None, :]
        scale = FOCAL * cameras.width / image[..., 2].mean(axis=2)[:, :, None] * REFERENCE_HEIGHT  # (V, T, 1)
        spread = self.noise * self.blur * ERROR_PIXELS * scale * (1 + HIDDEN_ERROR * hidden)
        error = spread[..., None] * _jitter(image.shape, rng)
        error += _outliers(self.outliers, image.shape, rng) * OUTLIER_PIXELS * scale[..., None]
        confidence = 0.96 * np.exp(-np.linalg.norm(error, axis=-1) / (CONFIDENCE_FALL * scale))
        confidence += rng.normal(0, 0.03, confidence.shape) - HIDDEN_CONFIDENCE * hidden
        keypoints = np.concatenate([image[..., :2] + error, confidence[..., None]], axis=-1)
        self._swap_legs(keypoints, cameras.views, rng)
        return np.clip(keypoints, [0, 0, 0.02], [cameras.width - 1, cameras.height - 1, 1])

    def _swap_legs(self, keypoints: np.ndarray, views: tuple[int, ...], rng: np.random.Generator) -> None:
        profile = np.sin(np.deg2rad(views)) ** 4  # only where one leg hides the other
        swapped = _bursts(self.swaps * profile[:, None], keypoints.shape[:2], rng)
        left, right = _LEGS
        both, exchanged = np.concatenate([left, right]), np.concatenate([right, left])
        keypoints[..., both, :] = np.where(
            swapped[..., None, None], keypoints[..., exchanged, :], keypoints[..., both, :]
        )

    def detected(self, views: int, frames: int, rng: np.random.Generator) -> np.ndarray:
        """(V, T) bool, the frames in which the person is detected; the first zero to three are always lost."""
        frame = np.arange(frames)
        noticed = rng.integers(0, 4, views)[:, None]
        cut = frames * rng.uniform(*CUT_OFF, views)
        lost = np.where(rng.random(views) < self.short, cut, frames)[:, None]
        missed = _bursts(self.missing, (views, frames), rng)
        return (frame >= noticed) & (frame < lost) & ~missed


def _hidden(views: tuple[int, ...]) -> np.ndarray:
    """How far each joint is turned away from the camera: (V, J), 0 (facing it) to 1 (behind the body)."""
    outward = np.zeros((len(JOINTS), 2))  # ahead, to the left
    for left, right in LEFT_RIGHT:
        outward[left], outward[right] = (0, 1), (0, -1)
    outward[[INDEX["nose"], INDEX["left_eye"], INDEX["right_eye"]]] = (1, 0)
    angle = np.deg2rad(views)
    return np.clip(-np.stack([np.cos(angle), np.sin(angle)], axis=1) @ outward.T, 0, 1)


def _jitter(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Errors (V, T, J, 2) of unit variance: one part constant in time, one correlated between neighbouring frames."""
    views, frames, joints, _ = shape
    constant = rng.standard_normal((views, 1, joints, 2))
    white = rng.standard_normal((views, frames + 1, joints, 2))
    moving = 0.8 * white[:, 1:] + 0.6 * white[:, :-1]
    return SYSTEMATIC * constant + np.sqrt(1 - SYSTEMATIC**2) * moving


def _outliers(rate: float, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    thrown = rng.random((*shape[:3], 1)) < rate
    return thrown * rng.standard_normal((*shape[:3], 2))


def _bursts(rate: float | np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """True in about ``rate`` of the frames, in runs of one to three frames (two on average): (V, T) bool."""
    starts = rng.random(shape) < np.asarray(rate) / 2
    length = rng.integers(1, 4, shape)
    bursts = starts.copy()
    for later in (1, 2):
        bursts[:, later:] |= (starts & (length > later))[:, :-later]
    return bursts
