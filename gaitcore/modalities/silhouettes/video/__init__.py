"""Videos and their poses -> silhouettes of the walker, one table per subject.

``segmenters`` selects the network, ``masks`` makes a walker's mask of its output, ``extraction`` makes a subject's
shard, ``merging`` one table of all shards, ``overlay`` shows the masks on the frames.
"""
