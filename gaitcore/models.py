"""The public names of networks: :func:`build_model` and its companions, which live in ``gaitcore.networks``."""

from gaitcore.networks import build_model, load_published_weights, model_names

__all__ = ["build_model", "load_published_weights", "model_names"]
