"""GPGait's features: poses of one size and place; position, bone and angle of each joint."""

import math

import torch
from torch import Tensor

from gaitcore.modalities.keypoints.input import InputTransform
from gaitcore.modalities.keypoints.picked import picked
from gaitcore.modalities.keypoints.skeleton import INDEX, JOINTS, TOWARDS_HEAD
from gaitcore.settings.input import Input

TITLE = "position, bone and angle of each joint, of people of one size"
UNIT = False  # the unit of the settings is not used

HEIGHT = 225  # units from the highest to the lowest joint
NECK = [INDEX["left_shoulder"], INDEX["right_shoulder"]]
SMALLEST = 1e-3  # pixels; a frame whose joints all have one y would otherwise be divided by 0

# Of each joint the two whose directions enclose its angle; None for the point with the joint's x and the other's y.
SIDES: dict[str, tuple[str, str | None]] = {
    "nose": ("left_eye", "right_eye"),
    "left_eye": ("nose", "left_ear"),
    "right_eye": ("right_ear", "nose"),
    "left_ear": ("left_eye", None),
    "right_ear": ("right_eye", None),
    "left_shoulder": ("left_elbow", "left_hip"),
    "right_shoulder": ("right_elbow", "right_hip"),
    "left_elbow": ("left_shoulder", "left_wrist"),
    "right_elbow": ("right_wrist", "right_shoulder"),
    "left_wrist": ("left_elbow", None),
    "right_wrist": ("right_elbow", None),
    "left_hip": ("left_shoulder", "left_knee"),
    "right_hip": ("right_shoulder", "right_knee"),
    "left_knee": ("left_hip", "left_ankle"),
    "right_knee": ("right_hip", "right_ankle"),
    "left_ankle": ("left_knee", None),
    "right_ankle": ("right_knee", None),
}
FIRST = [INDEX[SIDES[joint][0]] for joint in JOINTS]
SECOND = [None if other is None else INDEX[other] for other in (SIDES[joint][1] for joint in JOINTS)]


class Transform(InputTransform):
    """x and y, the bone's x and y, the angle, and a channel of zeros.

    Source: GPGait's human-oriented transformation and descriptor, as FastPoseGait computes them for CASIA-B: each frame
    is scaled to a height of 225 units and moved so that the middle of the shoulders is at 0, without the paper's
    rotation. This is done before augmentation, whose noise therefore is in these units. An angle is pi minus the one
    that two neighbours enclose, pi where one of them is at the joint itself. The confidence is not used.
    """

    names = ("x", "y", "bone_x", "bone_y", "angle", "zero")
    frame_width = 320  # so that a pixel of augmentation is a unit

    @classmethod
    def of(cls, settings: Input, values: int, frame_width: int) -> "Transform":
        """The features do not depend on the unit of the poses."""
        return cls()

    def prepared(self, keypoints: Tensor, lengths: Tensor) -> Tensor:
        """(N, 17, 3 or 4) pixels and confidence -> the same with x and y in units."""
        xy, others = keypoints[..., :2], keypoints[..., 2:]
        height = xy[..., 1].amax(dim=-1) - xy[..., 1].amin(dim=-1)  # (N,)
        xy = xy * (HEIGHT / height.clamp(min=SMALLEST))[:, None, None]
        return torch.cat([xy - xy[:, NECK].mean(dim=1, keepdim=True), others], dim=-1)

    def __call__(self, poses: Tensor) -> Tensor:
        """(B, T, 17, 3 or 4) units and confidence -> (B, T, 17, 6)."""
        xy = poses[..., :2]
        angle = _angles(xy)[..., None]
        return torch.cat([xy, xy - picked(xy, TOWARDS_HEAD, dim=-2), angle, torch.zeros_like(angle)], dim=-1)


def _angles(xy: Tensor) -> Tensor:
    """(..., 17, 2) -> (..., 17), by the law of cosines."""
    first = picked(xy, FIRST, dim=-2)
    upright = torch.stack([xy[..., 0], first[..., 1]], dim=-1)
    ends = (upright[..., own, :] if other is None else xy[..., other, :] for own, other in enumerate(SECOND))
    second = torch.stack([*ends], dim=-2)
    a, b, opposite = ((p - q).norm(dim=-1) for p, q in ((xy, first), (xy, second), (first, second)))
    product = 2 * a * b
    cosine = (a**2 + b**2 - opposite**2) / torch.where(product == 0, 1, product)
    return torch.where(product == 0, math.pi, math.pi - cosine.clamp(-1, 1).acos())
