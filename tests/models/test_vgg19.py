"""What VGG-19's spec says: the published size, and sizes that cannot be."""

import math

import pytest

from fwexp.config.load import compose
from fwexp.models.registry import load_spec
from fwexp.models.vgg19.spec import PUBLISHED_PARAMETERS, Spec


def num_trainable(spec: Spec) -> int:
    return sum(math.prod(v.shape) for v in spec.variables().values() if v.trainable)


def test_the_full_size_is_the_published_one():
    config = compose(["model=vgg19_full", "data=synthetic"])
    spec = load_spec(config.model, config.data)
    assert num_trainable(spec) == PUBLISHED_PARAMETERS == 143_667_240
    assert spec == Spec(image_shape=(224, 224, 3), num_classes=1000)  # the defaults are it


def test_nineteen_layers_in_every_size():
    for model, data in (("vgg19", "cifar10"), ("vgg19_full", "synthetic")):
        config = compose([f"model={model}", f"data={data}"])
        variables = load_spec(config.model, config.data).variables()
        assert sum(name.endswith(".kernel") for name in variables) == 19


def test_the_stages_are_as_published():
    convolutions = Spec(image_shape=(224, 224, 3), num_classes=1000).convolutions()
    channels = [64] * 2 + [128] * 2 + [256] * 4 + [512] * 8
    assert [c.num_out for c in convolutions] == channels
    assert [c.num_in for c in convolutions] == [3, *channels[:-1]]
    pooled = [c.name for c in convolutions if c.pool]
    assert pooled == ["conv1_2", "conv2_2", "conv3_4", "conv4_4", "conv5_4"]


def test_an_odd_last_row_is_left_out():
    spec = Spec(image_shape=(224, 100, 3), num_classes=2)  # 100 → 50 → 25 → 12 → 6 → 3
    assert spec.dense_sizes()[0] == 7 * 3 * 512


def test_an_image_that_vanishes():
    message = r"^an image of 32 × 28 pixels is too small for five poolings: 32 × 32 is the least$"
    with pytest.raises(ValueError, match=message):
        Spec(image_shape=(32, 28, 1), num_classes=10)


@pytest.mark.parametrize("option", ["width", "dense_width"])
def test_a_size_of_nothing(option):
    with pytest.raises(ValueError, match=r"^width and dense_width must be at least 1$"):
        Spec(image_shape=(32, 32, 3), num_classes=10, **{option: 0})
