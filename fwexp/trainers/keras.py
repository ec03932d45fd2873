"""Training by Keras 3's Model.fit on TensorFlow."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from fwexp.config.schema import Config
from fwexp.models import registry
from fwexp.models.initialization import Weights
from fwexp.store.array_file import ArrayFile, ArrayWriter
from fwexp.store.record import Effective
from fwexp.tasks.task import Inputs
from fwexp.trainers.devices import KerasArguments, keras_arguments
from fwexp.trainers.keras_distributed import (
    Part,
    mirrored,
    part_of_batch,
    predict_by_first,
    sum_over_replicas,
)
from fwexp.trainers.keras_losses import LOSSES
from fwexp.trainers.keras_optimizers import TorchFormula
from fwexp.trainers.protocol import Batch, Observer, Recipe
from fwexp.trainers.replicas import batch_statistics, num_replicas

EVALUATION_BATCH = 1000
SAVED = "keras.npz"
ONLY_IN_KERAS = ("seed_generator_state",)  # of an LSTM's dropout, though its rate is 0
ALIGNMENT = 64  # bytes: what TensorFlow asks of a tensor's memory
FIRST_LOSS_SCALE = 2.0**16  # of fp16: torch's, whose GradScaler else moves as Keras's does


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
            del self.pipeline  # it holds a copy of the training set, as the next one will
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
        batches = iter(self.pipeline)
        for count in (0, 1):  # a tf.function is traced at its first call and at its second
            _draw(batches, tf.constant(count))
        started = time.perf_counter()
        _draw(batches, tf.constant(num_batches - 1))
        return (time.perf_counter() - started) / max(1, num_batches - 1)

    def state(self) -> Weights:
        return {name: ops.convert_to_numpy(v).copy() for name, v in self._variables().items()}

    def load_state(self, state: Weights) -> None:
        for name, variable in self._variables().items():
            if name in state:
                variable.assign(state[name])

    def save(self, folder: Path) -> None:
        with ArrayWriter(folder / SAVED) as file:  # one after another: no second copy of them all
            for k, variable in enumerate(self._saved()):
                file.add({str(k): ops.convert_to_numpy(variable)})

    def restore(self, folder: Path) -> None:
        self.model.optimizer.build(self.model.network.trainable_variables)
        with ArrayFile(folder / SAVED) as arrays:
            for variable, array in zip(self._saved(), arrays.values(), strict=True):
                variable.assign(array)

    def _saved(self) -> list[Any]:
        """In an order that is every process's; the seed of each dropout is among them."""
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
        device = self.model.network.trainable_variables[0].value.device
        return Effective(
            device=tf.DeviceSpec.from_string(device).device_type.lower(),
            compute_dtype=self.model.outputs_dtype,
            tf32=tf.config.experimental.tensor_float_32_execution_enabled(),
            compiled=bool(self.model.jit_compile),
            num_threads=tf.config.threading.get_intra_op_parallelism_threads() // self._replicas(),
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


def pipeline(recipe: Recipe) -> tf.data.Dataset:
    """The training set in memory; batch k is gathered when Model.fit asks for it."""
    inputs = as_tensors(recipe.data.train.inputs, recipe.dtype)
    targets = as_tensor(recipe.data.train.targets, recipe.dtype)
    options = tf.data.Options()
    options.autotune.enabled = False  # no worker and no read-ahead: torch's side has none
    # The rewriting of the graph finds nothing here, but copies the whole training set to do so.
    options.experimental_optimization.apply_default_optimizations = False
    rows = tf.data.Dataset.from_tensor_slices(recipe.order)
    batches = rows.map(lambda i: (tuple(tf.gather(x, i) for x in inputs), tf.gather(targets, i)))
    return batches.with_options(options)


@tf.function  # type: ignore[untyped-decorator]  # TensorFlow has no types
def _draw(batches: Any, num_batches: Any) -> None:
    for _ in tf.range(num_batches):  # in the graph, as Model.fit draws them
        next(batches)


def set_up(config: Config, arguments: KerasArguments) -> tf.distribute.Strategy:
    """Pin threads, devices, TF32, dtypes and what a model draws, before TensorFlow's runtime."""
    assert config.hardware.num_threads is not None
    num_threads = config.hardware.num_threads * config.hardware.devices  # one pool for them all
    tf.config.threading.set_intra_op_parallelism_threads(num_threads)
    tf.config.threading.set_inter_op_parallelism_threads(num_threads)
    gpus = tf.config.list_physical_devices("GPU")
    tf.config.set_visible_devices(gpus[: arguments.visible_gpus], "GPU")
    tf.config.experimental.enable_tensor_float_32_execution(config.precision.name == "tf32")
    if arguments.run_eagerly:
        tf.debugging.enable_check_numerics()
    keras.utils.set_random_seed(config.seed)
    keras.config.set_image_data_format("channels_last")  # whatever the user's keras.json says
    keras.config.set_floatx("float64" if arguments.policy == "float64" else "float32")
    keras.config.set_dtype_policy(arguments.policy)
    if arguments.strategy is None:
        return tf.distribute.get_strategy()
    if arguments.strategy == "MirroredStrategy":
        return mirrored(arguments)
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=arguments.tpu_address)
    tf.config.experimental_connect_to_cluster(resolver)
    topology = tf.tpu.experimental.initialize_tpu_system(resolver)
    cores = tf.tpu.experimental.DeviceAssignment.build(topology, num_replicas=arguments.tpu_cores)
    return tf.distribute.TPUStrategy(resolver, experimental_device_assignment=cores)


def _scaled(optimizer: TorchFormula, policy: str) -> keras.optimizers.Optimizer:
    if policy != "mixed_float16":
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=FIRST_LOSS_SCALE)


def as_tensors(inputs: Inputs, dtype: str) -> list[tf.Tensor]:
    """The inputs in the order in which the network takes them."""
    return [as_tensor(array, dtype) for array in inputs.values()]


def as_tensor(array: NDArray[Any], dtype: str) -> tf.Tensor:
    """A copy of the array on the host, real numbers in this dtype: where batches are gathered.

    One copy, where tf.constant would make two.
    """
    kind = np.dtype(dtype) if array.dtype.kind == "f" else array.dtype
    num_bytes = array.size * kind.itemsize
    room = np.empty(num_bytes + ALIGNMENT, dtype=np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    aligned = room[start : start + num_bytes].view(kind).reshape(array.shape)
    aligned[...] = array
    return tf.experimental.dlpack.from_dlpack(aligned.__dlpack__())
