"""The source formats of poses: one reader each, found by its file.

A file is a reader where it declares ``LABEL`` (the pose estimator or format, recorded where the configuration names no
pose source) and ``EXPECTED`` (what ``data.path`` has to be, for messages). Its ``read(paths, info, report)`` gives the
pose table and notes in the report whatever does not make it there.
"""
