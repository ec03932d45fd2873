"""The bare TensorFlow loop that Model.fit is held against: one tf.function and a for loop."""

import time
from typing import Any

import tensorflow as tf
from keras import ops

from fwexp.models import registry
from fwexp.models.initialization import Weights
from fwexp.trainers.devices import keras_arguments
from fwexp.trainers.keras_input import pipeline
from fwexp.trainers.keras_optimizers import TorchFormula
from fwexp.trainers.keras_setup import set_up
from fwexp.trainers.keras_trainer import spec_name
from fwexp.trainers.protocol import Recipe


def train(recipe: Recipe, *, num_first: int) -> tuple[float, Weights]:
    """Milliseconds per step after the first ones, and the weights at the end."""
    set_up(recipe.config, keras_arguments(recipe.config))
    network = registry.build(recipe.config.model, recipe.spec, framework="tf")
    for variable in network.variables:
        if spec_name(variable) in recipe.weights:
            variable.assign(recipe.weights[spec_name(variable)])
    optimizer = TorchFormula(recipe.config.optimizer, recipe.learning_rates)
    weights = network.trainable_variables
    optimizer.build(weights)

    def train_step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            logits = network(x, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, weights)
        optimizer.apply_gradients(zip(gradients, weights, strict=True))

    compiled = tf.function(train_step, jit_compile=False)
    started = time.perf_counter()
    for step, ((x,), y) in enumerate(pipeline(recipe)):
        if step == num_first:
            started = time.perf_counter()
        compiled(x, y)
    seconds = time.perf_counter() - started
    state = {spec_name(v): ops.convert_to_numpy(v).copy() for v in network.variables}
    return 1000 * seconds / (len(recipe.order) - num_first), state
