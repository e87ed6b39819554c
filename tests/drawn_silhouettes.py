"""Silhouettes drawn for tests: a head, a torso and two legs that swing, in the layouts that readers take."""

import pickle

import numpy as np
from PIL import Image


def raw_frame(number, size=(320, 240), width=24):
    """A walker as background subtraction gives one: (height, width) uint8, 0 and 255."""
    picture = np.zeros(size[::-1], np.uint8)
    tall, middle = size[1] // 2, size[0] // 2 + 2 * number
    top = size[1] // 4
    picture[top : top + tall // 6, middle - 6 : middle + 6] = 255
    picture[top + tall // 6 : top + tall // 2, middle - width // 2 : middle + width // 2] = 255
    swing = int(8 * np.sin(number))
    for leg in (middle - 4 - swing, middle + 4 + swing):
        picture[top + tall // 2 : top + tall, leg - 4 : leg + 4] = 255
    return picture


def save_picture(path, pixels):
    """A PNG of an array, its folder made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def write_casia_b(root, names, frames=6):
    """A tree like CASIA-B's: each of the names, e.g. 001-nm-01-090, with this many frames from 001."""
    for n, name in enumerate(names):
        subject, condition, sequence, view = name.split("-")
        folder = root / subject / f"{condition}-{sequence}" / view
        for number in range(1, frames + 1):
            save_picture(folder / f"{name}-{number:03d}.png", raw_frame(number, width=20 + 2 * n))
    return root


def save_pickle(root, place, value):
    """A pickle of any value at ``root / place``."""
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(value))
    return path


def made_up_masks(frames, seed=0, width=64):
    """(frames, 64, width) uint8 of all values."""
    return np.random.default_rng(seed).integers(0, 256, (frames, 64, width)).astype(np.uint8)


def write_table(path, walks, dataset="test"):
    """silhouettes.parquet of sequences: name -> (frame numbers, masks (T, 64, 64))."""
    from gaitcore.keys import parse_sequence_name
    from gaitcore.modalities.silhouettes.table import SilhouetteInfo, Walk, write_walks

    keys = sorted((parse_sequence_name(name) for name in walks), key=lambda key: key.order())
    ordered = [Walk(key, np.asarray(walks[key.name][0], np.int32), walks[key.name][1], key.name) for key in keys]
    write_walks(path, ordered, SilhouetteInfo(dataset))
    return path


def rectangle(rows, columns, frames=1, value=255):
    """(frames, 64, 64) uint8, black but for these rows and columns."""
    masks = np.zeros((frames, 64, 64), np.uint8)
    masks[:, rows, columns] = value
    return masks
