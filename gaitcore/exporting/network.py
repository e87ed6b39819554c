"""A trained network with what an evaluation has around it: input transform, test-time copies, their mean."""

import torch
from torch import Tensor, nn

from gaitcore.evaluation.embedding import chosen_frames
from gaitcore.sampling.three_windows import three_windows
from gaitcore.settings.evaluation import Evaluation


class ExportedNetwork(nn.Module):
    """(B, T, ...) frames as a user has them -> (B, D) embeddings, or (B, parts, D) where distances are those of parts.

    Of each window the copies are made that the evaluation makes (reversed in time, left and right exchanged), all run
    through the network together, and their embeddings are combined as there. Only the mean over the windows of a
    sequence is left outside, see :func:`windows`.

    Args:
        network: as the evaluation runs it.
        input: (B, T, ...) frames, and whether left and right are exchanged -> the network's input.
        evaluation: that section of the configuration.
    """

    def __init__(self, network: nn.Module, input: nn.Module, evaluation: Evaluation):
        super().__init__()
        self.network, self.input = network, input
        self.copies = evaluation.test_time_augmentation
        self.both_ways = evaluation.windows == "three_windows_and_reverse"
        self.concatenated = evaluation.combine == "concatenated"
        self.end_to_end = evaluation.parts == "concatenated"

    def forward(self, frames: Tensor) -> Tensor:
        passes = [self.input(window, copy == "swapped") for copy in self.copies for window in self._ways(frames, copy)]
        embeddings = self.network(torch.cat(passes) if len(passes) > 1 else passes[0])
        if len(passes) > 1:
            embeddings = embeddings.unflatten(0, (len(self.copies), len(passes) // len(self.copies), -1)).mean(dim=1)
            # (copies, B, ...)
            embeddings = torch.cat([*embeddings], dim=-1) if self.concatenated else embeddings.mean(dim=0)
        return embeddings.flatten(1) if self.end_to_end else embeddings

    def _ways(self, frames: Tensor, copy: str) -> list[Tensor]:
        """The windows of a copy, forwards and backwards where the evaluation has both."""
        way = frames.flip(1) if copy == "reversed" else frames
        return [way, way.flip(1)] if self.both_ways else [way]


def windows(lengths: Tensor, frames: int, evaluation: Evaluation) -> list[tuple[Tensor, Tensor]]:
    """The windows of S sequences: the mean of their embeddings by an :class:`ExportedNetwork` is the sequence's.

    They are those of :func:`gaitcore.evaluation.embedding.chosen_frames` without reversed ones, which the exported
    network makes itself.
    """
    if evaluation.windows == "three_windows_and_reverse":
        return [(torch.arange(len(lengths)), three_windows(lengths, frames, evaluation.window_step))]
    return chosen_frames(lengths, frames, evaluation)
