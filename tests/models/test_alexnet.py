"""What AlexNet's spec says: the published size, and sizes that cannot be."""

import math

import pytest

from fwexp.config.load import compose
from fwexp.models.alexnet.spec import PUBLISHED_PARAMETERS, Spec
from fwexp.models.registry import load_spec


def num_trainable(spec: Spec) -> int:
    return sum(math.prod(v.shape) for v in spec.variables().values() if v.trainable)


def test_the_full_size_is_the_published_one():
    config = compose(["model=alexnet_full", "data=synthetic"])
    spec = load_spec(config.model, config.data)
    assert num_trainable(spec) == PUBLISHED_PARAMETERS == 61_100_840
    assert spec == Spec(image_shape=(224, 224, 3), num_classes=1000)  # the defaults are it


def test_the_image_shrinks_as_published():
    spec = Spec(image_shape=(224, 224, 3), num_classes=1000)
    assert spec.sides() == (6, 6)  # 224 → 55 → 27 → 13 → 6
    assert spec.dense_sizes() == [6 * 6 * 256, 4096, 4096]
    assert [c.num_out for c in spec.convolutions()] == [64, 192, 384, 256, 256]
    assert [c.name for c in spec.convolutions() if c.pool] == ["conv1", "conv2", "conv5"]


def test_the_small_size_fits_small_images():
    for data, sides in (("cifar10", (3, 3)), ("fashion_mnist", (2, 2))):
        config = compose(["model=alexnet", f"data={data}"])
        assert load_spec(config.model, config.data).sides() == sides


def test_height_and_width_are_told_apart():
    assert Spec(image_shape=(224, 100, 3), num_classes=2).sides() == (6, 2)


def test_the_blocks_are_in_the_order_of_the_network():
    blocks = Spec(image_shape=(224, 224, 3), num_classes=1000).blocks()
    assert blocks[:4] == ["conv1", "relu1", "pool1", "conv2"]
    assert blocks[-7:] == ["relu5", "pool5", "fc6", "relu6", "fc7", "relu7", "head"]


def test_an_image_that_vanishes():
    message = (
        r"^an image of 8 × 224 pixels is too small for three poolings; "
        r"a smaller stem_stride leaves more of it$"
    )
    with pytest.raises(ValueError, match=message):
        Spec(image_shape=(8, 224, 3), num_classes=10)


@pytest.mark.parametrize("option", ["width", "dense_width", "stem_size", "stem_stride"])
def test_a_size_of_nothing(option):
    message = r"^width, dense_width, stem_size and stem_stride must be at least 1$"
    with pytest.raises(ValueError, match=message):
        Spec(image_shape=(224, 224, 3), num_classes=10, **{option: 0})


def test_a_padding_below_nothing():
    with pytest.raises(ValueError, match=r"^stem_padding must be at least 0$"):
        Spec(image_shape=(224, 224, 3), num_classes=10, stem_padding=-1)
