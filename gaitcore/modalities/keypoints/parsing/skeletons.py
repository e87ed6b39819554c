"""Other skeletons, and which of their points are the 17 of COCO.

OpenPose's models BODY_25 and COCO-18: Cao et al., TPAMI 2019; OUMVLP-Pose (An et al., TBIOM 2020) has COCO-18.
Halpe: Fang et al., AlphaPose, TPAMI 2022. COCO-WholeBody: Jin et al., ECCV 2020.
"""

from typing import NamedTuple

from gaitcore.modalities.keypoints.skeleton import NUM_JOINTS


class Skeleton(NamedTuple):
    """A skeleton's name, the number of its points, and its points that are COCO's 17, in COCO's order."""

    name: str
    points: int
    coco: tuple[int, ...]


_FIRST = tuple(range(NUM_JOINTS))

COCO_17 = Skeleton("COCO-17", NUM_JOINTS, _FIRST)
COCO_18 = Skeleton("COCO-18", 18, (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10))
BODY_25 = Skeleton("BODY_25", 25, (0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11))
COCO_FIRST = (
    Skeleton("Halpe-26", 26, _FIRST),
    Skeleton("COCO-WholeBody", 133, _FIRST),
    Skeleton("Halpe-136", 136, _FIRST),
)


def by_points(*skeletons: Skeleton) -> dict[int, Skeleton]:
    """The skeletons that a format has, by their number of points."""
    return {skeleton.points: skeleton for skeleton in skeletons}
