"""The losses by name: one file each, in this folder or in an extension, imported only when used.

A file that declares ``TITLE`` (printed in captions) is a loss. Its class ``Loss`` is a module; it takes embeddings
(B, embedding_dim) and labels (B,), from 0, and returns the loss and the number of triplets it was taken over (0 for a
loss without triplets). A loss per part declares ``PARTS = True`` and also takes embeddings (B, parts, embedding_dim).
The options are the arguments of the class; the schema of ``training.loss`` is made from its signature.
"""

import inspect
from typing import Any

from torch import nn

from gaitcore import extensions
from gaitcore.errors import ConfigError
from gaitcore.settings.chosen import ChosenSection


def build_loss(settings: ChosenSection, *, subjects: int, embedding_dim: int) -> nn.Module:
    """The loss of a recipe; its parameters, if any, are trained with the network's.

    Args:
        settings: its name (``kind``) and options.
        subjects: number of training subjects; passed to a loss that has this argument.
        embedding_dim: length of the embeddings; likewise.

    New parameters are drawn from torch's global generator. A loss that does not take parts refuses embeddings with
    several parts with a ConfigError; a single part is an embedding like any other.
    """
    loss = extensions.load("losses", settings.kind).Loss
    common = {"subjects": subjects, "embedding_dim": embedding_dim}
    accepted = {name: value for name, value in common.items() if name in inspect.signature(loss).parameters}
    module: nn.Module = loss(**accepted, **settings.model_dump(exclude={"kind"}))
    if not extensions.declared("losses", settings.kind).get("PARTS"):
        module.register_forward_pre_hook(lambda _, inputs: _without_parts(settings.kind, *inputs))
    return module


def _without_parts(kind: str, embeddings: Any, labels: Any) -> tuple[Any, Any]:
    if embeddings.ndim > 2 and embeddings.shape[1] > 1:
        raise ConfigError(
            f"training.loss.kind is {kind}, which takes one embedding of a sequence, but the network gives "
            f"{embeddings.shape[1]} parts; choose a loss per part, e.g. batch_all_triplet."
        )
    return embeddings.flatten(1), labels
