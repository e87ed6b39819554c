"""A skeleton in its camera frame: the surer a joint, the darker, and thick on the left side, in every picture."""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.patches import Rectangle

from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX, JOINTS, LINKS
from gaitcore.modalities.keypoints.table import PoseInfo

# Viridis is perceptually uniform and told apart by the colour-blind. It is turned round and lacks its lightest end,
# which would not be seen on white.
CONFIDENCE = ListedColormap(matplotlib.colormaps["viridis_r"](np.linspace(0.06, 1, 64)), name="confidence")
# For figures that place everything themselves. No engine at all ("none") would become the style's own as soon as a
# first file is written.
BY_HAND = PlaceHolderLayoutEngine(adjust_compatible=True, colorbar_gridspec=False)
BORDER = "#999999"
THICK, THIN, JOINT = 2.5, 1.0, 2.8  # the left side's lines, others, a joint's dot; in widths of a drawing's finest line
MARGIN = 0.04  # of the frame's sides, around it: what lies a little outside is seen, what lies far outside is not


def confidence_scale(keypoints: np.ndarray) -> Normalize:
    """From 0 to 1, or as far as the confidences of ``keypoints`` (N, 17, 3) go beyond."""
    confidence = keypoints[..., CHANNEL_INDEX["confidence"]]
    return Normalize(min(0.0, float(confidence.min(initial=0))), max(1.0, float(confidence.max(initial=1))))


def outside(keypoints: np.ndarray, info: PoseInfo) -> np.ndarray:
    """(..., 17) bool: which of the points (..., 17, 3), in pixels, lie outside the camera frame."""
    x, y = keypoints[..., 0], keypoints[..., 1]
    return (x < 0) | (x > info.frame_width) | (y < 0) | (y > info.frame_height)


def draw_frame(axes: Axes, info: PoseInfo) -> None:
    """The camera frame as a border, x to the right and y downwards in pixels; nothing is drawn beyond its margin."""
    width, height = info.frame_width, info.frame_height
    axes.set_xlim(-MARGIN * width, (1 + MARGIN) * width)
    axes.set_ylim((1 + MARGIN) * height, -MARGIN * height)
    axes.set_axis_off()
    axes.add_patch(Rectangle((0, 0), width, height, facecolor="none", edgecolor=BORDER, linewidth=0.5))


def draw_skeleton(axes: Axes, keypoints: np.ndarray, line: float, scale: Normalize) -> list[Collection]:
    """The links, as sure as the less sure of their two joints, and the joints, of one frame (17, 3).

    ``line`` is the finest line's width in points. The artists drawn are returned.
    """
    order = np.argsort(keypoints[:, 2], kind="stable")  # a sure joint is not hidden below an unsure one
    return [
        axes.add_collection(
            LineCollection(
                keypoints[LINKS, :2],
                linewidths=line * _widths(),
                array=keypoints[LINKS, 2].min(axis=1),
                cmap=CONFIDENCE,
                norm=scale,
                capstyle="round",
                zorder=3,
            )
        ),
        axes.scatter(
            *keypoints[order, :2].T,
            s=(line * JOINT) ** 2,
            c=keypoints[order, 2],
            cmap=CONFIDENCE,
            norm=scale,
            linewidths=0,
            zorder=4,
        ),
    ]


def draw_shadow(axes: Axes, keypoints: np.ndarray, line: float, colour: str) -> None:
    """The links of one frame (17, 3) in one colour, below the skeletons."""
    axes.add_collection(LineCollection(keypoints[LINKS, :2], linewidths=line * THIN, colors=colour, zorder=1))


def _widths() -> np.ndarray:
    """(18,) of each link: thick where both of its joints are the left side's."""
    return np.array([THICK if all(JOINTS[joint].startswith("left") for joint in link) else THIN for link in LINKS])
