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


def problems_with(arrays: Arrays, *, data: Data) -> list[str]:
    """How the decoded arrays contradict the declaration; empty when they agree."""
    shapes = {name: list(array.shape) for name, array in arrays.items()}
    return shape_problems(shapes, data=data) + _label_problems(arrays, data=data)


def shape_problems(shapes: Mapping[str, list[int]], *, data: Data) -> list[str]:
    """How these shapes of inputs and targets contradict the declaration."""
    declared = {
        **{"x_train": data.num_train, "y_train": data.num_train},
        **{"x_test": data.num_test, "y_test": data.num_test},
    }
    problems = []
    for name, shape in shapes.items():
        part = name.partition(".")[0]
        if part not in declared:
            continue  # whatever else the task needs, of any shape
        is_image = data.image_shape is not None and part.startswith("x_")
        wanted = [declared[part], *(data.image_shape or [] if is_image else shape[1:])]
        if shape != wanted:
            problems.append(f"{name} has shape {shape}, but {wanted} is declared")
    return problems


def _label_problems(arrays: Arrays, *, data: Data) -> list[str]:
    if data.num_classes is None:
        return []
    return [
        f"{name} holds the label {arrays[name].max()}, but {data.num_classes} classes are declared"
        for name in ("y_train", "y_test")
        if arrays[name].size and int(arrays[name].max()) >= data.num_classes
    ]
