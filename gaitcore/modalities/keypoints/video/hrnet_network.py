"""HRNet-W32: a network that keeps a high resolution all the way, and mixes in coarser ones again and again.

Sun, Xiao, Liu and Wang, "Deep high-resolution representation learning for human pose estimation", CVPR 2019, figure 1
and section 3. Names and shapes of all parameters are those of the official checkpoint ``pose_hrnet_w32_384x288.pth``,
which the structure below follows:

- a stem: two convolutions that quarter the resolution, four bottlenecks (Bottleneck as in ResNet-50);
- stages 2, 3 and 4 with 1, 4 and 3 modules; each stage adds a branch of half the resolution and twice the width;
- a module: four basic blocks in each branch, then every branch receives the sum of all others, brought to its size;
- the last module feeds the branch of the highest resolution alone; a 1 x 1 convolution turns it into heat maps.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from torch import Tensor, nn

from gaitcore.modalities.keypoints.skeleton import NUM_JOINTS

WIDTHS = (32, 64, 128, 256)  # channels at 1/4, 1/8, 1/16, 1/32 of the input's resolution
MODULES = {2: 1, 3: 4, 4: 3}  # exchange modules in each stage
BLOCKS = 4  # basic blocks in a branch of a module
STEM = 64
STEM_OUT = 256  # 4 x 64, the bottlenecks' expansion


class HRNet(nn.Module):
    """Heat maps of the 17 joints: (B, 3, H, W) normalised RGB -> (B, 17, H / 4, W / 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, STEM, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM)
        self.conv2 = nn.Conv2d(STEM, STEM, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(STEM)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = nn.Sequential(Bottleneck(STEM, STEM), *(Bottleneck(STEM_OUT, STEM) for _ in range(3)))
        self.transition1 = nn.ModuleList(
            [_unit(STEM_OUT, WIDTHS[0], 1, relu=True), nn.Sequential(_unit(STEM_OUT, WIDTHS[1], 2, relu=True))]
        )
        self.stage2 = _stage(2)
        self.transition2 = _next_branch(2)
        self.stage3 = _stage(3)
        self.transition3 = _next_branch(3)
        self.stage4 = _stage(4, all_outputs=False)
        self.final_layer = nn.Conv2d(WIDTHS[0], NUM_JOINTS, 1)

    def forward(self, images: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(images)))
        x = self.layer1(self.relu(self.bn2(self.conv2(x))))  # (B, 256, H/4, W/4)
        branches = self.stage2([transition(x) for transition in self.transition1])
        branches = self.stage3([*branches, self.transition2[-1](branches[-1])])
        branches = self.stage4([*branches, self.transition3[-1](branches[-1])])
        return self.final_layer(branches[0])


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3, 1 x 1 convolutions with a residual; four times as many channels leave."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = (
            nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
            if inputs != outputs
            else None
        )

    def forward(self, x: Tensor) -> Tensor:
        residual = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + residual)


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions with a residual."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + x)


class Exchange(nn.Module):
    """One module: blocks in each branch, then each output sums all branches at its own resolution."""

    def __init__(self, branches: int, outputs: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(width) for _ in range(BLOCKS))) for width in WIDTHS[:branches]
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_bring(source, target) for source in range(branches))  # type: ignore[misc]  # None is kept
            for target in range(outputs)
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        features = [branch(x) for branch, x in zip(self.branches, inputs, strict=True)]
        return [
            self.relu(sum(x if bring is None else bring(x) for bring, x in zip(brings, features, strict=True)))
            for brings in cast(Iterable[nn.ModuleList], self.fuse_layers)
        ]


def _bring(source: int, target: int) -> nn.Module | None:
    """From one branch's width and resolution to another's; None where it is the same."""
    if source == target:
        return None
    if source > target:
        return nn.Sequential(
            nn.Conv2d(WIDTHS[source], WIDTHS[target], 1, bias=False),
            nn.BatchNorm2d(WIDTHS[target]),
            nn.Upsample(scale_factor=2 ** (source - target), mode="nearest"),
        )
    halvings = [_unit(WIDTHS[source], WIDTHS[source], 2, relu=True) for _ in range(target - source - 1)]
    return nn.Sequential(*halvings, _unit(WIDTHS[source], WIDTHS[target], 2, relu=False))


def _unit(inputs: int, outputs: int, stride: int, *, relu: bool) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    activation = [nn.ReLU(inplace=True)] if relu else []
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), *activation)


def _stage(branches: int, *, all_outputs: bool = True) -> nn.Sequential:
    last = branches if all_outputs else 1
    return nn.Sequential(
        *(Exchange(branches, branches) for _ in range(MODULES[branches] - 1)), Exchange(branches, last)
    )


def _next_branch(branches: int) -> nn.ModuleList:
    """The new branch of the next stage is made of the coarsest one; the others go on as they are."""
    new = nn.Sequential(_unit(WIDTHS[branches - 1], WIDTHS[branches], 2, relu=True))
    return nn.ModuleList([*([None] * branches), new])  # type: ignore[list-item]  # None is kept
