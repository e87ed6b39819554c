"""Silhouettes of bodies drawn round skeletons: walkers without a download, and real walks of which joints are left.

A body is a head, a trunk and round limbs about the joints of a pose; a bag or a coat changes its outline. Its breadths
are fractions of the walker's height in the picture, and each subject has breadths of its own, so that a silhouette
shows a build as well as a movement. What a silhouette shows beyond its joints is therefore made up: a result on drawn
bodies says how systems learn from outlines, and nothing about how people look.

Source: breadths and depths of segments, rounded, from Winter, Biomechanics and Motor Control of Human Movement, 4th ed.
2009, fig. 4.1, and Drillis and Contini, Body segment parameters, 1966.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from gaitcore.keys import KEY_COLUMNS, SequenceKey
from gaitcore.modalities.keypoints.skeleton import INDEX
from gaitcore.modalities.keypoints.table import TABLE, PoseTable
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.silhouettes.pretreatment import aligned, is_dark
from gaitcore.modalities.silhouettes.progress import with_progress
from gaitcore.modalities.silhouettes.table import Walk
from gaitcore.modalities.silhouettes.walks import walk_of
from gaitcore.settings.data import Bodies

LABEL = "bodies drawn round skeletons"
PRETREATMENT = "cut and aligned as published (GaitSet)"

TALL = 104  # pixels of a drawn body from nose to ankles, about as in CASIA-B
_WIDTH, _HEIGHT = 136, 152  # pixels of the picture
_MIDDLE = np.array([68, 64])  # where the middle of the trunk lies in it

# Radii as fractions of the height from nose to ankles, at both ends of a limb.
_LIMBS = {
    ("shoulder", "elbow"): ("arm", 0.036, 0.028),
    ("elbow", "wrist"): ("arm", 0.028, 0.020),
    ("hip", "knee"): ("leg", 0.062, 0.042),
    ("knee", "ankle"): ("leg", 0.042, 0.026),
}
_HEAD, _NECK, _HAND, _FOOT = 0.080, 0.042, 0.024, 0.024
_SIDES_OF_TRUNK, _CHEST, _BELLY = 0.042, 0.086, 0.082
_TOES = 0.105  # from the ankle, where the walker is seen from the side
_SOLE = 0.035  # below the ankle
_BAG, _BAG_BEHIND, _BAG_BELOW = 0.085, 0.10, 0.02
_COAT, _SLEEVE, _HEM = 1.25, 1.45, 0.55  # factors on trunk and arms; how far down the thighs a coat goes
_GROUPS = ("head", "trunk", "arm", "leg")
_SPREAD_LIMIT = 2.0  # standard deviations


def draw_walks(table: PoseTable, settings: Bodies, report: DropReport) -> Iterator[Walk]:
    """The silhouettes of every sequence of a pose table, in its order.

    Args:
        table: the poses.
        settings: spread of builds, its seed, and which condition wears what.
        report: told of each frame in which no body can be drawn.
    """
    for row in with_progress(range(len(table.sequences))):
        sequence = table.sequences.iloc[row]
        key = SequenceKey(*(sequence[column] for column in KEY_COLUMNS))
        span = slice(table.offsets[row], table.offsets[row + 1])
        build, wears = build_of(key.subject, settings), settings.clothing.get(key.condition, "nothing")
        masks = drawn_bodies(table.keypoints[span], build, wears)
        drawn = {int(n): mask for n, mask in zip(table.frame[span], masks, strict=True) if mask is not None}
        for frame in sorted({*table.frame[span].tolist()} - drawn.keys()):
            report.add(Path(TABLE), "a shoulder, a hip or both legs are not seen", sequence=key.name, frame=frame)
        yield from walk_of(key, Path(TABLE), [*drawn], [*drawn.values()], table.info.source_digest, report)


def build_of(subject: str, settings: Bodies) -> dict[str, float]:
    """The factors on the breadths of a subject's head, trunk, arms and legs; the same for the same name and seed."""
    text = f"{settings.seed}/{subject}".encode()
    generator = np.random.default_rng(int.from_bytes(hashlib.sha256(text).digest()[:8], "big"))
    draws = generator.standard_normal(len(_GROUPS)).clip(-_SPREAD_LIMIT, _SPREAD_LIMIT)
    return {group: float(1 + settings.spread * draw) for group, draw in zip(_GROUPS, draws, strict=True)}


