"""The walker's masks on the frames, with the silhouettes made of them below, to check them by eye.

A silhouette table has no masks of whole frames, so those that are shown are made again, by the same network from the
same frames and poses.
"""

from pathlib import Path

import numpy as np

from gaitcore.keys import sequence_names
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.modalities.keypoints.video.decoding import Decoder, UnusableVideo
from gaitcore.modalities.keypoints.video.overlay import (
    CAPTION_HEIGHT,
    PICTURES,
    STRIP_HEIGHT,
    captioned,
    resized,
    sequence_poses,
    spread,
    write_png,
)
from gaitcore.modalities.silhouettes.pretreatment import SIZE
from gaitcore.modalities.silhouettes.table import list_sequences, read_blocks
from gaitcore.modalities.silhouettes.video.masks import walker_mask
from gaitcore.modalities.silhouettes.video.segmenters import make_segmenter
from gaitcore.settings.data import Segmenter as Settings

COLOUR = np.array([0, 255, 0])  # red, green, blue of the walker, half and half with the frame
_SCALE = 2  # of a silhouette


def draw_masks(video: Path, poses: Path, silhouettes: Path, sequence: str, settings: Settings, *, strip: Path) -> None:
    """Draw one sequence's masks on the video they were made from.

    Args:
        video: the source.
        poses: the pose table.
        silhouettes: the silhouette table; where it lacks the sequence, frames are shown without masks.
        sequence: its name, e.g. 001-nm-01-090.
        settings: of the network that made the silhouettes.
        strip: PNG to write: eight frames evenly spread over those with a silhouette, and the silhouettes below. Its
            caption counts the frames with a silhouette and with a pose and names those shown. For a source that cannot
            be read, a line with the reason.
    """
    table = PoseTable.read(poses)
    info, by_frame, stored = table.info, sequence_poses(table, sequence), _stored(silhouettes, sequence)
    segmenter, shown = make_segmenter(settings), spread(sorted(stored))
    caption = f"{sequence}: {len(stored)} frames with a silhouette, {len(by_frame)} with a pose"
    caption += f"; here {', '.join(map(str, shown))}" if shown else ""
    pictures: list[np.ndarray] = []
    try:
        for number, image in Decoder(video, info.frame_width, info.frame_height, info.fps).frames():
            if number in shown or (not shown and len(pictures) < PICTURES):
                mask = (
                    walker_mask(image, by_frame[number], segmenter, settings.threshold) if number in by_frame else None
                )
                pictures.append(_above(resized(_tinted(image, mask), STRIP_HEIGHT), stored.get(number)))
    except UnusableVideo as error:
        caption = f"{sequence}: {error}"
    if not pictures:
        pictures = [np.zeros((CAPTION_HEIGHT, PICTURES * STRIP_HEIGHT, 3), np.uint8)]
    write_png(strip, captioned(np.concatenate(pictures, axis=1), caption))


def _stored(silhouettes: Path, sequence: str) -> dict[int, np.ndarray]:
    """frame -> silhouette (64, 64) of one sequence."""
    keep = np.array([name == sequence for name in sequence_names(list_sequences(silhouettes))], bool)
    return {
        frame: mask
        for block in read_blocks(silhouettes, keep)
        for frame, mask in zip(block.frame.tolist(), block.masks, strict=True)
    }


def _tinted(image: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    if mask is None:
        return image
    return np.where(mask[..., None] > 0, (image + COLOUR) // 2, image).astype(np.uint8)


def _above(picture: np.ndarray, silhouette: np.ndarray | None) -> np.ndarray:
    """A picture (H, W, 3) with a silhouette (64, 64), twice as large, below its middle; black where there is none."""
    side = _SCALE * SIZE
    below = np.zeros((side, max(side, picture.shape[1]), 3), np.uint8)
    if silhouette is not None:
        left = (below.shape[1] - side) // 2
        below[:, left : left + side] = silhouette.repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)[..., None]
    wide = np.zeros((picture.shape[0], below.shape[1], 3), np.uint8)
    wide[:, : picture.shape[1]] = picture
    return np.concatenate([wide, below])
