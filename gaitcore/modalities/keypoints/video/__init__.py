"""Videos -> person boxes -> keypoints -> one pose table per subject.

``listing`` finds the videos, ``decoding`` yields their frames, ``estimators`` selects detector and pose estimator,
``extraction`` makes a subject's shard, ``overlay`` draws the skeletons. ``keypoints/merging`` makes one table of all
shards.
"""
