"""Every trap has code in which it is live, and code in which it is not."""

from dataclasses import dataclass
from pathlib import Path

import pytest

import fwexp.models
from fwexp.errors import ConfigError
from fwexp.models.linter import allowed_traps, live_traps
from fwexp.models.traps import TRAPS, Trap

OURS = sorted(path.parent for path in Path(fwexp.models.__file__).parent.glob("*/spec.py"))


@dataclass(frozen=True, kw_only=True)
class Code:
    """Lines in which one trap, and no other, is live, and lines in which none is."""

    live: tuple[str, ...]
    neutral: tuple[str, ...]


CODE = {  # by how the trap's name begins
    '"same" padding at a stride': Code(
        live=(
            'layers.Conv2D(8, 3, strides=2, padding="same")',
            'layers.Conv2D(8, 3, strides=(2, 2), padding="same")',
            'layers.DepthwiseConv2D(3, strides=stride, padding="same")',
            'layers.MaxPooling2D(2, padding="same")',
            'layers.AveragePooling2D(2, strides=2, padding="same")',
            'layers.AvgPool2D(2, 2, "SAME")',
            'layers.Conv2D(8, 3, 2, "same")',
            'layers.Conv1D(8, 3, (2,), "same")',
            'layers.DepthwiseConv2D(3, [2, 2], "same")',
            'ops.max_pool(x, 2, 2, "same")',
            'ops.conv(x, kernel, 2, "same")',
        ),
        neutral=(
            'layers.Conv2D(8, 3, 1, "same")',
            'layers.Conv1D(8, 3, strides=(1,), padding="same")',
            'layers.Conv2D(8, 3, 2, "valid")',
            "layers.Conv2D(*sizes, 2)",
            'layers.Conv2D(8, 3, padding="same")',
            'layers.Conv2D(8, 3, strides=1, padding="same")',
            'layers.Conv2D(8, 3, strides=(1, 1), padding="same")',
            "layers.Conv2D(8, 3, strides=2)",
            'layers.Conv2D(8, 3, strides=2, padding="valid")',
            "layers.MaxPooling2D(2)",
        ),
    ),
    "stock BatchNormalization": Code(
        live=("layers.BatchNormalization()", "BatchNormalization(momentum=0.9, epsilon=1e-5)"),
        neutral=("BatchNorm(0.9, 1e-5)", "layers.LayerNormalization(epsilon=1e-5)"),
    ),
    "a norm's default epsilon": Code(
        live=(
            "layers.LayerNormalization()",
            "layers.LayerNormalization(axis=-1, epsilon=None)",
            "layers.LayerNormalization(-1)",
            "layers.GroupNormalization(4)",
            "layers.GroupNormalization(groups=4, axis=-1)",
            "layers.RMSNormalization()",
        ),
        neutral=(
            "layers.LayerNormalization(-1, 1e-5)",
            "layers.GroupNormalization(4, -1, 1e-5)",
            "layers.GroupNormalization(4, epsilon=1e-5)",
            "layers.RMSNormalization(epsilon=1e-5)",
            "layers.LayerNormalization(epsilon=1e-5)",
            "layers.LayerNormalization(epsilon=spec.epsilon)",
        ),
    ),
    "softmax in the model": Code(
        live=(
            "nn.Softmax(dim=1)",
            "nn.LogSoftmax(dim=1)",
            "layers.Softmax()",
            'layers.Dense(10, activation="softmax")',
            'layers.Activation(activation="softmax")',
            'layers.Dense(10, activation="softmax") @ x',
        ),
        neutral=(
            "nn.Softmax(dim=-1)(scores) @ values",
            "layers.Softmax()(scores) @ values",
            'ops.matmul(layers.Activation("softmax")(scores), values)',
            'layers.Dense(10, "relu")',
            "ops.softmax(scores)",
            "torch.softmax(scores, dim=-1)",
            "functional.log_softmax(scores, dim=-1)",
            'layers.Dense(10, activation="relu")',
        ),
    ),
    "dropout": Code(
        live=(
            "layers.Dropout(0.5)",
            "layers.Dropout(rate=spec.rate)",
            "layers.SpatialDropout2D(0.1)",
            "nn.Dropout()",
            "nn.Dropout3d(p=0.1)",
            "nn.AlphaDropout(0.1)",
            "functional.dropout(x, p=0.1)",
            "functional.dropout2d(x, 0.1)",
            "nn.LSTM(8, 8, dropout=0.1)",
            "layers.LSTM(8, dropout=spec.rate)",
            "layers.GRU(8, recurrent_dropout=0.2)",
            "functional.scaled_dot_product_attention(q, k, v, dropout_p=0.1)",
        ),
        neutral=(
            "layers.Dropout(0.0)",
            "dropout(0.0)",
            "functional.dropout(x, 0.0)",
            "spec.dropout(x)",  # a layer that was made elsewhere
            "layers.LSTM(8, recurrent_dropout=0.0)",
            "nn.MultiheadAttention(8, 2, 0.0)",
            "nn.TransformerEncoderLayer(8, 2, 32, 0.0)",
            "layers.Dropout(0)",
            "layers.Dropout(rate=0.0)",
            "nn.Dropout(p=0.0)",
            "functional.dropout(x, p=0.0)",
            "layers.LSTM(8, dropout=0.0)",
            "nn.LSTM(8, 8)",
        ),
    ),
    "a regularizer": Code(
        live=(
            'layers.Dense(3, kernel_regularizer="l2")',
            "layers.Dense(3, bias_regularizer=regularizers.L2(1e-4))",
            'layers.Dense(3, activity_regularizer="l1")',
            'layers.LSTM(3, recurrent_regularizer="l2")',
            'layers.Embedding(3, 3, embeddings_regularizer="l2")',
            'layers.Embedding(3, 3, "uniform", "l2")',
            'layers.DepthwiseConv2D(3, depthwise_regularizer="l2")',
        ),
        neutral=("layers.Dense(3, kernel_regularizer=None)", "layers.Dense(3)"),
    ),
    "a constraint": Code(
        live=(
            'layers.Dense(3, kernel_constraint="max_norm")',
            "layers.LSTM(3, recurrent_constraint=constraints.UnitNorm())",
            'layers.Embedding(3, 3, "uniform", None, "unit_norm")',
        ),
        neutral=("layers.Dense(3, kernel_constraint=None)",),
    ),
    "Keras's gelu": Code(
        live=(
            "ops.gelu(x)",
            "activations.gelu(x, approximate=False)",
            'layers.Dense(3, activation="gelu")',
            'layers.Activation("gelu")',
            "ops.gelu(x, True)",
            'layers.Dense(3, "gelu")',
        ),
        neutral=("0.5 * x * (1 + ops.erf(x / root))", "gelu_layer(x)"),
    ),
    "torch's gelu in its tanh form": Code(
        live=(
            'nn.GELU(approximate="tanh")',
            'nn.GELU("tanh")',
            'functional.gelu(x, approximate="tanh")',
        ),
        neutral=("nn.GELU()", 'nn.GELU("none")', 'functional.gelu(x, approximate="none")'),
    ),
    "Keras's leaky_relu": Code(
        live=(
            "layers.LeakyReLU(negative_slope=0.01)",
            "ops.leaky_relu(x)",
            'layers.Dense(3, activation="leaky_relu")',
        ),
        neutral=("layers.ReLU()", "ops.maximum(x, slope * x)"),
    ),
    "Rescaling": Code(live=("layers.Rescaling(1 / 255)",), neutral=("x * scale", "rescaling(x)")),
    "stock attention": Code(
        live=(
            "layers.MultiHeadAttention(num_heads=2, key_dim=4)",
            "layers.GroupQueryAttention(4, 2, 1)",
            "ops.dot_product_attention(q, k, v)",
        ),
        neutral=("ops.matmul(q, ops.transpose(k, (0, 1, 3, 2)))", "Attention(2)"),
    ),
    "GRU with reset_after=False": Code(
        live=("layers.GRU(8, reset_after=False)", "layers.GRU(8, reset_after=0)"),
        neutral=("layers.GRU(8)", "layers.GRU(8, reset_after=True)"),
    ),
    "average pooling over padding": Code(
        live=(
            "nn.AvgPool2d(3, padding=1)",
            "nn.AvgPool2d(3, padding=spec.padding)",
            "nn.AvgPool1d(3, padding=1, count_include_pad=True)",
            "nn.AvgPool2d(3, 2, 1)",
            "functional.avg_pool2d(x, 3, 2, 1)",
        ),
        neutral=(
            "nn.AvgPool2d(3, 2, 1, False, False)",
            "nn.AvgPool2d(3, 2, 0)",
            "nn.AvgPool2d(3, padding=1, count_include_pad=0)",
            "nn.AvgPool2d(3)",
            "nn.AvgPool2d(3, padding=0)",
            "nn.AvgPool2d(3, padding=1, count_include_pad=False)",
            "nn.MaxPool2d(3, padding=1)",
        ),
    ),
    "ceil_mode pooling": Code(
        live=("nn.MaxPool2d(3, ceil_mode=True)", "nn.AvgPool2d(3, 2, 0, True)"),
        neutral=("nn.MaxPool2d(3, ceil_mode=False)", "nn.MaxPool2d(3)"),
    ),
    "a fixed training flag": Code(
        live=("layer(x, training=True)", "functional.batch_norm(x, m, v, training=False)"),
        neutral=("layer(x, training=training)", "layer(x)", "layer(x, training=None)"),
    ),
    "augmentation inside the model": Code(
        live=(
            'layers.RandomFlip("horizontal")',
            "layers.RandomRotation(0.1)",
            "layers.Resizing(8, 8)",
        ),
        neutral=(
            "initializers.RandomNormal(stddev=0.02)",
            "initializers.RandomUniform(-1, 1)",
            "layers.Reshape((8, 8))",
        ),
    ),
    "masking by a value": Code(
        live=(
            "layers.Embedding(9, 4, mask_zero=True)",
            'layers.Embedding(9, 4, "uniform", None, None, True)',
            "layers.Masking(mask_value=0.0)",
        ),
        neutral=("layers.Embedding(9, 4)", "layers.Embedding(9, 4, mask_zero=False)"),
    ),
    "an explicit dtype": Code(
        live=('layers.Dense(3, dtype="float32")', 'layers.Activation("relu", dtype="bfloat16")'),
        neutral=(
            "layers.Dense(3, dtype=spec.dtype)",
            'ops.arange(3, dtype="int32")',
            'np.zeros(3, dtype="float32")',
        ),
    ),
    "compiled by hand": Code(
        live=(
            "torch.compile(network)",
            "torch.jit.script(network)",
            "torch.jit.trace(network, x)",
            "model.compile(jit_compile=True)",
        ),
        neutral=(
            "keras.Model(inputs, outputs)",
            "keras.Model(inputs, outputs).compile()",
            "backtrace(x)",
            're.compile("[a-z]+")',
            "torch.trace(x)",
        ),
    ),
    "interpolation": Code(
        live=(
            'nn.Upsample(scale_factor=2, mode="bilinear")',
            "functional.interpolate(x, scale_factor=2, mode=spec.mode)",
            'layers.UpSampling2D(2, interpolation="bilinear")',
            "ops.image.resize(x, (8, 8))",
        ),
        neutral=(
            "nn.Upsample(scale_factor=2)",
            'nn.Upsample(scale_factor=2, mode="nearest")',
            "functional.interpolate(x, scale_factor=2)",
            "layers.UpSampling2D(2)",
            'layers.UpSampling2D(2, None, "nearest")',
            'ops.image.resize(x, (8, 8), "nearest")',
            "np.resize(x, (8, 8))",
            "nn.ConvTranspose2d(3, 3, 2, stride=2)",
            "ops.repeat(x, 2, axis=1)",
        ),
    ),
}


