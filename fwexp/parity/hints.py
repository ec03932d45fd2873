"""The known traps, the failures each explains, and how a failed stage is told of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from fwexp.parity.pair import Pair
from fwexp.parity.symptoms import Failure
from fwexp.store.certificate import Stage

MAX_HINTS = 3
FORWARD = ("forward",)
STEP = ("optimizer steps", "optimizer state")
NUMBERS = ("loss", "gradients", *STEP, "statistics")
WINDOWED = ("convolution", "depthwise", "pooling")
ADAMS = ("adam", "adamw")
LEAST_DROPPED = 0.05  # a rate of 0.01 changes a layer's inputs by √(0.01 / 0.99), a tenth


def add_hints(stages: list[Stage], pair: Pair, *, optimizer: str) -> list[Stage]:
    """The same stages, of which the first that failed names its probable traps; the others may
    follow from it."""
    failed = next((stage for stage in stages if not stage.passed), None)
    if failed is None:
        return stages
    traps = probable_traps(Failure(stage=failed, pair=pair, optimizer=optimizer))
    if not traps:
        return stages
    hinted = replace(failed, detail=f"{failed.detail}; probable trap: {'; or '.join(traps)}")
    return [hinted if stage is failed else stage for stage in stages]


def probable_traps(failure: Failure) -> list[str]:
    """At most three, the most likely first; none where nothing known looks like it."""
    fitting = [hint for hint in HINTS if hint.explains(failure)]
    fitting.sort(key=lambda hint: hint.is_of_another_layer(failure))
    return list(dict.fromkeys(hint.sentence(failure) for hint in fitting))[:MAX_HINTS]


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A trap, and the failures that it explains; an empty field stands for any."""

    trap: str  # "{factor}": Keras's numbers are torch's times this
    stages: tuple[str, ...]
    layers: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    optimizers: tuple[str, ...] = ()
    fits: Callable[[Failure], bool] = lambda _: True

    def explains(self, failure: Failure) -> bool:
        return (
            failure.stage.name in self.stages
            and (not self.layers or not failure.suspects.isdisjoint(self.layers))
            and (not self.leaves or failure.leaf in self.leaves)
            and (not self.optimizers or failure.optimizer in self.optimizers)
            and self.fits(failure)
        )

    def is_of_another_layer(self, failure: Failure) -> bool:
        """Whether it explains the failure by a layer before, whose outputs are not compared."""
        return bool(self.layers) and failure.layer not in self.layers

    def sentence(self, failure: Failure) -> str:
        return self.trap.format(factor=f"{failure.factor:.4g}" if failure.factor else "")


def _at_evaluation(failure: Failure) -> bool:
    return failure.name == "evaluation"


def _looks_dropped(failure: Failure) -> bool:
    """By its zeros; behind a dense layer, which mixes them, by the size of what is lost."""
    if failure.layer == "dropout" or failure.is_zeroed:
        return True
    only_dense = failure.suspects <= {"dense", "embedding"} and failure.layer == "dense"
    return only_dense and failure.stage.difference > LEAST_DROPPED and not failure.is_activated


def _reported(failure: Failure) -> bool:
    return failure.stage.where.startswith("reported")


def _in_one_only(failure: Failure) -> bool:
    return failure.stage.detail.startswith("only ")


def _has_factor(failure: Failure) -> bool:
    return failure.factor is not None


def _is_many_times(failure: Failure) -> bool:
    """Whether one is a whole number of times the other, as a sum is of its mean."""
    times = abs(failure.factor or 1.0)
    times = max(times, 1 / times)
    return times > 1.5 and abs(times - round(times)) < 1e-6 * times


