"""Training by Keras 3's Model.fit on TensorFlow."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from fwexp.hardware.table import hardware_of
from fwexp.models import registry
from fwexp.models.initialization import Weights
from fwexp.store.array_file import ArrayFile, ArrayWriter
from fwexp.store.record import Effective
from fwexp.tasks.task import Inputs
from fwexp.trainers.devices import keras_arguments
from fwexp.trainers.keras_distributed import part_of_batch, predict_by_first
from fwexp.trainers.keras_input import as_tensors, drain, pipeline
from fwexp.trainers.keras_losses import LOSSES
from fwexp.trainers.keras_module import Network
from fwexp.trainers.keras_optimizers import TorchFormula
from fwexp.trainers.keras_setup import set_up
from fwexp.trainers.protocol import Batch, Observer, Recipe
from fwexp.trainers.replicas import batch_statistics, num_replicas

EVALUATION_BATCH = 1000
SAVED = "keras.npz"
ONLY_IN_KERAS = ("seed_generator_state",)  # of an LSTM's dropout, though its rate is 0
FIRST_LOSS_SCALE = 2.0**16  # for fp16: torch's; otherwise its GradScaler moves as Keras's does


class Steps(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells the observer of every step, and keeps the losses."""

    def __init__(self, observer: Observer, losses: list[float], *, first_step: int) -> None:
        super().__init__()
        self.observer = observer
        self.losses = losses
        self.first_step = first_step

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.observer.before_step(self.first_step + batch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.losses.append(logs["loss"])
        self.observer.after_step(self.first_step + batch)


class KerasTrainer:
    """The Trainer protocol over keras.Model.fit; no progress bar."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        arguments = keras_arguments(recipe.config, dtype=recipe.dtype)
        strategy = set_up(recipe.config, arguments)
        with strategy.scope():
            network = registry.build(recipe.config.model, recipe.spec, framework="tf")
            part = part_of_batch(recipe) if num_replicas(recipe.config) > 1 else None
            self.model = Network(network, LOSSES[recipe.task.loss], part=part)
            self.optimizer = TorchFormula(recipe.config.optimizer, recipe.learning_rates)
            self.optimizer.build(network.trainable_variables)
            optimizer = _scaled(self.optimizer, arguments.policy)
            self.model.compile(
                optimizer=optimizer,
                jit_compile=arguments.jit_compile,
                run_eagerly=arguments.run_eagerly,
            )
        by_one = self.model.predict_on_batch
        self.predict_batch = predict_by_first(self.model) if part else by_one
        self.pipeline = pipeline(recipe)
        self.test_inputs = as_tensors(recipe.data.test.inputs, recipe.dtype)
        self.step_losses: list[float] = []
        self.load_state(recipe.weights)

    def fit(self, observer: Observer, *, first_step: int = 0) -> None:
        steps = Steps(observer, self.step_losses, first_step=first_step)
        if first_step:
            del self.pipeline  # it holds a copy of the training set, and so will the next one
            self.pipeline = pipeline(replace(self.recipe, order=self.recipe.order[first_step:]))
        self.model.fit(self.pipeline, epochs=1, verbose=0, shuffle=False, callbacks=[steps])

    def losses(self) -> list[float]:
        return [float(loss) for loss in self.step_losses]

    def predict(self, inputs: Inputs) -> NDArray[Any]:
        is_test = inputs is self.recipe.data.test.inputs
        tensors = self.test_inputs if is_test else as_tensors(inputs, self.recipe.dtype)
        parts = [
            self.predict_batch([t[i : i + EVALUATION_BATCH] for t in tensors])
            for i in range(0, len(tensors[0]), EVALUATION_BATCH)
        ]
        return np.concatenate(parts).astype(self.recipe.dtype)

    def batches(self) -> Iterator[Batch]:
        names = self.recipe.data.train.inputs
        for inputs, targets in self.pipeline.as_numpy_iterator():
            yield dict(zip(names, inputs, strict=True)), targets

    def drain(self, num_batches: int) -> float:
        return drain(self.pipeline, num_batches)

    def state(self) -> Weights:
        return {name: ops.convert_to_numpy(v).copy() for name, v in self._variables().items()}

    def load_state(self, state: Weights, *, step: int | None = None) -> None:
        for name, variable in self._variables().items():
            if name in state:
                variable.assign(state[name])
            elif step is not None:  # a slot that torch makes in its first step
                variable.assign(ops.zeros_like(variable))
        if step is not None:
            self.optimizer.iterations.assign(step)

    def save(self, folder: Path) -> None:
        with ArrayWriter(folder / SAVED) as file:  # one at a time: no second copy of them all
            for k, variable in enumerate(self._saved()):
                file.add({str(k): ops.convert_to_numpy(variable)})

    def restore(self, folder: Path) -> None:
        self.model.optimizer.build(self.model.network.trainable_variables)
        with ArrayFile(folder / SAVED) as arrays:
            for variable, array in zip(self._saved(), arrays.values(), strict=True):
                variable.assign(array)

    def _saved(self) -> list[Any]:
        """In the same order in every process; each dropout's seed is among them."""
        return [*self.model.network.variables, *self.model.optimizer.variables]

    def _variables(self) -> dict[str, Any]:
        ours = [v for v in self.model.network.variables if v.name not in ONLY_IN_KERAS]
        named = {spec_name(v): v for v in ours}
        trainable = self.model.network.trainable_variables
        slots = {
            f"{spec_name(variable)}/{slot}": value
            for slot, values in self.optimizer.slots.items()
            for variable, value in zip(trainable, values, strict=True)
        }
        return named | slots

    def synchronize(self) -> None:
        tf.test.experimental.sync_devices()

    def effective(self) -> Effective:
        threading = tf.config.threading
        device = self.model.network.trainable_variables[0].value.device
        return Effective(
            device=hardware_of(tf.DeviceSpec.from_string(device).device_type, framework="tf"),
            compute_dtype=self.model.outputs_dtype,
            tf32=tf.config.experimental.tensor_float_32_execution_enabled(),
            compiled=bool(self.model.jit_compile),
            num_threads=threading.get_intra_op_parallelism_threads() // self._replicas(),
            num_interop_threads=threading.get_inter_op_parallelism_threads() // self._replicas(),
            num_replicas=self._replicas(),
            batch_statistics=self._batch_statistics(),
        )

    def _replicas(self) -> int:
        return int(self.model.distribute_strategy.num_replicas_in_sync)

    def _batch_statistics(self) -> str:
        if any(getattr(layer, "synchronized", False) for layer in self.model.network.layers):
            return "synchronised"
        return batch_statistics(self._replicas())


def spec_name(variable: Any) -> str:
    """conv0/kernel → conv0.kernel; lstm0/lstm_cell/kernel → lstm0.kernel."""
    return str(variable.path).replace("/lstm_cell/", "/").replace("/", ".")


def _scaled(optimizer: TorchFormula, policy: str) -> keras.optimizers.Optimizer:
    if policy != "mixed_float16":
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=FIRST_LOSS_SCALE)