def code_of(trap: Trap) -> Code:
    (code,) = (code for name, code in CODE.items() if trap.name.startswith(name))
    return code


def files_of(trap: Trap) -> list[str]:
    return ["torch.py", "keras.py"] if trap.file == "both" else [trap.file]


def names_in(package: Path, *, file: str, line: str) -> list[str]:
    imports = "import re; import numpy as np; import torch; import keras"
    text = f'"""A model."""\n\n{imports}\ndef build(spec):\n    return {line}\n'
    (package / file).write_text(text)
    found = live_traps(package)
    assert all((trap.path, trap.line) == (package / file, 5) for trap in found)
    return [found.trap.name for found in found]


LIVE = [
    (trap, file, line) for trap in TRAPS for file in files_of(trap) for line in code_of(trap).live
]
NEUTRAL = [
    (file, line) for trap in TRAPS for file in files_of(trap) for line in code_of(trap).neutral
]


def test_every_trap_has_a_name_of_its_own_and_code() -> None:
    assert len({trap.key for trap in TRAPS}) == len(TRAPS)
    assert len({trap.name for trap in TRAPS}) == len(TRAPS) == len(CODE) >= 20
    assert {trap.file for trap in TRAPS} == {"torch.py", "keras.py", "both"}
    assert all(trap.neutral for trap in TRAPS)


