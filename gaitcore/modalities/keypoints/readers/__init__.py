"""The source formats of poses: one reader each; the file's name is the name of the format.

A file that declares ``LABEL`` and ``EXPECTED`` is a reader. ``LABEL`` is the pose estimator or format, recorded where
the configuration names no pose source; ``EXPECTED`` says in messages what ``data.path`` must be. Its function
``read(paths, info, report)`` returns the pose table and adds to the report everything that it leaves out.
"""
