"""Two evaluations at once: identification in one gallery, and rank-1 for every pair of cameras.

Source: CCPG (Li et al., CVPR 2023). In the gallery, sequences of the probe's own subject and camera are left out. The
pairs of cameras have two means, without and with the identical camera; the view of a sequence is its camera.
"""

from gaitcore.protocols.roles import assign_roles

TITLE = "whole gallery and camera by camera"
METRICS = "whole_gallery_and_cells"  # measured by gaitcore/evaluation/whole_gallery_and_cells.py
EXCLUDE_SAME = "view"  # where protocol.exclude_same is null
COMPARISON = (  # the tables' caption prints it after gallery and probes
    "against the whole gallery, own subject's identical camera excluded, and camera by camera, without and with the "
    "identical camera"
)

__all__ = ["assign_roles"]
