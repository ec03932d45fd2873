"""What a pre-norm transformer block is, independent of the framework; torch_attention.py and
keras_attention.py implement it.

    x ← x + output(attend(query(norm1(x)), key(norm1(x)), value(norm1(x))))
    x ← x + contract(gelu(expand(norm2(x))))

Choices that both make:
- Scores are query · keyᵀ / √(width of a head), the scale a constant of the scores' own type; a
  masked position scores −∞; softmax in at least float32.
- Attention is written out, matrix product by matrix product, in both. torch's fused
  scaled_dot_product_attention and Keras's attention layers are not used: they are different
  algorithms with different rounding and speed, and Keras's lose float64.
- The key has no bias: softmax cancels it, and its gradient is zero.
- gelu is the exact one, by erf; LayerNorm's epsilon is 1e-5; there is no dropout.
- The residual stream stays in at least float32 under mixed precision.
"""

from fwexp.models.spec import Variable, dense, layer_norm, named

NORM_EPSILON = 1e-5
EXPANSION = 4  # of the width, between `expand` and `contract`


def check_sizes(*, width: int, depth: int, num_heads: int) -> None:
    """Raises ValueError if there can be no such stack of blocks."""
    if width < 1 or depth < 1 or num_heads < 1:
        raise ValueError("width, depth and num_heads must be at least 1")
    if width % num_heads:
        raise ValueError(f"width={width} must be a multiple of num_heads={num_heads}")


def block_variables(block: str, *, width: int) -> dict[str, Variable]:
    """The weights of one block: 12 · width² in kernels, 12 · width in biases and norms."""
    square = dense(width, width, initializer="glorot_uniform")
    hidden = EXPANSION * width
    layers = {
        "norm1": layer_norm(width),
        "query": square,
        "key": {"kernel": square["kernel"]},
        "value": square,
        "output": square,
        "norm2": layer_norm(width),
        "expand": dense(width, hidden, initializer="glorot_uniform"),
        "contract": dense(hidden, width, initializer="glorot_uniform"),
    }
    return {k: v for name, own in layers.items() for k, v in named(f"{block}.{name}", own).items()}


def block_layers(block: str) -> list[str]:
    """The layers of one block in order, the block's own output last."""
    layers = ("norm1", "query", "key", "value", "attend", "output")
    perceptron = ("norm2", "expand", "gelu", "contract")
    return [*(f"{block}.{layer}" for layer in (*layers, *perceptron)), block]
