"""Videos -> person boxes -> keypoints -> one pose table per subject.

``listing`` finds the videos, ``decoding`` gives their frames, ``estimators`` names what finds people and joints,
``extraction`` makes a subject's shard, ``merging`` makes one table of all shards, ``overlay`` draws what was found.
"""
