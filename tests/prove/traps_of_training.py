"""The traps in the trainers: their input, loss, gradients, evaluation and precision."""

from tests.prove.traps import NONE, Rewrite, Trap


def shuffled_within_a_buffer(pipeline):
    return lambda recipe: pipeline(recipe).shuffle(8, seed=0)


def scaled_again(as_tensor):
    return lambda array, dtype: as_tensor(array / 2 if array.dtype.kind == "f" else array, dtype)


def without_the_initial_weights(load_state):
    def changed(self, state, **step):
        if state is not self.recipe.weights:
            load_state(self, state, **step)

    return changed


def in_training_mode(predict):
    from unittest import mock

    from torch import nn

    def changed(self, inputs):
        with mock.patch.object(nn.Module, "eval", nn.Module.train):
            return predict(self, inputs)

    return changed


def of_probabilities(cross_entropy):
    return lambda logits, labels: cross_entropy(logits.softmax(dim=-1), labels)


def reporting_a_running_mean(network):
    import keras

    class Reporting(network):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.mean_loss = keras.metrics.Mean(dtype="float64")

        def train_step(self, data):
            self.mean_loss.update_state(super().train_step(data)["loss"])
            return {"loss": self.mean_loss.result()}

    return Reporting


def clipped_each_by_its_norm(loss_and_gradients):
    import tensorflow as tf

    def changed(self, inputs, targets):
        loss, gradients = loss_and_gradients(self, inputs, targets)
        return loss, [tf.clip_by_norm(gradient, 0.1) for gradient in gradients]

    return changed


def with_the_initial_weights(predict):
    def changed(self, inputs):
        now = self.state()
        self.load_state(self.recipe.weights)
        outputs = predict(self, inputs)
        self.load_state(now)
        return outputs

    return changed


def of_whole_batches(predict):
    return lambda self, inputs: (outputs := predict(self, inputs))[: len(outputs) // 64 * 64]


def mixed_for_float32(keras_arguments):
    from dataclasses import replace

    def changed(config, *, dtype="float32"):
        arguments = keras_arguments(config, dtype=dtype)
        is_float32 = arguments.policy == "float32"
        return replace(arguments, policy="mixed_bfloat16") if is_float32 else arguments

    return changed


def of_the_other_16_bits(keras_arguments):
    from dataclasses import replace

    def changed(config, *, dtype="float32"):
        arguments = keras_arguments(config, dtype=dtype)
        is_bfloat16 = arguments.policy == "mixed_bfloat16"
        return replace(arguments, policy="mixed_float16") if is_bfloat16 else arguments

    return changed


TRAINING_TRAPS = [
    Trap(
        what="a bounded shuffle buffer instead of the common sample order",
        stage="data",
        at="fwexp.trainers:pipeline",
        framework="tf",
        wrap=shuffled_within_a_buffer,
    ),
    Trap(
        what="pixels scaled a second time",
        stage="data",
        at="fwexp.trainers:as_tensor",
        framework="torch",
        wrap=scaled_again,
    ),
    Trap(
        what="the framework's own initialisation",
        stage="initial weights",
        at="fwexp.trainers:KerasTrainer.load_state",
        wrap=without_the_initial_weights,
    ),
    Trap(
        what="evaluated in training mode",
        stage="forward",
        at="fwexp.trainers:LightningTrainer.predict",
        wrap=in_training_mode,
        where="evaluation",
    ),
    Trap(  # in torch: Keras finds such a softmax in its graph, and takes it out again
        what="softmax twice: the loss is given probabilities for logits",
        stage="loss",
        at="fwexp.trainers:cross_entropy",
        framework="torch",
        wrap=of_probabilities,
        where="loss",
    ),
    Trap(
        what="label smoothing in one of the two",
        stage="loss",
        at="fwexp.trainers:cross_entropy",
        framework="torch",
        rewrites=(Rewrite(call="cross_entropy", keywords={"label_smoothing": "0.01"}),),
        where="loss",
    ),
    Trap(
        what="the reported loss is a running mean, as Keras's own log is",
        stage="loss",
        at="fwexp.trainers:Network",
        framework="tf",
        wrap=reporting_a_running_mean,
        where="reported at step 2",
        no_run="the training itself is the same",
    ),
    Trap(
        what="gradients clipped, each by its own norm",
        stage="gradients",
        at="fwexp.trainers:Network.loss_and_gradients",
        wrap=clipped_each_by_its_norm,
    ),
    Trap(
        what="evaluates the weights that the training started from",
        stage="evaluation after training",
        at="fwexp.trainers:KerasTrainer.predict",
        wrap=with_the_initial_weights,
    ),
    Trap(
        what="a mixed policy where float32 was asked for",
        stage="forward in float32",
        at="fwexp.trainers:keras_arguments",
        wrap=mixed_for_float32,
    ),
    Trap(
        what="evaluates only whole batches of the test set",
        stage="forward in float32",
        at="fwexp.trainers:KerasTrainer.predict",
        wrap=of_whole_batches,
        where="a run's first evaluation",
    ),
    Trap(
        what="the other 16-bit type",
        stage="dtypes",
        at="fwexp.trainers:keras_arguments",
        wrap=of_the_other_16_bits,
        overrides=("precision=bf16",),
        where="conv0",
    ),
    Trap(
        what="denormal numbers kept by torch, which TensorFlow flushes to zero",
        stage=NONE,
        at="fwexp.trainers:set_up",
        framework="torch",
        rewrites=(Rewrite(call="set_flush_denormal", positional=("False",)),),
    ),
]
