"""The COCO-17 skeleton: joint order, links, left/right pairs and body parts.

Source: COCO keypoint annotation (Lin et al., ECCV 2014); the 18 natural links are those of GaitGraph
(Teepe et al., ICIP 2021).
"""

JOINTS: tuple[str, ...] = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)

NUM_JOINTS = len(JOINTS)
CHANNELS: tuple[str, ...] = ("x", "y", "confidence")  # pixels, pixels, the estimator's confidence
DEPTH = "z"  # pixels; the last channel, where an estimator estimates it
CHANNEL_INDEX: dict[str, int] = {name: index for index, name in enumerate((*CHANNELS, DEPTH))}
NUM_VALUES = NUM_JOINTS * len(CHANNELS)  # 51 numbers a frame

INDEX: dict[str, int] = {name: index for index, name in enumerate(JOINTS)}


def _pairs(*names: tuple[str, str]) -> tuple[tuple[int, int], ...]:
    return tuple((INDEX[a], INDEX[b]) for a, b in names)


LINKS = _pairs(
    ("nose", "left_eye"),
    ("nose", "right_eye"),
    ("left_eye", "left_ear"),
    ("right_eye", "right_ear"),
    ("left_ear", "left_shoulder"),
    ("right_ear", "right_shoulder"),
    ("left_shoulder", "right_shoulder"),
    ("left_shoulder", "left_elbow"),
    ("right_shoulder", "right_elbow"),
    ("left_elbow", "left_wrist"),
    ("right_elbow", "right_wrist"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
    ("left_hip", "right_hip"),
    ("left_hip", "left_knee"),
    ("right_hip", "right_knee"),
    ("left_knee", "left_ankle"),
    ("right_knee", "right_ankle"),
)

LEFT_RIGHT = tuple((INDEX[name], INDEX[name.replace("left", "right")]) for name in JOINTS if name.startswith("left"))

# For each joint its counterpart on the other side; the nose maps to itself.
_OPPOSITE = {**dict(LEFT_RIGHT), **{right: left for left, right in LEFT_RIGHT}}
OTHER_SIDE: tuple[int, ...] = tuple(_OPPOSITE.get(joint, joint) for joint in range(NUM_JOINTS))

# For each joint the one next to it on the way to the head, where its bone begins; that of the nose is the left shoulder
# (GaitTR, published code).
TOWARDS_HEAD: tuple[int, ...] = (5, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 5, 6, 11, 12, 13, 14)

BODY_PARTS: dict[str, tuple[int, ...]] = {
    "head": tuple(INDEX[n] for n in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")),
    "left_arm": tuple(INDEX[n] for n in ("left_shoulder", "left_elbow", "left_wrist")),
    "right_arm": tuple(INDEX[n] for n in ("right_shoulder", "right_elbow", "right_wrist")),
    "left_leg": tuple(INDEX[n] for n in ("left_hip", "left_knee", "left_ankle")),
    "right_leg": tuple(INDEX[n] for n in ("right_hip", "right_knee", "right_ankle")),
}
