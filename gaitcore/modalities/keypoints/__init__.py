"""Poses: the table every later step reads, and the readers and walkers that fill it."""

from gaitcore.modalities.keypoints.reading import read_poses, source_formats
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable

__all__ = ["PoseInfo", "PoseTable", "read_poses", "source_formats"]
