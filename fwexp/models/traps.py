"""The fairness traps that a call in a model's file can be, each with a setting that avoids it."""

from collections.abc import Callable
from dataclasses import dataclass

from fwexp.models.calls import Call

NORMS = ("LayerNormalization", "GroupNormalization", "RMSNormalization")
POOLS = ("Pool", "_pool")
DROPPING = r"((feature_)?alpha_)?dropout([123]d)?|[A-Z]?[A-Za-z]*Dropout([123][dD])?"
DROPS_BY_DEFAULT = r"Transformer((Encoder|Decoder)Layer)?"  # torch's, at a rate of 0.1
BY_HAND = ("torch.compile", "torch.jit.script", "torch.jit.trace")


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A known way in which "the same" model differs, and a setting that avoids it."""

    key: str  # what a waiver calls it
    name: str
    file: str  # torch.py | keras.py | both
    is_live: Callable[[Call], bool]
    neutral: str


def _pads_unevenly(call: Call) -> bool:
    padding = call.arguments.get("padding")
    pools = any(part in call.name for part in POOLS)  # its stride is its window unless given
    strides = call.arguments.get("strides", 1)
    at_stride_1 = set(strides if isinstance(strides, tuple) else (strides,)) <= {1}
    moved = pools or ("conv" in call.name.lower() and not at_stride_1)
    return moved and isinstance(padding, str) and padding.lower() == "same"


def _drops(call: Call) -> bool:
    by_keyword = ("dropout", "recurrent_dropout", "dropout_p")
    if any(call.is_set(name) and not call.has(name, 0) for name in by_keyword):
        return True
    if call.is_like(DROPS_BY_DEFAULT):
        return call.file == "torch.py" and not call.has("dropout", 0)
    rates = ("rate", "p", "input", "inputs")  # dropout(0.0) makes a layer
    return call.is_like(DROPPING) and not any(call.has(name, 0) for name in rates)


def _average_counts_padding(call: Call) -> bool:
    pads = call.is_set("padding") and not call.has("padding", 0, (0,), (0, 0), (0, 0, 0))
    averages = call.is_like("AvgPool[123]d|avg_pool[123]d")
    return averages and pads and not call.has("count_include_pad", False)


def _augments(call: Call) -> bool:
    initializers = ("RandomNormal", "RandomUniform")  # the spec's values overwrite theirs
    return call.is_like("Resizing|Random.+") and not call.is_named(*initializers)


def _ends_in_softmax(call: Call) -> bool:
    """A layer's own softmax, but for one that weighs what matrices multiply, as in attention."""
    if call.is_named("Softmax", "LogSoftmax", "Activation") and call.is_where_matrices_multiply:
        return False
    return call.is_named("Softmax", "LogSoftmax") or call.has(
        "activation", "softmax", "log_softmax", "log-softmax"
    )


def _compiles(call: Call) -> bool:
    by_its_method = call.file == "torch.py" and call.name == "compile" and call.is_method
    return call.has("jit_compile", True) or call.path in BY_HAND or by_its_method


def _interpolates(call: Call) -> bool:
    """Nearest neighbours are the same in both where a whole number of them is made of one."""
    given = [call.arguments[a] for a in ("interpolation", "mode", "method") if a in call.arguments]
    if given and str(given[0]).startswith("nearest"):
        return False
    nearest_unless_given = call.is_named("UpSampling2D", "Upsample", "interpolate")
    return call.is_named("resize") or (nearest_unless_given and bool(given))


def _sets_any(ending: str) -> Callable[[Call], bool]:
    return lambda call: any(call.is_set(name) for name in call.arguments if name.endswith(ending))


def _named(*names: str) -> Callable[[Call], bool]:
    return lambda call: call.is_named(*names)


def _activates(*names: str) -> Callable[[Call], bool]:
    return lambda call: call.has("activation", *names)


def _either(*checks: Callable[[Call], bool]) -> Callable[[Call], bool]:
    return lambda call: any(check(call) for check in checks)


