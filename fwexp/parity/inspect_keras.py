"""A look inside a KerasTrainer: what each block puts out, and the gradients."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from fwexp.models.initialization import Weights
from fwexp.trainers.keras import KerasTrainer, spec_name

Batch = tuple[NDArray[np.floating], NDArray[np.int64]]


def block_outputs(trainer: KerasTrainer, batch: Batch) -> dict[str, tuple[Any, str]]:
    """Each block's output in training mode, as the spec lays it out, and its dtype."""
    network = trainer.model.network
    blocks = trainer.job.spec.blocks()
    tapped = keras.Model(network.inputs, [network.get_layer(b).output for b in blocks])
    outputs = tapped(ops.convert_to_tensor(batch[0], dtype=trainer.job.dtype), training=True)
    return {
        block: (
            ops.convert_to_numpy(ops.cast(output, "float64")),
            keras.backend.standardize_dtype(output.dtype),
        )
        for block, output in zip(blocks, outputs, strict=True)
    }


def gradients(trainer: KerasTrainer, batch: Batch) -> tuple[float, Weights]:
    """The training step's own loss on this batch, and its gradient by every weight it reaches."""
    x = ops.convert_to_tensor(batch[0], dtype=trainer.job.dtype)
    loss, values = trainer.model.loss_and_gradients(x, ops.convert_to_tensor(batch[1]))
    variables = trainer.model.trainable_variables
    named = zip(variables, values, strict=True)
    return float(loss), {spec_name(v): ops.convert_to_numpy(g) for v, g in named if g is not None}