@pytest.mark.parametrize(("trap", "file", "line"), LIVE, ids=lambda part: str(part)[:40])
def test_a_trap_is_live(tmp_path: Path, trap: Trap, file: str, line: str) -> None:
    assert names_in(tmp_path, file=file, line=line) == [trap.name]


@pytest.mark.parametrize(("file", "line"), NEUTRAL, ids=lambda part: str(part)[:40])
def test_its_neutral_setting_is_none(tmp_path: Path, file: str, line: str) -> None:
    assert names_in(tmp_path, file=file, line=line) == []


@pytest.mark.parametrize("trap", [t for t in TRAPS if t.file != "both"], ids=lambda t: t.name[:40])
def test_it_is_looked_for_in_its_own_framework_only(tmp_path: Path, trap: Trap) -> None:
    (other,) = {"torch.py", "keras.py"} - {trap.file}
    for line in code_of(trap).live:
        assert trap.name not in names_in(tmp_path, file=other, line=line)


@pytest.mark.parametrize("package", OURS, ids=lambda path: path.name)
def test_our_own_models_have_none(package: Path) -> None:
    assert [trap.sentence() for trap in live_traps(package)] == []


def test_ours_are_looked_at() -> None:
    assert {"mlp", "cnn"} <= {package.name for package in OURS}


