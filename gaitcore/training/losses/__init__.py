"""The losses by name: one file each, in this folder or in an extension, imported only when used.

A file that declares ``TITLE`` (printed in captions) is a loss. Its class ``Loss`` is a module; it takes embeddings
(B, embedding_dim) and labels (B,), from 0, and returns the loss and the number of triplets it was taken over (0 for a
loss without triplets). A loss per part declares ``PARTS = True`` and also takes embeddings (B, parts, embedding_dim).
One that also declares ``NECK = True`` takes (B, 2 * parts, embedding_dim), the parts before and behind the batch-norm
neck of a network. One that also computes with shapes that depend on the batch's size alone, for a step that is captured
as a graph on a GPU, declares ``fixed_shapes = False`` in its class and does so where this is True.
The options are the arguments of the class; the schema of ``training.loss`` is made from its signature.
"""

import inspect
from typing import Any

from torch import nn

from gaitcore import extensions
from gaitcore.errors import ConfigError
from gaitcore.settings.chosen import ChosenSection


def build_loss(
    settings: ChosenSection,
    *,
    subjects: int,
    embedding_dim: int,
    parts: int = 1,
    neck: bool = False,
    fixed_shapes: bool = False,
) -> nn.Module:
    """The loss of a recipe; its parameters, if any, are trained with the network's.

    Args:
        settings: its name (``kind``) and options.
        subjects: number of training subjects; passed to a loss that has this argument.
        embedding_dim, parts: length and number of the embeddings of a sequence; likewise.
        neck: whether the network ends with a batch-norm neck, so that in training it returns its parts twice, before
            and behind it.
        fixed_shapes: whether losses that can shall compute with shapes that depend on the batch's size alone.

    New parameters are drawn from torch's global generator. A loss that does not take parts refuses embeddings with
    several parts with a ConfigError; a single part is an embedding like any other. A loss that does not take a neck
    receives the parts before it.

    Raises:
        ConfigError: the loss takes a neck and the network has none.
    """
    loss = extensions.load("losses", settings.kind).Loss
    takes_neck = extensions.declared("losses", settings.kind).get("NECK", False)
    if takes_neck and not neck:
        raise ConfigError(
            f"training.loss.kind is {settings.kind}, which takes the parts before and behind a batch-norm neck, but "
            "the network has no neck; choose a loss without one, e.g. batch_all_triplet."
        )
    common = {"subjects": subjects, "embedding_dim": embedding_dim, "parts": parts}
    accepted = {name: value for name, value in common.items() if name in inspect.signature(loss).parameters}
    module: nn.Module = loss(**accepted, **settings.model_dump(exclude={"kind"}))
    for part in module.modules():
        if hasattr(part, "fixed_shapes"):
            setattr(part, "fixed_shapes", fixed_shapes)  # noqa: B010
    if neck and not takes_neck:
        module.register_forward_pre_hook(lambda _, inputs: (inputs[0][:, :parts], inputs[1]))
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
