"""Write one sequence as an animated GIF."""

from difflib import get_close_matches
from pathlib import Path

import matplotlib.style
import numpy as np

from gaitcore.errors import DataError
from gaitcore.files import replacing
from gaitcore.keys import parse_sequence_name, sequence_names
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.reporting.figures.movie import PALETTE, durations, movie_pictures, picture_bounds
from gaitcore.reporting.figures.skeleton_drawing import confidence_scale
from gaitcore.reporting.figures.style import STYLE, counted


def write_movie(poses: Path, sequence: str, path: Path) -> None:
    """Write an animated GIF of one sequence, whole or not at all; equal poses give equal bytes.

    A picture is shown as long as its frame lasted, rounded to the hundredths of a second of GIF. One picture with the
    text "no pose" represents frames that are missing, for the time they lasted. Of more than 50 frames a second only
    every second one (third, ...) is shown, at the same speed.

    Args:
        poses: the pose table.
        sequence: its name, e.g. 001-nm-01-090.
        path: of the GIF.

    Raises:
        DataError: ``sequence`` is not a valid sequence name, or the table has no such sequence.
    """
    table = PoseTable.read(poses)
    walk = table.select(_is_named(table, sequence, poses))
    keypoints = dict(zip(walk.frame.tolist(), walk.keypoints, strict=True))
    bounds = picture_bounds(list(keypoints), table.info.fps)
    with matplotlib.style.context(STYLE):
        pictures = movie_pictures(sequence, keypoints, bounds, table.info, confidence_scale(table.keypoints))
        with replacing(path) as unfinished:
            next(pictures).save(
                unfinished,
                format="GIF",
                save_all=True,
                append_images=pictures,
                duration=(10 * durations(bounds, table.info.fps)).tolist(),
                loop=0,
                palette=PALETTE.tobytes(),  # for all pictures; without it, each would have its own
            )


def _is_named(table: PoseTable, name: str, poses: Path) -> np.ndarray:
    """(S,) bool: which of the table's sequences has this name."""
    if parse_sequence_name(name) is None:
        raise DataError(f'"{name}" is not a valid sequence name; expected e.g. 001-nm-01-090.')
    names = sequence_names(table.sequences)
    if name not in names:
        nearest = get_close_matches(name, names, n=1, cutoff=0)  # only one: a list of thousands would be too long
        hint = f'; did you mean "{nearest[0]}"?' if nearest else "."
        raise DataError(f"{poses}: no {name} among {counted(len(names), 'sequence')}{hint}")
    return np.array(names) == name
