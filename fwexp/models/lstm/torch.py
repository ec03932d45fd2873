"""The lstm in PyTorch."""

from torch import Tensor, nn

from fwexp.models.lstm.spec import Spec
from fwexp.models.torch_lstm import one_bias_lstm


class Forecaster(nn.ModuleDict):
    """Past values (batch, past) → future ones (batch, future)."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        for i in range(spec.depth):
            num_in = spec.values_per_step if i == 0 else spec.width
            self[f"lstm{i}"] = one_bias_lstm(num_in, spec.width)
        self["head"] = nn.Linear(spec.width, spec.target_length)

    def forward(self, past: Tensor) -> Tensor:
        x = past.reshape(-1, *self.spec.steps())
        for i in range(self.spec.depth):
            x, _ = self[f"lstm{i}"](x)
        future: Tensor = self["head"](x[:, -1])
        return future


def build(spec: Spec) -> nn.Module:
    """Past values (batch, past) → future ones (batch, future)."""
    return Forecaster(spec)
