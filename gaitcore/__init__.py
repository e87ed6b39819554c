"""gaitcore: the science of gait recognition from poses and silhouettes; no workflow tool is imported.

The parts are imported by name (``from gaitcore.networks import build_model``); importing this package
loads nothing heavy.
"""

__version__ = "0.1.0"
