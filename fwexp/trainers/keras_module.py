"""The model and its loss as Model.fit runs them."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from fwexp.trainers.keras_distributed import Part, sum_over_replicas


class Network(keras.Model):  # type: ignore[misc]  # Keras has no types
    """The model and its loss, with the train step that Model.fit runs."""

    def __init__(
        self, network: keras.Model, loss: Callable[[Any, Any], Any], *, part: Part | None
    ) -> None:
        super().__init__()
        self.network = network
        self.batch_loss = loss
        self.part = part  # None: the batch is whole
        self.outputs_dtype = ""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        # as the network has them: Keras warns of a list of one, and of a tuple
        given = inputs[0] if len(inputs) == 1 else list(inputs)
        return self.network(given, training=training)

    def train_step(self, data: Any) -> dict[str, Any]:
        loss, gradients = self.loss_and_gradients(*data)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss if self.part is None else sum_over_replicas(loss)}

    def loss_and_gradients(self, inputs: Any, targets: Any) -> tuple[Any, list[Any]]:
        """The batch's loss, and the gradient of the (scaled, for fp16) loss by each weight."""
        with tf.GradientTape() as tape:
            outputs = self(inputs, training=True)
            at_least_float32 = keras.backend.result_type(outputs.dtype, "float32")
            loss = self.batch_loss(ops.cast(outputs, at_least_float32), targets)
            if self.part is not None:
                loss = loss * self.part(targets, loss.dtype)
            scaled = self.optimizer.scale_loss(loss)
        self.outputs_dtype = keras.backend.standardize_dtype(outputs.dtype)
        gradients = tape.gradient(scaled, self.trainable_variables)
        # An embedding's comes as slices, a row twice where its token is in the batch twice: to
        # square those is not to square the gradient. torch's are whole, and update every row.
        return loss, [None if g is None else tf.convert_to_tensor(g) for g in gradients]
