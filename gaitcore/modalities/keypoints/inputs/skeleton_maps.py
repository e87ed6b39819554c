"""SkeletonGait's maps: each frame as a picture of its limbs and one of its joints, drawn on the device."""

from typing import Any

import torch
from torch import Tensor

from gaitcore.modalities.keypoints.input import InputTransform
from gaitcore.modalities.keypoints.picked import picked
from gaitcore.modalities.keypoints.skeleton import INDEX
from gaitcore.settings.input import Input

TITLE = "maps of limbs and joints"
PICTURES = "skeleton maps"
UNIT = False  # the unit of the settings is not used

CANVAS = 128  # pixels a side, on which a frame is drawn
SIZE = 64  # pixels a side of the map
COLUMNS = slice(10, 54)  # of 64; the network takes 44
HEIGHT = 85  # pixels of the canvas from the highest to the lowest joint
SIGMA = 8  # pixels of the canvas
REACH = 3 * SIGMA
FAINT = 1e-3  # a joint of smaller confidence is not drawn
NEIGHBOURS = 4  # frames that a missing joint is filled from
AT_ONCE = 256  # frames; a value for each pixel of their canvases is 16 MB of float32
AT_ONCE_ON_A_GPU = 4096  # whose operations should be few and large
SMALLEST = 1e-3  # pixels; a frame whose joints all have one y would otherwise be divided by 0
HIPS = [INDEX["left_hip"], INDEX["right_hip"]]
LIMBS = (
    *((0, 1), (0, 2), (1, 3), (2, 4), (0, 5), (5, 7), (7, 9), (0, 6), (6, 8), (8, 10)),
    *((5, 11), (11, 13), (13, 15), (6, 12), (12, 14), (14, 16), (11, 12)),
)
JOINTS_ALONE = tuple((joint, joint) for joint in range(17))


class Transform(InputTransform):
    """(B, T, 17, 3 or 4) poses -> (B, T, 2, 64, 44) maps of limbs and of joints, from 0 to 1.

    Source: SkeletonGait, as OpenGait's pretreatment makes them: missing joints are filled from the most
    similar frames of the sequence; the middle of the hips is moved to the middle of the canvas, and the body scaled to
    a height of 85; a joint is a Gaussian times its confidence, a limb a Gaussian of the distance to it times the
    smaller confidence of its ends; the largest value counts, in 256 grey levels; each map is cut to its own content and
    brought to 64 x 64.
    """

    names = ("limbs", "joints")
    prepares_each_frame = False  # a missing joint is filled from other frames
    rounds = True  # the rows with content are whole pixels, and grey levels whole numbers

    @classmethod
    def of(cls, settings: Input, values: int, frame_width: int) -> "Transform":
        """The maps do not depend on the unit of the poses."""
        return cls()

    def prepared(self, keypoints: Tensor, lengths: Tensor) -> Tensor:
        """(N, 17, 3 or 4) -> the same with missing joints filled."""
        return torch.cat([filled(sequence) for sequence in keypoints.split(lengths.tolist())])

    def __call__(self, poses: Tensor) -> Tensor:
        """(B, T, 17, 3 or 4) pixels and confidence -> (B, T, 2, 64, 44)."""
        frames = poses.flatten(0, 1)
        number = AT_ONCE if frames.device.type == "cpu" else AT_ONCE_ON_A_GPU
        at_once = (frames,) if torch.compiler.is_exporting() else frames.split(number)  # a graph has no loop
        maps = torch.cat([skeleton_maps(normalised(some)) for some in at_once])
        return (maps[..., COLUMNS].float() / 255).unflatten(0, poses.shape[:2])

    def network_arguments(self) -> dict[str, Any]:
        """The number of maps, in place of joints and their channels."""
        return {"maps": len(self.names)}


def filled(poses: Tensor) -> Tensor:
    """A sequence whose missing coordinates, exactly 0, are means of those of its most similar frames.

    The four most similar frames count by the inverse of their distance, which is Euclidean over the coordinates that
    two frames have in common (scikit-learn's KNNImputer). A sequence with a coordinate that no frame has remains as it
    is.

    Args:
        poses: (T, 17, 3 or 4) pixels and confidence.
    """
    values = poses[..., :2].flatten(1).double()  # (T, 34)
    known = values != 0
    if known.all() or not known.any(dim=0).all():
        return poses
    lacking = (~known).any(dim=1).nonzero().flatten()
    distances = _distances(values, known, lacking)  # (frames that lack something, T)
    result = values.clone()
    for column in (~known).any(dim=0).nonzero().flatten().tolist():
        frames = ~known[lacking, column]
        donors = known[:, column].nonzero().flatten()
        nearest, which = distances[frames][:, donors].sort(dim=1, stable=True)
        weights = 1 / nearest[:, :NEIGHBOURS]
        same = weights.isinf()
        weights = torch.where(same.any(dim=1, keepdim=True), same.double(), weights)
        given = values[donors, column][which[:, :NEIGHBOURS]]
        mean = (weights * given).sum(dim=1) / weights.sum(dim=1)
        result[lacking[frames], column] = torch.where(mean.isnan(), values[donors, column].mean(), mean)
    xy = result.to(poses.dtype).unflatten(1, (-1, 2))
    return torch.cat([xy, poses[..., 2:]], dim=-1)


