"""A decoded data set: 8-bit images and labels, and the hash of their content."""

import hashlib
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Arrays:
    """Images (samples, height, width, channels) and labels (samples,), all uint8."""

    x_train: Bytes
    y_train: Bytes
    x_test: Bytes
    y_test: Bytes


def content_sha256(arrays: Arrays) -> str:
    """The hash of every array's name, type, shape and bytes: the same whatever the source."""
    digest = hashlib.sha256()
    for field in fields(arrays):
        array: Bytes = getattr(arrays, field.name)
        digest.update(f"{field.name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).data)
    return digest.hexdigest()


def declared_shapes(data: Data) -> dict[str, tuple[int, ...]]:
    """The shape of each array, by name, as the configuration declares it."""
    image = tuple(data.image_shape)
    return {
        "x_train": (data.num_train, *image),
        "y_train": (data.num_train,),
        "x_test": (data.num_test, *image),
        "y_test": (data.num_test,),
    }


def problems_of(data: Data) -> list[str]:
    """What is wrong with the declaration itself, before anything is decoded."""
    channels = data.image_shape[-1] if len(data.image_shape) == 3 else None
    if channels is None:
        return [f"data.image_shape={data.image_shape}: type [height,width,channels]"]
    problems = [
        f"data.{name} has {len(values)} values, type one for each of the {channels} channels"
        for name, values in (("mean", data.mean), ("std", data.std))
        if len(values) != channels
    ]
    if data.scale <= 0 or any(value <= 0 for value in data.std):
        problems.append("data.scale and data.std divide the pixels: type numbers above 0")
    return problems


def problems_with(arrays: Arrays, *, data: Data) -> list[str]:
    """What the decoded arrays contradict in the declaration; empty when they agree."""
    problems = [
        f"{name} has shape {list(getattr(arrays, name).shape)}, declared is {list(shape)}"
        for name, shape in declared_shapes(data).items()
        if getattr(arrays, name).shape != shape
    ]
    for name in ("y_train", "y_test"):
        labels: Bytes = getattr(arrays, name)
        if labels.size and int(labels.max()) >= data.num_classes:
            problems.append(
                f"{name} holds the label {labels.max()}, declared are {data.num_classes} classes"
            )
    return problems
