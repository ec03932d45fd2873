"""What MobileNet's spec says: the published size, and sizes that cannot be."""

import math

import numpy as np
import pytest

from fwexp.config.load import compose
from fwexp.models.initialization import initial_weights
from fwexp.models.mobilenet.spec import PUBLISHED_PARAMETERS, Spec
from fwexp.models.registry import load_spec


def num_trainable(spec: Spec) -> int:
    return sum(math.prod(v.shape) for v in spec.variables().values() if v.trainable)


def test_the_full_size_is_the_published_one():
    config = compose(["model=mobilenet_full", "data=synthetic"])
    spec = load_spec(config.model, config.data)
    assert num_trainable(spec) == PUBLISHED_PARAMETERS == 4_231_976
    assert spec == Spec(image_shape=(224, 224, 3), num_classes=1000)  # the defaults are it


def test_the_blocks_are_as_published():
    blocks = Spec(image_shape=(224, 224, 3), num_classes=1000).separables()
    channels = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]
    assert [b.num_out for b in blocks] == channels
    assert [b.num_in for b in blocks] == [32, *channels[:-1]]
    assert [i for i, b in enumerate(blocks) if b.stride == 2] == [1, 3, 5, 11]


def test_a_depthwise_kernel_is_laid_out_as_in_keras():
    variables = Spec(image_shape=(32, 32, 3), num_classes=10, width=8).variables()
    assert variables["block1.depthwise.kernel"].shape == (3, 3, 16, 1)
    assert "block1.depthwise.bias" not in variables


def test_a_depthwise_kernel_starts_by_its_own_window():
    spec = Spec(image_shape=(32, 32, 3), num_classes=10)
    kernel = initial_weights(spec.variables(), seed=0)["block12.depthwise.kernel"]
    assert kernel.std() == pytest.approx(np.sqrt(2 / 9), rel=0.02)  # 3 · 3 inputs, not 3 · 3 · 1024


@pytest.mark.parametrize("option", ["width", "stem_stride"])
def test_a_size_of_nothing(option):
    with pytest.raises(ValueError, match=r"^width and stem_stride must be at least 1$"):
        Spec(image_shape=(32, 32, 3), num_classes=10, **{option: 0})
