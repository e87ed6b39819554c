"""A skeleton in its camera frame: joints are darker with higher confidence, and the left side has thick lines."""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.patches import Rectangle

from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX, JOINTS, LINKS
from gaitcore.modalities.keypoints.table import PoseInfo

# Viridis is perceptually uniform and safe for the colour-blind. It is reversed, and without its lightest end, which is
# invisible on white.
CONFIDENCE = ListedColormap(matplotlib.colormaps["viridis_r"](np.linspace(0.06, 1, 64)), name="confidence")
# For figures with a layout of their own. With the engine "none", Matplotlib would apply the style's engine as soon as
# the first file is written.
BY_HAND = PlaceHolderLayoutEngine(adjust_compatible=True, colorbar_gridspec=False)
BORDER = "#999999"
THICK, THIN, JOINT = 2.5, 1.0, 2.8  # lines of the left side, other lines, dots of joints; relative to the finest line
MARGIN = 0.04  # around the camera frame, relative to its sides; points beyond it are not visible


def confidence_scale(keypoints: np.ndarray) -> Normalize:
    """The range 0 to 1, widened to include the confidences of ``keypoints`` (N, 17, 3)."""
    confidence = keypoints[..., CHANNEL_INDEX["confidence"]]
    return Normalize(min(0.0, float(confidence.min(initial=0))), max(1.0, float(confidence.max(initial=1))))


def outside(keypoints: np.ndarray, info: PoseInfo) -> np.ndarray:
    """(..., 17) bool: which of the points (..., 17, 3), in pixels, are outside the camera frame."""
    x, y = keypoints[..., 0], keypoints[..., 1]
    return (x < 0) | (x > info.frame_width) | (y < 0) | (y > info.frame_height)


def draw_frame(axes: Axes, info: PoseInfo) -> None:
    """The camera frame as a border, x to the right and y downwards in pixels; a margin around it is visible."""
    width, height = info.frame_width, info.frame_height
    axes.set_xlim(-MARGIN * width, (1 + MARGIN) * width)
    axes.set_ylim((1 + MARGIN) * height, -MARGIN * height)
    axes.set_axis_off()
    axes.add_patch(Rectangle((0, 0), width, height, facecolor="none", edgecolor=BORDER, linewidth=0.5))


def draw_skeleton(axes: Axes, keypoints: np.ndarray, line: float, scale: Normalize) -> list[Collection]:
    """Draw links and joints of one frame (17, 3) and return their artists.

    A link has the lower confidence of its two joints. ``line`` is the width of the finest line in points.
    """
    order = np.argsort(keypoints[:, 2], kind="stable")  # joints of high confidence are on top
    return [
        axes.add_collection(
            LineCollection(
                list(keypoints[LINKS, :2]),
                linewidths=line * _widths(),
                array=keypoints[LINKS, 2].min(axis=1),
                cmap=CONFIDENCE,
                norm=scale,
                capstyle="round",
                zorder=3,
            )
        ),
        axes.scatter(
            keypoints[order, 0],
            keypoints[order, 1],
            s=(line * JOINT) ** 2,
            c=keypoints[order, 2],
            cmap=CONFIDENCE,
            norm=scale,
            linewidths=0,
            zorder=4,
        ),
    ]


def draw_shadow(axes: Axes, keypoints: np.ndarray, line: float, colour: str) -> None:
    """Draw the links of one frame (17, 3) in one colour, below the skeletons."""
    axes.add_collection(LineCollection(list(keypoints[LINKS, :2]), linewidths=line * THIN, colors=colour, zorder=1))


def _widths() -> np.ndarray:
    """(18,) the relative width of each link, thick where both of its joints are on the left side."""
    return np.array([THICK if all(JOINTS[joint].startswith("left") for joint in link) else THIN for link in LINKS])
