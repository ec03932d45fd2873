"""GNMT v2 in Keras."""

from typing import Any

import keras
from keras import layers, ops

from fwexp.data.tokens import PAD
from fwexp.models.gnmt.spec import Spec

NEVER = -65504.0  # the score of a padded position: the lowest that float16 holds


class Attention(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Queries (batch, positions, width) and keys → a context for each query."""

    def build(self, query_shape: Any, *_: Any) -> None:
        width = query_shape[-1]
        self.vector = self.add_weight(shape=(width,), name="vector")
        self.scale = self.add_weight(shape=(1,), name="scale")
        self.bias = self.add_weight(shape=(width,), name="bias")

    def call(self, query: Any, key: Any, value: Any, source: Any) -> Any:
        vector = self.vector * (self.scale / ops.sqrt(ops.sum(ops.square(self.vector))))
        hidden = ops.tanh(query[:, :, None] + key[:, None] + self.bias)
        scores = ops.squeeze(ops.matmul(hidden, vector[:, None]), -1)
        never = ops.convert_to_tensor(NEVER, dtype=scores.dtype)
        scores = ops.where((source == PAD)[:, None], never, scores)
        return ops.matmul(ops.softmax(scores, axis=-1), value)


class Reverse(layers.Layer):  # type: ignore[misc]
    """Each sentence of x (batch, positions, width) from last token to first, then padding."""

    def call(self, x: Any, source: Any) -> Any:
        position = ops.arange(source.shape[1], dtype="int32")
        length = ops.sum(ops.cast(source != PAD, "int32"), axis=1, keepdims=True)
        index = ops.where(position < length, length - 1 - position, position)
        return ops.take_along_axis(x, index[:, :, None], axis=1)


def build(spec: Spec) -> keras.Model:
    """Source and shifted target (batch, positions) → logits (batch, positions, rows)."""
    source = keras.Input((spec.sequence_length,), dtype="int32", name="source")
    target_in = keras.Input((spec.target_length,), dtype="int32", name="target_in")
    embedding = layers.Embedding(spec.rows(), spec.width, name="embedding")
    lstms = {n: layers.LSTM(spec.width, return_sequences=True, name=n) for n in spec.lstms()}

    x = embedding(source)
    forward = lstms["encoder0_forward"](x)
    backward = lstms["encoder0_backward"](Reverse()(x, source))
    x = layers.Concatenate()([forward, Reverse()(backward, source)])
    x = lstms["encoder1"](x)
    for i in range(2, spec.depth):
        x = layers.Add()([lstms[f"encoder{i}"](x), x])
    encoded = x

    x = lstms["decoder0"](embedding(target_in))
    query = layers.Dense(spec.width, use_bias=False, name="attention_query")(x)
    key = layers.Dense(spec.width, use_bias=False, name="attention_key")(encoded)
    context = Attention(name="attention")(query, key, encoded, source)
    x = lstms["decoder1"](layers.Concatenate()([x, context]))
    for i in range(2, spec.depth):
        x = layers.Add()([lstms[f"decoder{i}"](layers.Concatenate()([x, context])), x])
    return keras.Model([source, target_in], layers.Dense(spec.rows(), name="classifier")(x))
