"""Poses: the table every later step reads, and the readers and walkers that fill it."""

from gaitcore.modalities.keypoints.reading import SOURCE_FORMATS, read_poses
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable

__all__ = ["SOURCE_FORMATS", "PoseInfo", "PoseTable", "read_poses"]
