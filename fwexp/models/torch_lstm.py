"""A torch LSTM without redundant parameters, to match Keras's."""

from torch import nn


def one_bias_lstm(num_in: int, num_out: int) -> nn.LSTM:
    """(batch, positions, num_in) → (batch, positions, num_out); the second bias is zero and frozen.

    Torch adds two biases where the formula has one.
    """
    lstm = nn.LSTM(num_in, num_out, batch_first=True)
    second = lstm.get_parameter("bias_hh_l0")
    nn.init.zeros_(second)
    second.requires_grad_(False)
    return lstm