def _distances(values: Tensor, known: Tensor, rows: Tensor) -> Tensor:
    """(rows, T): the distances of some frames from all, scaled to all coordinates; infinite without a common one."""
    mask = known.double()
    common = mask[rows] @ mask.T
    squares = values[rows] ** 2 @ mask.T - 2 * values[rows] @ values.T + mask[rows] @ (values**2).T
    scaled = squares.clamp(min=0) * values.shape[1] / common.clamp(min=1)
    return torch.where(common > 0, scaled.sqrt(), torch.inf)


def normalised(poses: Tensor) -> Tensor:
    """(N, 17, 3 or 4) pixels -> (N, 17, 3) pixels of the canvas: the hips in its middle, the body 85 high."""
    xy, confidence = poses[..., :2], poses[..., 2:3]
    height = xy[..., 1].amax(dim=-1) - xy[..., 1].amin(dim=-1)
    centred = xy - picked(xy, HIPS, dim=1).mean(dim=1, keepdim=True)
    scale = HEIGHT / height.clamp(min=SMALLEST)
    return torch.cat([centred * scale[:, None, None] + CANVAS // 2, confidence], dim=-1)


def skeleton_maps(poses: Tensor) -> Tensor:
    """(N, 17, 3) pixels of the canvas and confidence -> (N, 2, 64, 64), limbs and joints, whole numbers to 255."""
    drawn = torch.stack([drawing(poses, LIMBS), drawing(poses, JOINTS_ALONE)], dim=1)  # (N, 2, 128, 128)
    # Of matplotlib's colour map, whose product with 255 is cut off: 33 of 255 becomes 32.
    levels = ((drawn * 256).long().clamp(max=255).double() * (1 / 255) * 255).trunc()
    return _filling_the_picture(levels.flatten(0, 1)).unflatten(0, (-1, 2))


def drawing(poses: Tensor, lines: tuple[tuple[int, int], ...]) -> Tensor:
    """(N, 128, 128): the largest of the Gaussians around some lines between joints, from 0 to 1."""
    canvas = poses.new_zeros(poses.shape[0], CANVAS, CANVAS)
    for some in (lines,) if torch.compiler.is_exporting() else zip(lines, strict=True):
        start, end = (picked(poses, joints, dim=1).flatten(0, 1) for joints in zip(*some, strict=True))
        confidence = torch.minimum(start[:, 2], end[:, 2])
        around = _around(start[:, :2], end[:, :2], confidence).unflatten(0, (-1, len(some)))
        canvas = torch.maximum(canvas, around.amax(dim=1))
    return canvas


def _around(start: Tensor, end: Tensor, confidence: Tensor) -> Tensor:
    """(N, 128, 128): a Gaussian of the distance to the line from start to end (N, 2), cut off around it."""
    pixels = torch.arange(CANVAS, dtype=start.dtype, device=start.device)
    lowest = (torch.minimum(start, end) - REACH).trunc()
    highest = (torch.maximum(start, end) + REACH).trunc()
    near = (pixels >= lowest[..., None]) & (pixels <= highest[..., None])  # (N, 2, 128)
    along_x, along_y = (end - start).T[..., None, None]  # (N, 1, 1) each
    x = pixels - start[:, 0, None, None]  # (N, 1, 128)
    y = pixels[:, None] - start[:, 1, None, None]  # (N, 128, 1)
    length = (along_x**2 + along_y**2).clamp(min=1e-12)
    share = ((x * along_x + y * along_y) / length).clamp(0, 1)  # of the line, at the point nearest to a pixel
    distance = (x - share * along_x) ** 2 + (y - share * along_y) ** 2
    confidence = torch.where(confidence < FAINT, 0, confidence)[:, None, None]
    return torch.exp(-distance / (2 * SIGMA**2)) * confidence * near[:, 0, None] * near[:, 1, :, None]


def _filling_the_picture(levels: Tensor) -> Tensor:
    """(N, 128, 128) grey levels -> (N, 64, 64): the rows with content, as many columns, by the mean over areas.

    Computed like OpenCV's, value by value in this order, in float64: the result is cut off to a whole number.
    """
    rows = levels.amax(dim=2) > 0  # (N, 128)
    rows = rows | ~rows.any(dim=1, keepdim=True)  # an empty map is taken whole
    top = rows.int().argmax(dim=1)
    height = CANVAS - rows.flip(1).int().argmax(dim=1) - top
    left = CANVAS // 2 - height // 2
    right = (CANVAS // 2 + height // 2 + 1).clamp(max=CANVAS)
    picture, values = levels.new_zeros(levels.shape[0], SIZE, SIZE), levels / 255
    number = torch.arange(levels.shape[0], device=levels.device)[:, None, None]
    columns = list(_shares(left, right - left))
    for row, row_share in _shares(top, height):
        for column, column_share in columns:
            share = row_share[:, :, None] * column_share[:, None]
            picture = picture + share * values[number, row[:, :, None], column[:, None]]
    return (picture * 255).trunc()


def _shares(first: Tensor, size: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The up to three pixels of an axis that a pixel of the map is the mean of, and their shares: (N, 64) each."""
    step = size.double() / SIZE
    start = first[:, None] + step[:, None] * torch.arange(SIZE, device=first.device)
    end = start + step[:, None]
    taps = []
    for tap in range(3):
        pixel = start.floor() + tap
        overlap = torch.minimum(end, pixel + 1) - torch.maximum(start, pixel)
        taps.append((pixel.long().clamp(max=CANVAS - 1), overlap.clamp(min=0) / step[:, None]))
    return taps
