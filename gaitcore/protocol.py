"""The public name of the protocol: :func:`assign_roles`, which lives in ``gaitcore.protocols``."""

from gaitcore.protocols.cross_view import assign_roles

__all__ = ["assign_roles"]
