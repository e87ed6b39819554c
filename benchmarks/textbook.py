"""GaitMixer and its training step in textbook style, the reference of benchmarks/bench.py.

Plain modules, one per layer, in the layouts each of them likes; samples cut and augmented one by one with NumPy
behind a DataLoader; PyTorch's and the C library's defaults. The arithmetic is that of gaitcore, and so are the
results: bench.py checks the network against gaitcore's before it times anything.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

FRAMES, JOINTS, WIDTH = 60, 17, 320


class Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, width = x.shape
        qkv = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = qkv.unbind(0)
        weights = ((query @ key.transpose(-2, -1)) * self.scale).softmax(dim=-1)
        return self.proj((weights @ value).transpose(1, 2).reshape(n, tokens, width))


class TransformerBlock(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class TemporalBlock(nn.Module):
    def __init__(self, channels: int, width: int, kernel: int = 31):
        super().__init__()
        self.dropout = nn.Dropout(0.01)
        self.pad = nn.ReflectionPad2d((0, 0, kernel - 1, 0))
        self.depthwise = nn.Conv2d(channels, channels, (kernel, 1), groups=channels)
        self.pointwise = nn.Conv2d(channels, width, 1)
        self.gelu, self.norm = nn.GELU(), nn.BatchNorm2d(width, eps=1e-3)
        self.widen = nn.Linear(channels, width) if width != channels else None
        self.widen_norm = nn.BatchNorm2d(width, eps=1e-3) if width != channels else None

    def forward(self, x: Tensor) -> Tensor:  # (B, C, T, J)
        mixed = self.norm(self.gelu(self.pointwise(self.depthwise(self.pad(self.dropout(x))))))
        if self.widen is not None:
            x = self.widen_norm(self.gelu(self.widen(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)))
        return x + mixed


class GaitMixer(nn.Module):
    def __init__(self, widths: tuple[int, ...] = (32, 64, 128, 256)):
        super().__init__()
        self.embed, self.joints = nn.Linear(2, 32), nn.Parameter(torch.zeros(1, JOINTS, 32))
        self.spatial = nn.Sequential(*(TransformerBlock(32, 8) for _ in range(4)), nn.LayerNorm(32, eps=1e-6))
        self.temporal = nn.Sequential(*(TemporalBlock(a, b) for a, b in zip((32, *widths), widths, strict=False)))
        self.head = nn.Sequential(nn.LayerNorm(widths[-1]), nn.Linear(widths[-1], 128))

    def forward(self, x: Tensor) -> Tensor:  # (B, T, J, 2)
        batch, frames = x.shape[:2]
        x = self.spatial(self.embed(x.reshape(batch * frames, JOINTS, 2)) + self.joints)
        x = self.temporal(x.reshape(batch, frames, JOINTS, -1).permute(0, 3, 1, 2))
        return nn.functional.normalize(self.head(x.mean(dim=(2, 3))))


# gaitcore's names of the weights -> the names above
RENAMED = (
    ("spatial.embed.", "embed."),
    ("spatial.joint_embedding", "joints"),
    ("spatial.norm.", "spatial.4."),
    ("spatial.blocks.", "spatial."),
    (".fc1.", ".mlp.0."),
    (".fc2.", ".mlp.2."),
    ("head_norm.", "head.0."),
    ("head.weight", "head.1.weight"),
    ("head.bias", "head.1.bias"),
)


def load_from_gaitcore(textbook: nn.Module, ours: nn.Module) -> None:
    """Load the weights of gaitcore's GaitMixer into the textbook network."""
    weights = {}
    for name, tensor in ours.state_dict().items():
        for old, new in RENAMED:
            name = name.replace(old, new)
        weights[name] = tensor
    textbook.load_state_dict(weights)


class Walks(Dataset):
    """Sequences as a list of (T, 17, 3) arrays; a sample is one augmented window, made with NumPy."""

    def __init__(self, poses: list[np.ndarray], labels: np.ndarray):
        self.poses, self.labels = poses, labels

    def __len__(self) -> int:
        return len(self.poses)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        poses = self.poses[index].copy()
        if np.random.rand() < 0.5:
            poses[..., 0] = 2 * poses[..., 0].mean(axis=1, keepdims=True) - poses[..., 0]
        if np.random.rand() < 0.5:
            poses = poses[::-1]
        start = np.random.randint(len(poses) - FRAMES)
        window = poses[start : start + FRAMES, :, :2].copy()
        window += np.random.normal(0, 0.05, window.shape)
        window += np.random.normal(0, 0.25, (1, JOINTS, 2))
        return (window / WIDTH).astype(np.float32), self.labels[index]


def loader(walks: Walks, batches: list[np.ndarray]) -> DataLoader:
    """Batches of these rows, cut and augmented one sample at a time."""
    return DataLoader(walks, batch_sampler=[batch.tolist() for batch in batches])


def test_windows(poses: np.ndarray) -> np.ndarray:
    """(6, T, J, 2): centre, 20 frames earlier, 20 later, clipped to the sequence, and each of them reversed."""
    centre, last = (len(poses) - FRAMES) // 2, len(poses) - FRAMES
    starts = [centre, max(0, centre - 20), min(centre + 20, last)]
    windows = [poses[start : start + FRAMES, :, :2] / WIDTH for start in starts]
    return np.stack([*windows, *(window[::-1] for window in windows)])
