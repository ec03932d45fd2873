"""The lstm in Keras."""

import keras
from keras import layers

from fwexp.models.lstm.spec import Spec


def build(spec: Spec) -> keras.Model:
    """Past values (batch, past) → future ones (batch, future)."""
    inputs = keras.Input((spec.sequence_length,))
    x = layers.Reshape(spec.steps())(inputs)
    for i in range(spec.depth):
        x = layers.LSTM(spec.width, return_sequences=True, name=f"lstm{i}")(x)
    return keras.Model(inputs, layers.Dense(spec.target_length, name="head")(x[:, -1]))
