"""What stands in for a model that is too large for twenty locked steps in float64.

VGG-19's 143,667,240 parameters with Adam's two moments are 3.4 GB in float64, and the steps' 21
states 72 GB per framework.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Config, Model
from fwexp.data.dataset import DataSet, Split

MAX_SIDE = 64  # pixels: a smaller option is made for small images


def stand_in_of(config: Config) -> Config | None:
    """The same with the stand-in for its model, on images cropped to 64 pixels per side;
    None where the model stands for itself."""
    if config.model.stand_in is None:
        return None
    smaller = Model(
        name=config.model.stand_in,
        implementation=config.model.implementation,
        options=config.model.stand_in_options,
    )
    data, shape = config.data, config.data.image_shape
    if shape is not None:
        data = replace(data, image_shape=[*(min(side, MAX_SIDE) for side in shape[:2]), shape[2]])
    return replace(config, model=smaller, data=data)


def describe_stand_in(config: Config) -> str:
    """The stand-in's name, and its images' size where it is not the run's; empty without one."""
    smaller = stand_in_of(config)
    if smaller is None:
        return ""
    shape = smaller.data.image_shape
    if shape is None or shape == config.data.image_shape:
        return smaller.model.name
    return f"{smaller.model.name} at {shape[0]} × {shape[1]} pixels"


def cut_images(data: DataSet, *, shape: list[int] | None) -> DataSet:
    """The same samples, of each image the middle of this height and width; without a shape, all."""
    if shape is None:
        return data
    return replace(data, train=_cut(data.train, shape), test=_cut(data.test, shape))


def _cut(split: Split, shape: list[int]) -> Split:
    inputs = {name: _middle(array, shape) for name, array in split.inputs.items()}
    return replace(split, inputs=inputs)


def _middle(images: NDArray[np.float32], shape: list[int]) -> NDArray[np.float32]:
    top, left = ((have - want) // 2 for have, want in zip(images.shape[1:3], shape, strict=False))
    return images[:, top : top + shape[0], left : left + shape[1]]
