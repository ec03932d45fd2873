"""ResNet-50 in PyTorch."""

from collections import OrderedDict

from torch import Tensor, nn

from fwexp.models.resnet50.spec import STAGES, Bottleneck, Spec
from fwexp.models.torch_layers import Mean


class Block(nn.Module):
    """(batch, channels in, height, width) → (batch, channels out, height / stride, …)."""

    def __init__(self, block: Bottleneck, spec: Spec) -> None:
        super().__init__()
        first, second, third = block.convolutions
        self.conv0, self.norm0, self.relu0 = conv(*first), norm(first[2], spec), nn.ReLU()
        self.conv1, self.norm1, self.relu1 = conv(*second), norm(second[2], spec), nn.ReLU()
        self.conv2, self.norm2, self.relu2 = conv(*third), norm(third[2], spec), nn.ReLU()
        self.has_shortcut = block.has_shortcut
        if block.has_shortcut:
            self.shortcut = conv(1, block.num_in, block.num_out, block.stride)
            self.shortcut_norm = norm(block.num_out, spec)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu0(self.norm0(self.conv0(x)))
        y = self.relu1(self.norm1(self.conv1(y)))
        y = self.norm2(self.conv2(y))
        if self.has_shortcut:
            x = self.shortcut_norm(self.shortcut(x))
        out: Tensor = self.relu2(y + x)
        return out


def build(spec: Spec) -> nn.Module:
    """(batch, channels, height, width) → logits (batch, num_classes)."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv"] = conv(spec.stem_size, spec.image_shape[2], spec.width, spec.stem_stride)
    layers["norm"], layers["relu"] = norm(spec.width, spec), nn.ReLU()
    if spec.stem_pool:
        layers["pool"] = nn.MaxPool2d(3, 2, padding=1)
    blocks = iter(spec.bottlenecks())
    for stage, depth in enumerate(STAGES):
        own: dict[str, nn.Module] = {f"block{i}": Block(next(blocks), spec) for i in range(depth)}
        layers[f"stage{stage}"] = nn.Sequential(OrderedDict(own))
    layers["mean"] = Mean()
    layers["head"] = nn.Linear(spec.bottlenecks()[-1].num_out, spec.num_classes)
    return nn.Sequential(layers)


def conv(size: int, num_in: int, num_out: int, stride: int) -> nn.Conv2d:
    """A convolution without a bias, padded by half its kernel."""
    return nn.Conv2d(num_in, num_out, size, stride=stride, padding=size // 2, bias=False)


def norm(num_channels: int, spec: Spec) -> nn.BatchNorm2d:
    """A BatchNorm; torch counts the share of its statistics that a step replaces."""
    return nn.BatchNorm2d(num_channels, eps=spec.norm_epsilon, momentum=1.0 - spec.norm_momentum)
