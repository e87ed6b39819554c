"""The losses by name: one file each, found here and in extensions, loaded only when asked for.

A file is a loss where it declares ``TITLE`` (as captions print it). Its class ``Loss`` is a module; it takes embeddings
(B, embedding_dim) and labels (B,), from 0, and gives the loss and the number of triplets it was taken over (0 where
there are none). A loss per part also takes embeddings (B, parts, embedding_dim). The signature of the class says its
options; the schema of ``training.loss`` is made from it.
"""

import inspect

from torch import nn

from gaitcore import extensions
from gaitcore.settings.chosen import ChosenSection


def build_loss(settings: ChosenSection, *, subjects: int, embedding_dim: int) -> nn.Module:
    """The loss a recipe asks for; its parameters, if any, are trained with the network's.

    Args:
        settings: its name (``kind``) and options.
        subjects: of the training set; given to a loss whose signature has it.
        embedding_dim: length of the embeddings; likewise.

    Fresh parameters are drawn from torch's global generator.
    """
    loss = extensions.load("losses", settings.kind).Loss
    common = {"subjects": subjects, "embedding_dim": embedding_dim}
    asked = {name: value for name, value in common.items() if name in inspect.signature(loss).parameters}
    return loss(**asked, **settings.model_dump(exclude={"kind"}))
