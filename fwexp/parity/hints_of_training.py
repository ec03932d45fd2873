"""Traps that show in the loss, the gradients and the steps, from the surest sign to the mere guess.

A hint that needs a sign in the numbers stands before one that goes by the kind of layer, and that
before one that fits every failure of its stage.
"""

from fwexp.parity.hint import Hint
from fwexp.parity.symptoms import Failure

ADAMS = ("adam", "adamw")
NUMBERS = ("loss", "gradients", "optimizer steps", "optimizer state", "statistics")


def _reported(failure: Failure) -> bool:
    return failure.stage.where.startswith("reported")


def _of_one_side(failure: Failure) -> bool:
    return failure.stage.detail.startswith("only ")


def _has_factor(failure: Failure) -> bool:
    return failure.factor is not None


def _is_many_times(failure: Failure) -> bool:
    """Whether one is a whole number of times the other, as a sum is of its mean."""
    times = abs(failure.factor or 1.0)
    times = max(times, 1 / times)
    return times > 1.5 and abs(times - round(times)) < 1e-6 * times


TRAINING_HINTS = [
    Hint(
        trap="the learning rate or another constant passes through float32",
        stages=("optimizer steps", "optimizer state"),
        fits=lambda f: f.is_rounding,
    ),
    Hint(
        trap="float32 inside float64: a Python number cast to float32 on its way",
        stages=NUMBERS,
        fits=lambda f: f.is_rounding,
    ),
    Hint(
        trap="Keras's own log, which is a running mean over the steps",
        stages=("loss",),
        fits=lambda f: f.is_running_mean,
    ),
    Hint(
        trap="a weight that only one side has, and trains: torch's second LSTM bias, say",
        stages=("loss",),
        fits=_reported,
    ),
    Hint(
        trap="a loss reported of another batch, or after the step",
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
        trap="label smoothing in one of the two",
        stages=("loss",),
        fits=lambda f: not _reported(f),
    ),
    Hint(
        trap="a mean over other samples: weights, or a mask",
        stages=("loss",),
        fits=lambda f: not _reported(f),
    ),
    Hint(
        trap="a layer frozen, or cut out of the graph, in one of the two",
        stages=("gradients",),
        fits=_of_one_side,
    ),
    Hint(
        trap="gradients clipped each by its own norm (Keras's clipnorm): Keras's are torch's "
        "times {factor}",
        stages=("gradients",),
        fits=_has_factor,
    ),
    Hint(
        trap="a loss averaged over another number of samples",
        stages=("gradients",),
        fits=_has_factor,
    ),
    Hint(
        trap="an embedding's gradient as slices: a row that is in the batch twice counts otherwise",
        stages=("gradients", "optimizer steps", "optimizer state"),
        layers=("embedding",),
    ),
    Hint(
        trap="stop_gradient or detach in one of the two",
        stages=("gradients",),
        fits=lambda f: not _has_factor(f),
    ),
    Hint(
        trap="gradients clipped by their values",
        stages=("gradients",),
        fits=lambda f: not _has_factor(f) and not _of_one_side(f),
    ),
    Hint(
        trap="weight decay on biases and norms, too",
        stages=("optimizer steps",),
        leaves=("bias", "gamma", "beta"),
        optimizers=("adamw",),
    ),
    Hint(
        trap="Adam's epsilon: outside the bias correction (Keras's form), or 1e-7 for 1e-8",
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
        trap="Nesterov's momentum in one of the two",
        stages=("optimizer steps",),
        optimizers=("momentum",),
    ),
    Hint(
        trap="a velocity that contains the learning rate, as Keras's own does",
        stages=("optimizer state", "optimizer steps"),
        optimizers=("momentum",),
    ),
    Hint(
        trap="a learning rate a step early or late, or set once an epoch",
        stages=("optimizer steps",),
    ),
    Hint(
        trap="a moment kept already bias-corrected",
        stages=("optimizer state",),
        optimizers=ADAMS,
    ),
    Hint(
        trap="weight decay or clipping put into the gradient before it is remembered",
        stages=("optimizer state",),
    ),
    Hint(
        trap="the biased running variance (n, Keras's) for the unbiased one (n − 1, torch's)",
        stages=("statistics",),
        fits=lambda f: f.has_same_means,
    ),
    Hint(
        trap="BatchNorm's momentum in the other's sense: torch's is 1 − Keras's",
        stages=("statistics",),
    ),
    Hint(
        trap="evaluated in training mode, or by other statistics than the running ones",
        stages=("evaluation after training",),
    ),
    Hint(
        trap="a copy of the model made before it was trained",
        stages=("evaluation after training",),
    ),
]
