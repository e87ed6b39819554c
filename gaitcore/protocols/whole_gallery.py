"""Identification in one gallery: every probe against all gallery sequences at once, whatever their view.

Source: the evaluation of re-identification (Zheng et al., ICCV 2015) and of gait in the wild (Gait3D, Zheng et al.,
CVPR 2022). With ``protocol.exclude_same: view`` gallery sequences of the probe's own subject and view are left out, as
CCPG (Li et al., CVPR 2023) does by camera.
"""

from gaitcore.protocols.roles import assign_roles

TITLE = "whole gallery"
METRICS = "whole_gallery"  # measured by gaitcore/evaluation/whole_gallery.py
COMPARISON = "against the whole gallery"  # the tables' caption prints it after gallery and probes

__all__ = ["assign_roles"]
