"""A linter for fairness traps: calls in a model's two files that make them silently differ.

It parses the files without importing them. What it cannot see, the parity certificate measures.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fwexp.errors import ConfigError

UNKNOWN = object()  # the value of an argument that is not a literal


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call in a model's file: the last part of its name, and its arguments by keyword."""

    name: str
    arguments: dict[str, object]  # UNKNOWN where the value is not a literal
    line: int

    def has(self, argument: str, *values: object) -> bool:
        """Whether the argument is given as one of these values."""
        return argument in self.arguments and self.arguments[argument] in values

    def is_set(self, argument: str) -> bool:
        """Whether the argument is given and is not None."""
        return self.arguments.get(argument) is not None


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A known way in which "the same" model differs, and a setting that avoids it."""

    name: str
    file: str  # torch.py | keras.py | both
    is_live: Callable[[Call], bool]
    neutral: str


@dataclass(frozen=True, kw_only=True)
class LiveTrap:
    trap: Trap
    path: Path
    line: int

    def sentence(self) -> str:
        return f"{self.path}:{self.line}: trap: {self.trap.name}. Neutral: {self.trap.neutral}"


def live_traps(package: Path) -> list[LiveTrap]:
    """The traps in a model package's torch.py and keras.py, by file and line.

    Raises ConfigError for a file that is not valid Python.
    """
    found = []
    for file in ("torch.py", "keras.py"):
        path = package / file
        if not path.is_file():
            continue  # the registry reports it
        own = [trap for trap in TRAPS if trap.file in (file, "both")]
        for call in sorted(_calls(_parsed(path)), key=lambda call: call.line):
            found += [LiveTrap(trap=t, path=path, line=call.line) for t in own if t.is_live(call)]
    return found


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise ConfigError([f"{path}:{error.lineno}: not valid Python: {error.msg}"]) from error


def _calls(tree: ast.AST) -> Iterator[Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            arguments = {k.arg: _value(k.value) for k in node.keywords if k.arg is not None}
            if node.args:
                arguments["first"] = _value(node.args[0])
            yield Call(name=_last_name(node.func), arguments=arguments, line=node.lineno)


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _value(node: ast.expr) -> object:
    try:
        value: object = ast.literal_eval(node)
    except ValueError:
        return UNKNOWN
    return tuple(value) if isinstance(value, list) else value


def _pads_unevenly(call: Call) -> bool:
    at_stride_1 = call.has("strides", 1, (1, 1)) or "strides" not in call.arguments
    windowed = "Pool" in call.name  # its stride is its window unless given
    moved = windowed or ("Conv" in call.name and not at_stride_1)
    return moved and call.has("padding", "same")


def _drops(call: Call) -> bool:
    rates = [call.arguments[a] for a in ("rate", "p", "dropout", "first") if a in call.arguments]
    if re.search(r"[Dd]ropout([123][dD])?$", call.name):
        return not rates or rates[0] not in (0, 0.0)
    return call.is_set("dropout") and not call.has("dropout", 0, 0.0)


def _average_counts_padding(call: Call) -> bool:
    pads = call.is_set("padding") and not call.has("padding", 0, (0, 0))
    return call.name.startswith("AvgPool") and pads and not call.has("count_include_pad", False)


def _augments(call: Call) -> bool:
    initializers = ("RandomNormal", "RandomUniform")  # the spec's values overwrite theirs
    return call.name.startswith("Random") and call.name not in initializers


def _named(*names: str) -> Callable[[Call], bool]:
    return lambda call: call.name in names


def _activates(*names: str) -> Callable[[Call], bool]:
    return lambda call: (
        call.has("activation", *names) or (call.name == "Activation" and call.has("first", *names))
    )


def _either(*checks: Callable[[Call], bool]) -> Callable[[Call], bool]:
    return lambda call: any(check(call) for check in checks)


TRAPS = [
    Trap(
        name='"same" padding at a stride: TensorFlow pads unevenly, and by the input\'s size',
        file="keras.py",
        is_live=_pads_unevenly,
        neutral="ZeroPadding2D and padding='valid'; padding=… in torch",
    ),
    Trap(
        name="stock BatchNormalization: biased running variance, momentum 0.99, epsilon 1e-3",
        file="keras.py",
        is_live=_named("BatchNormalization"),
        neutral="fwexp.models.keras_layers.BatchNorm(momentum, epsilon), torch's formula",
    ),
    Trap(
        name="LayerNormalization's default epsilon: 1e-3 in Keras, 1e-5 in torch",
        file="keras.py",
        is_live=lambda call: call.name == "LayerNormalization" and not call.is_set("epsilon"),
        neutral="epsilon=1e-5 in Keras and eps=1e-5 in torch",
    ),
    Trap(
        name="softmax in the model: the loss takes logits, and would apply it twice",
        file="both",
        is_live=_either(
            _named("Softmax", "LogSoftmax"), _activates("softmax", "log_softmax", "sigmoid_output")
        ),
        neutral="logits as the model's outputs; ops.softmax or torch.softmax inside attention",
    ),
    Trap(
        name="dropout: the frameworks' random streams differ",
        file="both",
        is_live=_drops,
        neutral="no dropout, or a rate of 0, in the matched regime",
    ),
    Trap(
        name="a regularizer: Keras adds its penalty to the loss, torch has none",
        file="keras.py",
        is_live=lambda call: any(
            call.is_set(f"{part}_regularizer")
            for part in ("kernel", "bias", "activity", "recurrent", "embeddings", "gamma", "beta")
        ),
        neutral="optimizer=adamw, whose decay is the same in both",
    ),
    Trap(
        name="Keras's gelu computes in float32 inside float64, and may be the tanh form",
        file="keras.py",
        is_live=_either(_named("gelu", "GELU"), _activates("gelu")),
        neutral="0.5 · x · (1 + ops.erf(x / √2)) with √2 in x's dtype",
    ),
    Trap(
        name="torch's gelu in its tanh form",
        file="torch.py",
        is_live=lambda call: call.name in ("GELU", "gelu") and call.has("approximate", "tanh"),
        neutral="approximate='none', the erf form",
    ),
    Trap(
        name="Keras's leaky_relu: its slope is rounded to float32, and defaults to 0.2 or 0.3",
        file="keras.py",
        is_live=_either(_named("leaky_relu", "LeakyReLU"), _activates("leaky_relu")),
        neutral="ops.maximum(x, slope · x) with the slope in x's dtype; torch's slope beside it",
    ),
    Trap(
        name="Rescaling computes its scale in float32",
        file="keras.py",
        is_live=_named("Rescaling"),
        neutral="data.scale, data.mean and data.std, applied once in NumPy",
    ),
    Trap(
        name="stock attention: a different default scale, and float32 constants",
        file="keras.py",
        is_live=_named("MultiHeadAttention", "GroupQueryAttention", "dot_product_attention"),
        neutral="ops.matmul and ops.softmax with a scale in the inputs' dtype",
    ),
    Trap(
        name="GRU with reset_after=False: a different recurrence from torch's",
        file="keras.py",
        is_live=lambda call: call.name == "GRU" and call.has("reset_after", False),
        neutral="reset_after=True, and the gates z,r permuted to r,z",
    ),
    Trap(
        name="average pooling over padding: torch counts the zeros, Keras leaves them out",
        file="torch.py",
        is_live=_average_counts_padding,
        neutral="count_include_pad=False, or no padding",
    ),
    Trap(
        name="ceil_mode pooling: a different output size from Keras's",
        file="torch.py",
        is_live=lambda call: call.has("ceil_mode", True),
        neutral="ceil_mode=False and explicit padding",
    ),
    Trap(
        name="a fixed training flag: evaluation would run as training, or training as evaluation",
        file="both",
        is_live=lambda call: call.has("training", True, False),
        neutral="leave the flag to the trainer",
    ),
    Trap(
        name="augmentation inside the model: random streams and interpolation differ",
        file="keras.py",
        is_live=lambda call: call.name == "Resizing" or _augments(call),
        neutral="augment the samples once, in NumPy",
    ),
    Trap(
        name="masking by a value: torch's layers do not pass a mask on",
        file="keras.py",
        is_live=lambda call: call.has("mask_zero", True) or call.name == "Masking",
        neutral="an explicit mask, multiplied in both",
    ),
    Trap(
        name="an explicit dtype: the layer ignores the run's precision",
        file="keras.py",
        is_live=lambda call: call.has("dtype", "float32", "float16", "bfloat16", "float64"),
        neutral="the policy that precision=… sets",
    ),
    Trap(
        name="compiled by hand: one framework is compiled, the other is not",
        file="both",
        is_live=lambda call: (
            call.has("jit_compile", True)
            or call.name in ("script", "trace")
            or (call.name == "compile" and "first" in call.arguments)
        ),
        neutral="execution=plain for both",
    ),
    Trap(
        name="interpolation: align_corners and half-pixel centres differ",
        file="both",
        is_live=_named("UpSampling2D", "Upsample", "interpolate", "resize"),
        neutral="nearest neighbour by repetition, or a transposed convolution",
    ),
]
