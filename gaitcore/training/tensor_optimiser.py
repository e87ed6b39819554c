"""Adam, AdamW and SGD whose rates are tensors, for a step that is captured as one graph on a GPU.

torch's optimisers take momentum, and for most of them the learning rate, as numbers, which a graph would keep as they
were when it was captured. Here the numbers of a step are computed on the host, in double precision as torch does, and
put into a tensor before the step.
"""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn

BETA2, EPS = 0.999, 1e-8  # torch's defaults


class TensorOptimiser(torch.optim.Optimizer):
    """An optimiser in one parameter group: :meth:`prepare` on the host before each step, then :meth:`step`.

    Source: torch's ``Adam``, ``AdamW`` and ``SGD``, whose parameters it finds to rounding. Schedules of torch change
    the learning rate and the momentum in its parameter group.

    Args:
        parameters: the parameters to train, all on one device.
        kind: the algorithm.
        rate: learning rate.
        momentum: beta1, or the momentum of SGD.
        decay: weight decay; coupled but for AdamW.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        kind: Literal["adam", "adamw", "sgd"],
        *,
        rate: float,
        momentum: float,
        decay: float,
    ):
        self.kind = kind
        moments: dict[str, Any] = {"momentum": momentum} if kind == "sgd" else {"betas": (momentum, BETA2)}
        super().__init__(parameters, {"lr": rate, "weight_decay": decay, "steps": 0, **moments})
        self.names = ("momentum_buffer",) if kind == "sgd" else ("exp_avg", "exp_avg_sq")
        for parameter in self.parameters:
            self.state[parameter] = {name: torch.zeros_like(parameter) for name in self.names}
        self.rates = torch.zeros(5, device=self.parameters[0].device)
        self.prepare()

    @property
    def parameters(self) -> list[nn.Parameter]:
        """The parameters that are trained."""
        return self.param_groups[0]["params"]

    def tensors(self) -> list[Tensor]:
        """What a step changes beside the parameters."""
        return [self.state[parameter][name] for parameter in self.parameters for name in self.names]

    def restart(self, rate: float, momentum: float) -> None:
        """Begin again, in the same memory, at another learning rate and momentum."""
        group, parameters = self.param_groups[0], self.parameters
        moments: dict[str, Any] = {"momentum": momentum} if self.kind == "sgd" else {"betas": (momentum, BETA2)}
        group.clear()  # also of what a schedule has noted there
        group.update(self.defaults | {"params": parameters, "lr": rate} | moments)
        for tensor in self.tensors():
            tensor.zero_()
        self.prepare()

    def prepare(self) -> None:
        """Put the numbers of the next step into ``rates``."""
        group = self.param_groups[0]
        rate, step = group["lr"], group["steps"] + 1
        if self.kind == "sgd":
            numbers = [-rate, 0.0, group["momentum"], 0.0, 1.0]
        else:
            beta1, beta2 = group["betas"]
            bias = (1 - beta2**step) ** 0.5
            numbers = [-rate / (1 - beta1**step), 1 / bias, beta1, 1 - beta1, 1 - rate * group["weight_decay"]]
        self.rates.copy_(torch.tensor(numbers), non_blocking=True)  # from pageable memory, which is read at once

    def count(self) -> None:
        """Note that a step was done."""
        self.param_groups[0]["steps"] += 1

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update the parameters that have a gradient, with nothing read on the host."""
        decay = self.param_groups[0]["weight_decay"]
        factor, unbias, momentum, rest, shrink = self.rates.unbind()
        used: list[Tensor] = [parameter for parameter in self.parameters if parameter.grad is not None]
        grads = [parameter.grad for parameter in used if parameter.grad is not None]
        if decay and self.kind == "adamw":
            torch._foreach_mul_(used, shrink)
        elif decay:
            grads = [*torch._foreach_add(grads, used, alpha=decay)]
        first = [self.state[parameter][self.names[0]] for parameter in used]
        torch._foreach_mul_(first, momentum)
        if self.kind == "sgd":
            torch._foreach_add_(first, grads)
            change = [*torch._foreach_mul(first, factor)]
        else:
            second = [self.state[parameter][self.names[-1]] for parameter in used]
            torch._foreach_add_(first, torch._foreach_mul(grads, rest))
            torch._foreach_mul_(second, BETA2)
            torch._foreach_addcmul_(second, grads, grads, 1 - BETA2)
            width = torch._foreach_sqrt(second)
            torch._foreach_mul_(width, unbias)
            torch._foreach_add_(width, EPS)
            change = [*torch._foreach_div(first, width)]
            torch._foreach_mul_(change, factor)
        torch._foreach_add_(used, change)