def drawn_bodies(keypoints: np.ndarray, build: Mapping[str, float], wears: str) -> list[np.ndarray | None]:
    """The aligned silhouettes of a sequence.

    Args:
        keypoints: (T, 17, 3) x, y and confidence; a joint of confidence 0 is not drawn.
        build: factors on breadths, see :func:`build_of`.
        wears: "nothing", "bag" or "coat".

    Returns:
        T masks (64, 64) uint8; None where shoulders, hips or both legs are missing.
    """
    seen = keypoints[..., 2] > 0
    points = keypoints[..., :2].astype(np.float64)
    tall = _heights(points, seen)
    facing = _facing(points, seen, tall)
    return [_drawn(points[t], seen[t], tall[t], facing, build, wears) for t in range(len(points))]


def _heights(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(T,) pixels from nose to ankles: a straight line over the sequence, since steps change it in between."""
    ankles = [INDEX["left_ankle"], INDEX["right_ankle"]]
    both = seen[:, INDEX["nose"]] & seen[:, ankles].any(axis=1)
    lowest = np.where(seen[:, ankles], points[:, ankles, 1], -np.inf).max(axis=1)
    tall = lowest - points[:, INDEX["nose"], 1]
    usable = both & (tall > 1)
    if not usable.any():
        return np.zeros(len(points))
    frames = np.arange(len(points))
    if usable.sum() < 3:
        return np.full(len(points), np.median(tall[usable]))
    line = np.polynomial.Polynomial.fit(frames[usable], tall[usable], 1)(frames)
    return np.clip(line, tall[usable].min(), tall[usable].max())


def _facing(points: np.ndarray, seen: np.ndarray, tall: np.ndarray) -> float:
    """Where the walker faces: 1 to the right of the picture, -1 to the left, 0 towards or away from the camera."""
    ears = [INDEX["left_ear"], INDEX["right_ear"]]
    usable = seen[:, INDEX["nose"]] & seen[:, ears].all(axis=1) & (tall > 0)
    if not usable.any():
        return 0.0
    ahead = points[usable, INDEX["nose"], 0] - points[usable][:, ears, 0].mean(axis=1)
    return float(np.clip(np.median(ahead / tall[usable]) / 0.05, -1, 1))


def _drawn(
    points: np.ndarray, seen: np.ndarray, tall: float, facing: float, build: Mapping[str, float], wears: str
) -> np.ndarray | None:
    trunk = [INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("shoulder", "hip")]
    legs = [[INDEX[f"{side}_{name}"] for name in ("hip", "knee", "ankle")] for side in ("left", "right")]
    if tall <= 0 or not seen[trunk].all() or not any(seen[leg].all() for leg in legs):
        return None
    middle = points[trunk].mean(axis=0)
    scaled = (points - middle) * (TALL / tall) + _MIDDLE
    image = Image.new("L", (_WIDTH, _HEIGHT))
    _Body(ImageDraw.Draw(image), scaled, seen, facing, build, wears).draw()
    mask = np.asarray(image)
    return None if is_dark(mask) else aligned(mask)


@dataclass(frozen=True, eq=False)
class _Body:
    """One body in one picture: joints (17, 2) in its pixels, ``TALL`` of which are the height from nose to ankles."""

    picture: ImageDraw.ImageDraw
    joints: np.ndarray
    seen: np.ndarray
    facing: float
    build: Mapping[str, float]
    wears: str

    def draw(self) -> None:
        """The whole body."""
        self.trunk()
        self.limbs()
        self.head()
        if self.wears == "bag":
            hips = self.middle("hip")
            behind = np.array([-self.facing * _BAG_BEHIND, _BAG_BELOW]) * TALL
            self.limb(hips + behind, hips + behind - np.array([0, 0.1 * TALL]), _BAG, _BAG)

    def trunk(self) -> None:
        """The trunk, and the coat over it and over the thighs."""
        wide = self.build["trunk"] * (_COAT if self.wears == "coat" else 1)
        shoulders, hips = self.middle("shoulder"), self.middle("hip")
        self.limb(shoulders + 0.12 * (hips - shoulders), hips, wide * _CHEST, wide * _BELLY)
        corners = [self.joint(side, name) for side, name in _AROUND_TRUNK]
        self.picture.polygon([tuple(corner) for corner in corners], fill=255)
        for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
            self.limb(start, end, wide * _SIDES_OF_TRUNK, wide * _SIDES_OF_TRUNK)
        if self.wears == "coat":
            for side in ("left", "right"):
                if self.has(side, "knee"):
                    hip, knee = self.joint(side, "hip"), self.joint(side, "knee")
                    self.limb(hips, hips + _HEM * (knee - hip), wide * _BELLY, wide * _BELLY)

    def limbs(self) -> None:
        """Arms and legs with hands and feet."""
        for side in ("left", "right"):
            for (start, end), (group, first, last) in _LIMBS.items():
                wide = self.build[group] * (_SLEEVE if self.wears == "coat" and group == "arm" else 1)
                if self.has(side, start) and self.has(side, end):
                    self.limb(self.joint(side, start), self.joint(side, end), wide * first, wide * last)
            if self.has(side, "wrist"):
                self.limb(self.joint(side, "wrist"), self.joint(side, "wrist"), _HAND, _HAND)
            if self.has(side, "ankle"):
                heel = self.joint(side, "ankle") + np.array([0, _SOLE * TALL / 2])
                toes = heel + np.array([self.facing * _TOES, _SOLE / 2]) * TALL
                self.limb(heel, toes, _FOOT, 0.8 * _FOOT)

    def head(self) -> None:
        """Head and neck, where a nose or an ear is seen."""
        ears = [self.joint(side, "ear") for side in ("left", "right") if self.has(side, "ear")]
        nose = self.joints[INDEX["nose"]] if self.seen[INDEX["nose"]] else None
        if not ears and nose is None:
            return
        radius = self.build["head"] * _HEAD
        centre = np.mean(ears, axis=0) if ears else nose - np.array([self.facing * _HEAD * TALL / 2, 0])
        crown = centre - np.array([0, 0.3 * radius * TALL])
        self.limb(crown, centre + np.array([0, 0.3 * radius * TALL]), radius, 0.8 * radius)
        self.limb(centre, self.middle("shoulder"), self.build["head"] * _NECK, self.build["head"] * _NECK)

    def has(self, side: str, name: str) -> bool:
        """Whether a joint is seen."""
        return bool(self.seen[INDEX[f"{side}_{name}"]])

    def joint(self, side: str, name: str) -> np.ndarray:
        """(2,) a joint."""
        return self.joints[INDEX[f"{side}_{name}"]]

    def middle(self, name: str) -> np.ndarray:
        """(2,) the point between a joint and its counterpart."""
        return (self.joint("left", name) + self.joint("right", name)) / 2

    def limb(self, start: np.ndarray, end: np.ndarray, first: float, last: float) -> None:
        """A round limb from one point to another, with the radius at each end as a fraction of the height."""
        first, last = first * TALL, last * TALL
        for (x, y), radius in ((start, first), (end, last)):
            self.picture.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        along = end - start
        length = float(np.hypot(*along))
        if length > 0:
            across = np.array([-along[1], along[0]]) / length
            corners = (start + first * across, end + last * across, end - last * across, start - first * across)
            self.picture.polygon([tuple(corner) for corner in corners], fill=255)


_AROUND_TRUNK = (("left", "shoulder"), ("right", "shoulder"), ("right", "hip"), ("left", "hip"))