def test_a_live_trap_is_told_with_its_place_and_its_neutral_setting(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("import keras\n\nx = keras.layers.Rescaling(2.0)\n")
    (found,) = live_traps(tmp_path)
    assert found.sentence() == (
        f"{tmp_path / 'keras.py'}:3: trap: Rescaling computes its scale in float32. "
        "Neutral: data.scale, data.mean and data.std, applied once in NumPy. If it is meant, end "
        "the line with: # fwexp: allow rescaling, because REASON"
    )


def test_all_are_told_in_the_order_of_the_files_and_lines(tmp_path: Path) -> None:
    nested = "def build(spec):\n    if spec:\n        return [nn.Dropout(0.1)]\nx = nn.Softmax()\n"
    (tmp_path / "torch.py").write_text(nested)
    (tmp_path / "keras.py").write_text("x = layers.Resizing(2, 2)(layers.Dropout(0.1)(y))\n")
    told = [(trap.path.name, trap.line) for trap in live_traps(tmp_path)]
    assert told == [("torch.py", 3), ("torch.py", 4), ("keras.py", 1), ("keras.py", 1)]


def test_a_call_may_have_any_form(tmp_path: Path) -> None:
    """Unpacked arguments, calls of calls, values that are no literals: looked over, not tripped."""
    text = "f(*a, **b)(c)[0](lambda: 1, key={**d}, other=[1, x])\nlayers.Dense(*sizes)\n"
    (tmp_path / "keras.py").write_text(text)
    (tmp_path / "torch.py").write_text("")
    assert live_traps(tmp_path) == []


def test_a_file_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert live_traps(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"x = 1\nthis is no Python\n", "2", "invalid syntax"),
        (b"\xff\xfe", "1", "(unicode error) 'utf-8' codec can't decode byte 0xff in position 0"),
    ],
)
def test_a_file_that_is_no_python_is_named(
    tmp_path: Path, content: bytes, line: str, words: str
) -> None:
    (tmp_path / "torch.py").write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        live_traps(tmp_path)
    (problem,) = raised.value.problems
    assert problem.startswith(f"{tmp_path / 'torch.py'}:{line}: not valid Python: {words}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from torch.nn import functional as F\nF.dropout(x)\n", ["dropout"]),
        ("from torch.nn.functional import dropout\ndropout(x, 0.5)\n", ["dropout"]),
        ("from torch import jit\njit.trace(network, x)\n", ["compiled"]),
        ("from torch import compile\ncompile(network)\n", ["compiled"]),
        ("@torch.compile\ndef forward(x):\n    return x\n", ["compiled"]),
        ("network = nn.Linear(1, 1)\nnetwork.compile()\n", ["compiled"]),
        ("from re import compile\ncompile('x')\n", []),
        ("class Dropout(nn.Module):\n    pass\nDropout(0.5)\n", []),
        ("nn.TransformerEncoderLayer(8, 2)\n", ["dropout"]),
        ("nn.MultiheadAttention(8, 2, 0.1)\n", ["dropout"]),
        ("nn.LSTM(8, 8, 2, True, True, 0.1)\n", ["dropout"]),
        ('nn.Upsample(None, 2, "bilinear")\n', ["interpolation"]),
        ('functional.interpolate(x, None, 2, "bicubic")\n', ["interpolation"]),
        ("drop = nn.Dropout(0.0)\ny = drop(x)\n", []),
        ("def f(dropout, x):\n    return dropout(x)\n", []),
    ],
)
def test_a_name_is_what_its_file_imports_or_makes(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    (tmp_path / "torch.py").write_text(text)
    assert [found.trap.key for found in live_traps(tmp_path)] == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [("return self.soft(q @ k) @ v", []), ("return self.soft(q)", ["softmax"])],
)
def test_a_softmax_that_a_class_multiplies_matrices_by_is_attentions(
    tmp_path: Path, body: str, expected: list[str]
) -> None:
    lines = ["class Attend(nn.Module):", "    def __init__(self):"]
    lines += ["        self.soft = nn.Softmax(dim=-1)"]
    lines += ["    def forward(self, q, k, v):", f"        {body}", ""]
    (tmp_path / "torch.py").write_text("\n".join(lines))
    assert [found.trap.key for found in live_traps(tmp_path)] == expected


@pytest.mark.parametrize("line", ['layers.Dense(10, "softmax")', 'layers.Activation("softmax")'])
def test_an_activation_may_be_given_by_position(tmp_path: Path, line: str) -> None:
    (tmp_path / "keras.py").write_text(f"{line}\n")
    assert [found.trap.key for found in live_traps(tmp_path)] == ["softmax"]


def test_ours_need_no_waiver() -> None:
    assert [sentence for package in OURS for sentence in allowed_traps(package)] == []
