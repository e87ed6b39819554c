"""A pass of a network on a GPU: with the special path of its module where there is one, and compiled where that pays.

torch.compile fuses element by element operations into kernels, for which it needs Triton and a C compiler. Whatever it
would choose by measuring is switched off, so that the same code gives the same kernels, and these the same bytes.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from gaitcore.execution.banded import banded
from gaitcore.execution.fused_attention import fused

# torch's names; one that a version of torch does not have is left out.
_PINNED: dict[str, Any] = {
    "deterministic": True,
    "max_autotune": False,
    "coordinate_descent_tuning": False,
    "shape_padding": False,  # decides by measuring
    "benchmark_fusion": False,
    "benchmark_combo_kernel": False,
    "triton.autotune_pointwise": False,
    "triton.cudagraphs": False,  # the whole step is one graph
}


class GpuPass:
    """(B, ...) -> embeddings, as the network gives them.

    Args:
        network: on the GPU, where its special path, if it has one, is faster.
    """

    def __init__(self, network: nn.Module):
        self.network = network
        self.module = banded(network) or fused(network) or network
        self._run: Callable[[Tensor], Tensor] = self.module

    def __call__(self, x: Tensor) -> Tensor:
        if self.module.training != self.network.training:
            self.module.train(self.network.training)
        return self._run(x)

    def compile(self) -> str | None:
        """Compile the pass when it next runs; where that is impossible, the reason."""
        if reason := _missing():
            return reason
        known = import_module("torch._inductor").list_options()
        options = {name: value for name, value in _PINNED.items() if name in known}
        self._run = torch.compile(self.module, dynamic=False, options=options)
        return None

    def as_it_is(self) -> None:
        """Run it without compiling."""
        self._run = self.module


def _missing() -> str | None:
    """What torch.compile lacks on this machine to make kernels of a GPU."""
    if importlib.util.find_spec("triton") is None:
        return "the package triton is not installed"
    if not any(map(shutil.which, filter(None, (os.environ.get("CC"), "gcc", "clang", "cc")))):
        return "there is no C compiler"
    return None
