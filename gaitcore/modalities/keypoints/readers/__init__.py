"""The source formats of poses: one reader each; the file's name is the name of the format.

A file that declares ``LABEL`` and ``EXPECTED`` is a reader. ``LABEL`` is the pose estimator or format, recorded where
the configuration names no pose source; ``EXPECTED`` says in messages what ``data.path`` must be. Its function
``read(paths, info, report)`` returns the pose table and adds to the report everything that it leaves out.

``ENDINGS`` are the endings of its files, by which ``gaitcore new`` tries it. A reader of folders that defines
``find(root, report)`` (and ``tree``, where it reads trees) yields each sequence's key and file without reading any.
"""
