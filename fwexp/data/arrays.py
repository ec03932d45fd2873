"""A decoded data set: named arrays, and the hash of their content.

`x_train`, `y_train`, `x_test` and `y_test` hold inputs and targets; a model of several inputs has
`x_train.NAME` for each. Images and their labels are uint8. What else a task needs, such as a
vocabulary, has a name of its own.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data

Bytes = NDArray[np.uint8]
Arrays = Mapping[str, NDArray[Any]]


def content_sha256(arrays: Arrays) -> str:
    """The hash of every array's name, type, shape and bytes: the same whatever the source."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def problems_of(data: Data) -> list[str]:
    """What is wrong with the declaration itself, before anything is decoded."""
    if data.image_shape is None:
        return []
    if len(data.image_shape) != 3:
        return [f"data.image_shape={data.image_shape}: type [height,width,channels]"]
    if data.scale is None or data.mean is None or data.std is None:
        return ["data.scale, data.mean and data.std belong to images: give all three"]
    channels = data.image_shape[-1]
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
    declared = {"train": data.num_train, "test": data.num_test}
    problems = []
    for name, array in arrays.items():
        part = name.partition(".")[0].removeprefix("x_").removeprefix("y_")
        sample = tuple(data.image_shape) if data.image_shape and name.startswith("x_") else None
        wanted = (declared.get(part, len(array)), *(array.shape[1:] if sample is None else sample))
        if array.shape != wanted:
            problems.append(f"{name} has shape {list(array.shape)}, declared is {list(wanted)}")
    return problems + _label_problems(arrays, data=data)


def _label_problems(arrays: Arrays, *, data: Data) -> list[str]:
    if data.num_classes is None:
        return []
    return [
        f"{name} holds the label {arrays[name].max()}, declared are {data.num_classes} classes"
        for name in ("y_train", "y_test")
        if arrays[name].size and int(arrays[name].max()) >= data.num_classes
    ]
