"""What a model's spec.py declares, independent of the framework."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A weight or a buffer, in Keras's layout: dense (in, out), convolution (h, w, in, out)."""

    shape: tuple[int, ...]
    initializer: str  # a key of fwexp.models.initialization.INITIALIZERS
    trainable: bool = True
    factor: float = 1.0  # multiplies the initializer's values


class Spec(Protocol):
    """The part of a model that both implementations are built from.

    A model package's spec.py holds a frozen keyword-only dataclass `Spec` of this shape. Fields
    named in fwexp.models.registry.GIVEN are filled in from the data set; all others are the model's
    options. A bad value raises ValueError.
    """

    def variables(self) -> dict[str, Variable]:
        """Every weight and buffer by its name, "layer.kernel"."""
        ...

    def blocks(self) -> list[str]:
        """The layers, named alike in both implementations, whose outputs must agree."""
        ...

    # Optional: `declared_differences: tuple[str, ...]`, what the two implementations do differently
    # although they compute the same; a write-up prints each as a sentence.


def dense(num_in: int, num_out: int, *, initializer: str = "he_normal") -> dict[str, Variable]:
    """A dense layer's kernel and bias."""
    return {
        "kernel": Variable(shape=(num_in, num_out), initializer=initializer),
        "bias": Variable(shape=(num_out,), initializer="zeros"),
    }


def convolution(size: int, num_in: int, num_out: int, *, bias: bool = False) -> dict[str, Variable]:
    """A square convolution's kernel, and its bias unless a norm follows, which would cancel it."""
    kernel = Variable(shape=(size, size, num_in, num_out), initializer="he_normal")
    shift = {"bias": Variable(shape=(num_out,), initializer="zeros")} if bias else {}
    return {"kernel": kernel} | shift


def depthwise_convolution(size: int, num_channels: int) -> dict[str, Variable]:
    """One square kernel per channel, no bias: a norm follows. Keras's layout: (h, w, in, 1)."""
    shape = (size, size, num_channels, 1)
    return {"kernel": Variable(shape=shape, initializer="he_normal_depthwise")}


def batch_norm(num_channels: int) -> dict[str, Variable]:
    """A BatchNorm's scale, shift and running statistics."""
    shape = (num_channels,)
    return {
        "gamma": Variable(shape=shape, initializer="ones"),
        "beta": Variable(shape=shape, initializer="zeros"),
        "moving_mean": Variable(shape=shape, initializer="zeros", trainable=False),
        "moving_variance": Variable(shape=shape, initializer="ones", trainable=False),
    }


def layer_norm(width: int) -> dict[str, Variable]:
    """A LayerNorm's scale and shift."""
    return {
        "gamma": Variable(shape=(width,), initializer="ones"),
        "beta": Variable(shape=(width,), initializer="zeros"),
    }


def embedding(num_rows: int, width: int) -> dict[str, Variable]:
    """An embedding's table: one row per token, user or item."""
    return {"embeddings": Variable(shape=(num_rows, width), initializer="normal_002")}


def named(layer: str, variables: dict[str, Variable]) -> dict[str, Variable]:
    """The same variables, each name preceded by its layer's."""
    return {f"{layer}.{name}": variable for name, variable in variables.items()}
