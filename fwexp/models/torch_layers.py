"""Torch layers that several models share."""

from torch import Tensor, nn


class Flatten(nn.Module):
    """(batch, channels, height, width) → (batch, height * width * channels)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


class Mean(nn.Module):
    """(batch, channels, height, width) → (batch, channels)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))


class DepthwiseConv2d(nn.Conv2d):
    """A square convolution of each channel on its own, without a bias: a norm follows."""

    def __init__(self, num_channels: int, size: int, *, stride: int = 1) -> None:
        super().__init__(
            num_channels,
            num_channels,
            size,
            stride=stride,
            padding=size // 2,
            groups=num_channels,
            bias=False,
        )
