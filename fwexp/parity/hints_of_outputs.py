"""Traps that show in the data, the weights and the outputs, from the surest sign to the mere guess.

A hint that needs a sign in the numbers stands before one that goes by the kind of layer, and that
before one that fits every failure of its stage.
"""

from fwexp.parity.hint import Hint
from fwexp.parity.symptoms import Failure

FORWARD = ("forward",)
WINDOWED = ("convolution", "depthwise", "pooling")


def _at_evaluation(failure: Failure) -> bool:
    return failure.name == "evaluation"


OUTPUT_HINTS = [
    Hint(
        trap="gelu or leaky_relu computed in float32 inside float64",
        stages=FORWARD,
        layers=("activation",),
        fits=lambda f: f.is_rounding,
    ),
    Hint(
        trap="attention's scale passes through float32",
        stages=FORWARD,
        layers=("attention",),
        fits=lambda f: f.is_rounding,
    ),
    Hint(
        trap="float32 inside float64: a Python number cast to float32 on its way",
        stages=FORWARD,
        fits=lambda f: f.is_rounding,
    ),
    Hint(
        trap="padding: the images differ at their border alone",
        stages=FORWARD,
        fits=lambda f: f.is_at_border,
    ),
    Hint(
        trap="a slope below zero: leaky_relu or gelu in one, relu in the other",
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
        trap="gelu in its tanh form in one, its erf form in the other",
        stages=FORWARD,
        layers=("activation",),
        fits=lambda f: 1e-6 < f.stage.difference < 1e-2 and "relu" not in f.name,
    ),
    Hint(
        trap="a scale: Keras's numbers are torch's times {factor}",
        stages=FORWARD,
        fits=lambda f: f.factor is not None,
    ),
    Hint(
        trap="evaluated in training mode: BatchNorm's or dropout's flag",
        stages=FORWARD,
        fits=_at_evaluation,
    ),
    Hint(
        trap="same padding at stride 2, which TensorFlow puts to one side",
        stages=FORWARD,
        layers=WINDOWED,
        fits=lambda f: f.halves,
    ),
    Hint(
        trap="flattened by channels first in one, channels last in the other",
        stages=FORWARD,
        layers=("dense",),
        fits=lambda f: f.flattens,
    ),
    Hint(
        trap="BatchNorm's epsilon: 1e-3 by Keras's default, 1e-5 by torch's",
        stages=FORWARD,
        layers=("batch norm",),
    ),
    Hint(
        trap="BatchNorm in evaluation mode in one of the two",
        stages=FORWARD,
        layers=("batch norm",),
        fits=lambda f: f.stage.difference > 1e-2,
    ),
    Hint(
        trap="LayerNormalization's epsilon: 1e-3 by Keras's default, 1e-5 by torch's",
        stages=FORWARD,
        layers=("layer norm",),
    ),
    Hint(
        trap="the order of the gates: i,f,c,o in an LSTM; r,z in torch's GRU, z,r in Keras's",
        stages=FORWARD,
        layers=("recurrent",),
    ),
    Hint(
        trap="torch's second bias, which is to stay zero and frozen",
        stages=FORWARD,
        layers=("recurrent",),
    ),
    Hint(
        trap="hard_sigmoid for the gates' sigmoid, a mask, or another reading direction",
        stages=FORWARD,
        layers=("recurrent",),
    ),
    Hint(
        trap="attention's scale: 1/√(head size) in one of the two",
        stages=FORWARD,
        layers=("attention",),
    ),
    Hint(
        trap="attention's mask: missing, or hiding other places",
        stages=FORWARD,
        layers=("attention",),
    ),
    Hint(
        trap="padding of pooling: counted in torch's average, left out in Keras's",
        stages=FORWARD,
        layers=("pooling",),
    ),
    Hint(trap="ceil_mode pooling in torch", stages=("forward", "shapes"), layers=("pooling",)),
    Hint(trap="another activation", stages=FORWARD, layers=("activation",)),
    Hint(
        trap="an embedding's scale, its padding row, or mask_zero",
        stages=FORWARD,
        layers=("embedding",),
    ),
    Hint(trap="dilation or groups of one side only", stages=FORWARD, layers=("convolution",)),
    Hint(
        trap="dropout that is on in one of the two",
        stages=FORWARD,
        layers=("dropout", "dense", ""),
    ),
    Hint(trap="an activation inside the layer", stages=FORWARD, layers=("convolution", "dense")),
    Hint(trap="softmax at the end of one model", stages=FORWARD, fits=_at_evaluation),
    # data, shapes, parameters, weights
    Hint(
        trap="a shuffle of its own: a bounded buffer instead of the common order",
        stages=("data",),
        fits=lambda f: not f.has_same_targets,
    ),
    Hint(
        trap="the last, smaller batch kept in one of the two",
        stages=("data",),
        fits=lambda f: "nothing" in f.stage.detail,
    ),
    Hint(
        trap="samples scaled or normalised in one of the two",
        stages=("data",),
        fits=lambda f: f.has_same_targets,
    ),
    Hint(
        trap="augmentation or resizing in one of the two",
        stages=("data",),
        fits=lambda f: f.has_same_targets,
    ),
    Hint(
        trap="padding: forgotten in one of the two, or same against valid",
        stages=("shapes",),
        layers=WINDOWED,
    ),
    Hint(
        trap="images as channels first (NCHW) in one, channels last (NHWC) in the other",
        stages=("forward", "shapes"),
        layers=("convolution", "depthwise", "pooling"),
    ),
    Hint(
        trap="torch's second LSTM bias, or GRU's reset_after",
        stages=("parameters",),
        layers=("recurrent",),
    ),
    Hint(
        trap="a bias that is there by default: use_bias=False in Keras, bias=False in torch",
        stages=("parameters",),
        leaves=("bias",),
    ),
    Hint(
        trap="a norm's scale or shift, or its running statistics, in one of the two",
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
        trap="an evaluation that leaves out the last, smaller batch",
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
        trap="operations that torch's autocast keeps in float32 and Keras's policy does not",
        stages=("dtypes",),
    ),
]