# In order of certainty: a hint that needs a sign in the numbers stands before one that goes by the
# kind of layer, and that before one that fits every failure of its stage.
HINTS = [
    # data, shapes, parameters, weights, outputs
    Hint(
        trap="gelu or leaky_relu computed in float32 within float64",
        stages=FORWARD,
        layers=("activation",),
        fits=lambda f: f.is_rounding,
    ),
    Hint(
        trap="attention's scale cast to float32",
        stages=FORWARD,
        layers=("attention",),
        fits=lambda f: f.is_rounding,
    ),
    Hint(
        trap="float32 within float64: a Python number cast to float32",
        stages=FORWARD,
        fits=lambda f: f.is_rounding,
    ),
    Hint(
        trap="padding: the images differ only at their borders",
        stages=FORWARD,
        fits=lambda f: f.is_at_border,
    ),
    Hint(
        trap="a nonzero slope below zero: leaky_relu or gelu in one, relu in the other",
        stages=FORWARD,
        layers=("activation",),
        fits=lambda f: f.passes_negatives,
    ),
    Hint(
        trap="relu6 in one, relu in the other",
        stages=FORWARD,
        layers=("activation",),
        fits=lambda f: f.cuts_at_six,
    ),
    Hint(
        trap="gelu in its tanh form in one, in its erf form in the other",
        stages=FORWARD,
        layers=("activation",),
        fits=lambda f: 1e-6 < f.stage.difference < 1e-2 and "relu" not in f.name,
    ),
    Hint(
        trap="a scale: Keras's numbers are {factor} times torch's",
        stages=FORWARD,
        fits=lambda f: f.factor is not None,
    ),
    Hint(
        trap="a final softmax in one model only",
        stages=FORWARD,
        fits=lambda f: _at_evaluation(f) and f.sums_to_one,
    ),
    Hint(
        trap="evaluated in training mode: BatchNorm's or dropout's flag",
        stages=FORWARD,
        fits=lambda f: _at_evaluation(f) and not f.sums_to_one,
    ),
    Hint(
        trap="same padding at stride 2, which TensorFlow adds on one side",
        stages=FORWARD,
        layers=WINDOWED,
        fits=lambda f: f.halves,
    ),
    Hint(
        trap="flattened channels first in one, channels last in the other",
        stages=FORWARD,
        layers=("dense",),
        fits=lambda f: f.flattens,
    ),
    Hint(
        trap="BatchNorm's epsilon: the default is 1e-3 in Keras, 1e-5 in torch",
        stages=FORWARD,
        layers=("batch norm",),
        fits=lambda f: f.arrays is None or f.is_scaled_by_channel,
    ),
    Hint(
        trap="BatchNorm in evaluation mode in one framework",
        stages=FORWARD,
        layers=("batch norm",),
        fits=lambda f: f.stage.difference > 1e-2 and (f.arrays is None or f.is_scaled_by_channel),
    ),
    Hint(
        trap="LayerNormalization's epsilon: the default is 1e-3 in Keras, 1e-5 in torch",
        stages=FORWARD,
        layers=("layer norm",),
    ),
    Hint(
        trap="the order of the gates: i,f,c,o in an LSTM; r,z in torch's GRU, z,r in Keras's",
        stages=FORWARD,
        layers=("recurrent",),
    ),
    Hint(
        trap="torch's second bias, which must stay zero and frozen",
        stages=FORWARD,
        layers=("recurrent",),
    ),
    Hint(
        trap="hard_sigmoid instead of sigmoid in the gates, a mask, or the reverse direction",
        stages=FORWARD,
        layers=("recurrent",),
    ),
    Hint(
        trap="attention's scale: 1/√(head size) in one framework only",
        stages=FORWARD,
        layers=("attention",),
    ),
    Hint(
        trap="attention's mask: missing, or hiding different positions",
        stages=FORWARD,
        layers=("attention",),
    ),
    Hint(
        trap="padding in average pooling: counted by torch, excluded by Keras",
        stages=FORWARD,
        layers=("pooling",),
    ),
    Hint(trap="ceil_mode pooling in torch", stages=("forward", "shapes"), layers=("pooling",)),
    Hint(trap="a different activation", stages=FORWARD, layers=("activation",)),
    Hint(
        trap="an embedding's scale, its padding row, or mask_zero",
        stages=FORWARD,
        layers=("embedding",),
    ),
    Hint(
        trap="an activation inside the layer",
        stages=FORWARD,
        layers=("convolution", "depthwise", "dense"),
        fits=lambda f: f.is_activated,
    ),
    Hint(
        trap="dilation in one framework only",
        stages=FORWARD,
        layers=("convolution", "depthwise"),
        fits=lambda f: f.window > 1,
    ),
    Hint(trap="dropout active in one framework only", stages=FORWARD, fits=_looks_dropped),
    Hint(
        trap="the framework's own shuffle: a bounded buffer instead of the common order",
        stages=("data",),
        fits=lambda f: not f.has_same_targets,
    ),
    Hint(
        trap="the last, smaller batch kept in one framework only",
        stages=("data",),
        fits=lambda f: "nothing" in f.stage.detail,
    ),
    Hint(
        trap="samples scaled or normalised in one framework only",
        stages=("data",),
        fits=lambda f: f.has_same_targets,
    ),
    Hint(
        trap="augmentation or resizing in one framework only",
        stages=("data",),
        fits=lambda f: f.has_same_targets,
    ),
    Hint(
        trap="padding: missing in one framework, or same versus valid",
        stages=("shapes",),
        layers=WINDOWED,
    ),
    Hint(
        trap="images as channels first (NCHW) in one, channels last (NHWC) in the other",
        stages=("forward", "shapes"),
        layers=WINDOWED,
    ),
    Hint(
        trap="torch's second LSTM bias, or GRU's reset_after",
        stages=("parameters",),
        layers=("recurrent",),
    ),
    Hint(
        trap="a default bias: turned off by use_bias=False in Keras, bias=False in torch",
        stages=("parameters",),
        leaves=("bias",),
    ),
    Hint(
        trap="a norm's scale, shift or running statistics in one framework only",
        stages=("parameters",),
        layers=("batch norm", "layer norm"),
    ),
    Hint(
        trap="a kernel's layout: (in, out) in Keras, (out, in) in torch",
        stages=("parameters",),
        leaves=("kernel", "recurrent_kernel"),
    ),
    Hint(
        trap="the framework's own initialisation: the spec's weights never reached it",
        stages=("initial weights",),
    ),
    Hint(
        trap="an evaluation without the last, smaller batch",
        stages=("forward in float32",),
        fits=lambda f: f.stage.difference == float("inf"),
    ),
    Hint(
        trap="TF32 or a mixed policy where float32 was asked for",
        stages=("forward in float32",),
    ),
    Hint(
        trap="a layer with a dtype of its own",
        stages=("dtypes", "forward in float32"),
    ),
    Hint(
        trap="operations that torch's autocast, but not Keras's policy, keeps in float32",
        stages=("dtypes",),
    ),
    # loss, gradients, steps
    Hint(
        trap="the learning rate or another constant cast to float32",
        stages=STEP,
        fits=lambda f: f.is_rounding,
    ),
    Hint(
        trap="float32 within float64: a Python number cast to float32",
        stages=NUMBERS,
        fits=lambda f: f.is_rounding,
    ),
    Hint(
        trap="Keras's own log, a running mean over the steps",
        stages=("loss",),
        fits=lambda f: f.is_running_mean,
    ),
    Hint(
        trap="a weight that only one framework has and trains, such as torch's second LSTM bias",
        stages=("loss",),
        fits=_reported,
    ),
    Hint(
        trap="a loss reported for a different batch, or after the step",
        stages=("loss",),
        fits=_reported,
    ),
    Hint(
        trap="a sum in one, a mean in the other",
        stages=("loss",),
        fits=_is_many_times,
    ),
    Hint(
        trap="softmax twice: in the model or before the loss, and in it",
        stages=("loss",),
        fits=lambda f: not _reported(f),
    ),
    Hint(
        trap="a regularizer, whose penalty Keras adds to the loss",
        stages=("loss",),
        fits=lambda f: not _reported(f) and f.keras_is_larger,
    ),
    Hint(
        trap="label smoothing in one framework only",
        stages=("loss",),
        fits=lambda f: not _reported(f),
    ),
    Hint(
        trap="a mean over different samples: weights, or a mask",
        stages=("loss",),
        fits=lambda f: not _reported(f),
    ),
    Hint(
        trap="a layer frozen, or cut from the graph, in one framework",
        stages=("gradients",),
        fits=_in_one_only,
    ),
    Hint(
        trap="each gradient clipped by its own norm (Keras's clipnorm): Keras's are {factor} times "
        "torch's",
        stages=("gradients",),
        fits=_has_factor,
    ),
    Hint(
        trap="a loss averaged over a different number of samples",
        stages=("gradients",),
        fits=_has_factor,
    ),
    Hint(
        trap="an embedding's sparse gradient: a row that is in the batch twice counts differently",
        stages=("gradients", "optimizer steps", "optimizer state"),
        layers=("embedding",),
    ),
    Hint(
        trap="stop_gradient or detach in one framework only",
        stages=("gradients",),
        fits=lambda f: not _has_factor(f),
    ),
    Hint(
        trap="gradients clipped by value",
        stages=("gradients",),
        fits=lambda f: not _has_factor(f) and not _in_one_only(f),
    ),
    Hint(
        trap="weight decay applied to biases and norms too",
        stages=("optimizer steps",),
        leaves=("bias", "gamma", "beta"),
        optimizers=("adamw",),
    ),
    Hint(
        trap="Adam's epsilon: outside the bias correction (Keras's form), or 1e-7 instead of 1e-8",
        stages=("optimizer steps",),
        optimizers=ADAMS,
        fits=lambda f: f.stage.difference < 0.05,
    ),
    Hint(
        trap="weight decay: coupled (torch's Adam and SGD) or decoupled (AdamW, Keras)",
        stages=("optimizer steps",),
        optimizers=("adamw",),
    ),
    Hint(
        trap="Nesterov momentum in one framework only",
        stages=("optimizer steps",),
        optimizers=("momentum",),
    ),
    Hint(
        trap="a velocity that includes the learning rate, as Keras's does",
        stages=("optimizer state", "optimizer steps"),
        optimizers=("momentum",),
    ),
    Hint(
        trap="a learning rate one step early or late, or set once per epoch",
        stages=("optimizer steps",),
    ),
    Hint(
        trap="a moment stored already bias-corrected",
        stages=("optimizer state",),
        optimizers=ADAMS,
    ),
    Hint(
        trap="weight decay or clipping applied to the gradient before it enters the state",
        stages=("optimizer state",),
    ),
    Hint(
        trap="the biased running variance (n, Keras) instead of the unbiased one (n − 1, torch)",
        stages=("statistics",),
        fits=lambda f: f.has_same_means,
    ),
    Hint(
        trap="BatchNorm's momentum in the other convention: torch's is 1 − Keras's",
        stages=("statistics",),
    ),
    Hint(
        trap="evaluated in training mode, or not with the running statistics",
        stages=("evaluation after training",),
    ),
    Hint(
        trap="a copy of the model made before it was trained",
        stages=("evaluation after training",),
    ),
]
