"""The public names of poses, which live in :mod:`gaitcore.modalities.keypoints`."""

from gaitcore.modalities.keypoints import SOURCE_FORMATS, PoseInfo, PoseTable, read_poses

__all__ = ["SOURCE_FORMATS", "PoseInfo", "PoseTable", "read_poses"]
