"""A pickle tree of OUMVLP's size, made up and read: seconds and peak memory of each step.

    python benchmarks/large_trees.py FOLDER [--subjects 10307]

makes 10,307 subjects x 2 sequences x 13 views of 25 frames (267,982 files) in FOLDER, which must not exist, reads them
as the workflow does, and deletes FOLDER. Each step is a process of its own, whose peak memory is measured.
"""

import argparse
import pickle
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

VIEWS = [f"{angle:03d}" for angle in (*range(0, 91, 15), *range(180, 256, 15))]
FRAMES = 25


def make(root: Path, subjects: int) -> int:
    """Write the tree and return the number of its files."""
    body = np.random.default_rng(0).random((64, FRAMES, 17, 3), np.float32) * (100, 200, 1) + (500, 300, 0)
    contents = [pickle.dumps(one.astype(np.float32)) for one in body]
    count = 0
    for subject in range(1, subjects + 1):
        for sequence in ("00", "01"):
            for view in VIEWS:
                folder = root / f"{subject:05d}" / sequence / view
                folder.mkdir(parents=True)
                (folder / f"{view}.pkl").write_bytes(contents[count % len(contents)])
                count += 1
    return count


def read(root: Path, table: Path) -> str:
    """Read the tree as the rule read_poses does; what was read, in words."""
    from gaitcore.modalities.keypoints.reading import write_poses
    from gaitcore.settings.data import Tree

    tree = Tree(folders="subject/sequence/view", constant={"condition": "nm"})
    camera = {"frame_width": 1280, "frame_height": 980, "fps": 25}
    sequences, report = write_poses("pickle_tree", root, table, dataset="OUMVLP", tree=tree, **camera)
    size = table.stat().st_size
    return f"{len(sequences)} sequences, {sequences['frames'].sum()} frames, {len(report)} lines, {size >> 20} MiB"


def listed(table: Path) -> str:
    """List the sequences of the table as the rule splits does."""
    from gaitcore.modalities.keypoints.table import list_sequences

    return f"{len(list_sequences(table))} sequences"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--subjects", type=int, default=10_307)
    parser.add_argument("--step", choices=("make", "read", "list"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    tree, table = options.folder / "tree", options.folder / "poses.parquet"
    if options.step is None:
        options.folder.mkdir()
        try:
            for step in ("make", "read", "list"):
                command = [sys.executable, __file__, str(options.folder), "--subjects", str(options.subjects)]
                subprocess.run([*command, "--step", step], check=True)
        finally:
            shutil.rmtree(options.folder)
        return
    started = time.perf_counter()
    steps = {
        "make": lambda: f"{make(tree, options.subjects)} files",
        "read": lambda: read(tree, table),
        "list": lambda: listed(table),
    }
    result = steps[options.step]()
    seconds, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{options.step}: {result}, {seconds:.0f} s, {peak} MiB", flush=True)


if __name__ == "__main__":
    main()
