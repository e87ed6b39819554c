"""Write one sequence as an animated GIF."""

from difflib import get_close_matches
from pathlib import Path

import matplotlib.style
import numpy as np
import pandas as pd

from gaitcore.errors import DataError
from gaitcore.files import replacing
from gaitcore.keys import parse_sequence_name, sequence_names
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.modalities.silhouettes.table import list_sequences, read_blocks
from gaitcore.reporting.figures.movie import (
    PALETTE,
    Panel,
    SilhouettePanel,
    SkeletonPanel,
    durations,
    movie_pictures,
    picture_bounds,
)
from gaitcore.reporting.figures.skeleton_drawing import confidence_scale
from gaitcore.reporting.figures.style import STYLE
from gaitcore.words import counted

ON_SCREEN = {"font.family": "DejaVu Sans"}  # at the pixels of a screen more legible than the font of print
ASSUMED_FPS = 25.0  # of silhouettes, whose table does not have it; CASIA-B's


def write_movie(poses: Path | None, sequence: str, path: Path, *, silhouettes: Path | None = None) -> None:
    """Write an animated GIF of one sequence, whole or not at all; equal frames give equal bytes.

    A picture is shown as long as its frame lasted, rounded to the hundredths of a second of GIF. One picture with the
    text "no pose" or "no silhouette" represents frames that are missing, for the time they lasted. Of more than 50
    frames a second only every second one (third, ...) is shown, at the same speed. Frames of silhouettes without poses
    are taken to be of 25 a second.

    Args:
        poses: the pose table, None if there is none.
        sequence: its name, e.g. 001-nm-01-090.
        path: of the GIF.
        silhouettes: the silhouette table, None if there is none; drawn beside the skeletons.

    Raises:
        DataError: ``sequence`` is not a valid sequence name, or no table has such a sequence.
    """
    if parse_sequence_name(sequence) is None:
        raise DataError(f'"{sequence}" is not a valid sequence name; expected e.g. 001-nm-01-090.')
    panels: list[Panel] = []
    names: dict[str, None] = {}
    fps = ASSUMED_FPS
    if poses:
        table = PoseTable.read(poses)
        fps = table.info.fps
        named = _named(table.sequences, sequence, names)
        if named.any():
            panels.append(_skeletons(table, named))
    if silhouettes:
        named = _named(list_sequences(silhouettes), sequence, names)
        if named.any():
            panels.append(_silhouettes(silhouettes, named))
    if not panels:
        nearest = get_close_matches(sequence, names, n=1, cutoff=0)  # only one: a list of thousands would be too long
        hint = f'; did you mean "{nearest[0]}"?' if nearest else "."
        where = " and ".join(str(file) for file in (poses, silhouettes) if file)
        raise DataError(f"{where}: no {sequence} among {counted(len(names), 'sequence')}{hint}")
    bounds = picture_bounds(sorted({frame for panel in panels for frame in panel.frames}), fps)
    with matplotlib.style.context([STYLE, ON_SCREEN]):
        pictures = movie_pictures(sequence, panels, bounds, fps)
        with replacing(path) as unfinished:
            next(pictures).save(
                unfinished,
                format="GIF",
                save_all=True,
                append_images=pictures,
                duration=(10 * durations(bounds, fps)).tolist(),
                loop=0,
                palette=PALETTE.tobytes(),  # for all pictures; without it, each would have its own
            )


def _named(sequences: pd.DataFrame, name: str, names: dict[str, None]) -> np.ndarray:
    """(S,) bool: which of a table's sequences has this name; the names of all are added to ``names``."""
    in_table = sequence_names(sequences)
    names.update(dict.fromkeys(in_table))
    return np.array(in_table) == name


def _skeletons(table: PoseTable, named: np.ndarray) -> SkeletonPanel:
    walk = table.select(named)
    keypoints = dict(zip(walk.frame.tolist(), walk.keypoints, strict=True))
    return SkeletonPanel(keypoints, table.info, confidence_scale(table.keypoints))


def _silhouettes(path: Path, named: np.ndarray) -> SilhouettePanel:
    blocks = list(read_blocks(path, named))
    return SilhouettePanel(
        {frame: mask for block in blocks for frame, mask in zip(block.frame.tolist(), block.masks, strict=True)}
    )
