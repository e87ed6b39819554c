"""The source formats of silhouettes: one reader each, found by its file.

A file is a reader where it declares ``LABEL`` (what made the silhouettes or their format, recorded where the
configuration names no source), ``EXPECTED`` (what ``data.silhouettes.path`` has to be, for messages) and
``PRETREATMENT`` (how a frame becomes 64 x 64). Its ``read(paths, report)`` yields the walks one by one, in the order of
their keys, and notes in the report whatever is left out.
``ENDINGS`` and ``find`` are those of readers of poses.
"""
