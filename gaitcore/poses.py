"""The public names of poses, which live in :mod:`gaitcore.modalities.keypoints`."""

from gaitcore.modalities.keypoints import PoseInfo, PoseTable, read_poses, source_formats

__all__ = ["PoseInfo", "PoseTable", "read_poses", "source_formats"]