TRAPS = [
    Trap(
        key="uneven-padding",
        name='"same" padding at a stride: TensorFlow pads unevenly, and by the input\'s size',
        file="keras.py",
        is_live=_pads_unevenly,
        neutral="ZeroPadding2D and padding='valid'; padding=… in torch",
    ),
    Trap(
        key="batch-norm",
        name="stock BatchNormalization: biased running variance, momentum 0.99, epsilon 1e-3",
        file="keras.py",
        is_live=_named("BatchNormalization"),
        neutral="fwexp.models.keras_layers.BatchNorm(momentum, epsilon), torch's formula",
    ),
    Trap(
        key="norm-epsilon",
        name="a norm's default epsilon: in Keras 1e-3, or 1e-6 of RMSNormalization; in torch 1e-5",
        file="keras.py",
        is_live=lambda call: call.is_named(*NORMS) and not call.is_set("epsilon"),
        neutral="epsilon=1e-5 in Keras and eps=1e-5 in torch",
    ),
    Trap(
        key="softmax",
        name="softmax in the model: the loss takes logits, and would apply it twice",
        file="both",
        is_live=_ends_in_softmax,
        neutral="logits as the model's outputs; ops.softmax or torch.softmax inside attention",
    ),
    Trap(
        key="dropout",
        name="dropout: the frameworks' random streams differ",
        file="both",
        is_live=_drops,
        neutral="no dropout, or a rate of 0, in the matched regime",
    ),
    Trap(
        key="regularizer",
        name="a regularizer: Keras adds its penalty to the loss, torch has none",
        file="keras.py",
        is_live=_sets_any("_regularizer"),
        neutral="optimizer=adamw, whose decay is the same in both",
    ),
    Trap(
        key="constraint",
        name="a constraint: Keras changes the weights after each step, torch has none",
        file="keras.py",
        is_live=_sets_any("_constraint"),
        neutral="no constraint, or the same operation in both models' forward pass",
    ),
    Trap(
        key="gelu",
        name="Keras's gelu computes in float32 inside float64, and may be the tanh form",
        file="keras.py",
        is_live=_either(_named("gelu", "GELU"), _activates("gelu")),
        neutral="0.5 · x · (1 + ops.erf(x / √2)) with √2 in x's dtype",
    ),
    Trap(
        key="tanh-gelu",
        name="torch's gelu in its tanh form",
        file="torch.py",
        is_live=lambda call: call.is_named("GELU", "gelu") and call.has("approximate", "tanh"),
        neutral="approximate='none', the erf form",
    ),
    Trap(
        key="leaky-relu",
        name="Keras's leaky_relu: its slope is rounded to float32, and defaults to 0.2 or 0.3",
        file="keras.py",
        is_live=_either(_named("leaky_relu", "LeakyReLU"), _activates("leaky_relu")),
        neutral="ops.maximum(x, slope · x) with the slope in x's dtype; torch's slope beside it",
    ),
    Trap(
        key="rescaling",
        name="Rescaling computes its scale in float32",
        file="keras.py",
        is_live=_named("Rescaling"),
        neutral="data.scale, data.mean and data.std, applied once in NumPy",
    ),
    Trap(
        key="attention",
        name="stock attention: a different default scale, and float32 constants",
        file="keras.py",
        is_live=_named("MultiHeadAttention", "GroupQueryAttention", "dot_product_attention"),
        neutral="ops.matmul and ops.softmax with a scale in the inputs' dtype",
    ),
    Trap(
        key="gru",
        name="GRU with reset_after=False: a different recurrence from torch's",
        file="keras.py",
        is_live=lambda call: call.is_named("GRU") and call.has("reset_after", False),
        neutral="reset_after=True, and the gates z,r permuted to r,z",
    ),
    Trap(
        key="average-pooling",
        name="average pooling over padding: torch counts the zeros, Keras leaves them out",
        file="torch.py",
        is_live=_average_counts_padding,
        neutral="count_include_pad=False, or no padding",
    ),
    Trap(
        key="ceil-mode",
        name="ceil_mode pooling: a different output size from Keras's",
        file="torch.py",
        is_live=lambda call: call.has("ceil_mode", True),
        neutral="ceil_mode=False and explicit padding",
    ),
    Trap(
        key="training-flag",
        name="a fixed training flag: evaluation would run as training, or training as evaluation",
        file="both",
        is_live=lambda call: call.has("training", True, False),
        neutral="leave the flag to the trainer",
    ),
    Trap(
        key="augmentation",
        name="augmentation inside the model: random streams and interpolation differ",
        file="keras.py",
        is_live=_augments,
        neutral="augment the samples once, in NumPy",
    ),
    Trap(
        key="masking",
        name="masking by a value: torch's layers do not pass a mask on",
        file="keras.py",
        is_live=lambda call: call.has("mask_zero", True) or call.is_named("Masking"),
        neutral="an explicit mask, multiplied in both",
    ),
    Trap(
        key="dtype",
        name="an explicit dtype: the layer ignores the run's precision",
        file="keras.py",
        is_live=lambda call: call.has("dtype", "float32", "float16", "bfloat16", "float64"),
        neutral="the policy that precision=… sets",
    ),
    Trap(
        key="compiled",
        name="compiled by hand: one framework is compiled, the other is not",
        file="both",
        is_live=_compiles,
        neutral="execution=plain for both",
    ),
    Trap(
        key="interpolation",
        name="interpolation: align_corners and half-pixel centres differ",
        file="both",
        is_live=_interpolates,
        neutral="nearest neighbour by repetition, or a transposed convolution",
    ),
]
