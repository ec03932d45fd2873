"""A look inside a KerasTrainer: what each block puts out, and the gradients."""

from typing import Any

import keras
from keras import ops

from fwexp.models.initialization import Weights
from fwexp.trainers.keras_input import as_tensor, as_tensors
from fwexp.trainers.keras_trainer import KerasTrainer, spec_name
from fwexp.trainers.protocol import Batch


def block_outputs(trainer: KerasTrainer, batch: Batch) -> dict[str, tuple[Any, str]]:
    """Each block's output in training mode, as the spec lays it out, and its dtype."""
    network = trainer.model.network
    blocks = trainer.recipe.spec.blocks()
    tapped = keras.Model(network.inputs, [network.get_layer(b).output for b in blocks])
    outputs = tapped(as_tensors(batch[0], trainer.recipe.dtype), training=True)
    return {
        block: (
            ops.convert_to_numpy(ops.cast(output, "float64")),
            keras.backend.standardize_dtype(output.dtype),
        )
        for block, output in zip(blocks, outputs, strict=True)
    }


def gradients(trainer: KerasTrainer, batch: Batch) -> tuple[float, Weights]:
    """The training step's own loss on this batch, and its gradient by every weight it reaches."""
    inputs = as_tensors(batch[0], trainer.recipe.dtype)
    targets = as_tensor(batch[1], trainer.recipe.dtype)
    loss, values = trainer.model.loss_and_gradients(inputs, targets)
    scale = float(trainer.model.optimizer.scale_loss(1.0))  # fp16's
    variables = trainer.model.trainable_variables
    named = zip(variables, values, strict=True)
    return float(loss), {
        spec_name(v): ops.convert_to_numpy(g) / scale for v, g in named if g is not None
    }
