"""Cross-view identification: every probe view against every gallery view, the identical view excluded.

Source: Yu et al., ICPR 2006; GaitMixer, section 4.1 and Table 1.
"""

from gaitcore.protocols.roles import assign_roles

TITLE = "cross-view"
METRICS = "cross_view"  # measured by gaitcore/evaluation/cross_view.py
COMPARISON = "identical view excluded"  # the tables' caption prints it after gallery and probes
COMPARISON_WITH_IDENTICAL_VIEW = "identical view included"  # the same, where protocol.exclude_same is nothing

__all__ = ["assign_roles"]
