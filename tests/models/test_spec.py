"""What the specs of our own models say."""

import math

import pytest

from fwexp.models.cnn.spec import Spec as CnnSpec
from fwexp.models.mlp.spec import Spec as MlpSpec


def num_trainable(spec: CnnSpec | MlpSpec) -> int:
    return sum(math.prod(v.shape) for v in spec.variables().values() if v.trainable)


def test_the_cnn_doubles_its_channels():
    spec = CnnSpec(image_shape=(28, 28, 1), num_classes=10, width=8, depth=3)
    assert spec.channels() == [1, 8, 16, 32]
    assert spec.variables()["conv2.kernel"].shape == (3, 3, 16, 32)
    # 9·(1·8 + 8·16 + 16·32) in kernels, 2·(8 + 16 + 32) in norms, 32·10 + 10 in the head
    assert num_trainable(spec) == 5832 + 112 + 330


def test_the_mlp_flattens_the_image():
    spec = MlpSpec(image_shape=(32, 32, 3), num_classes=10, width=64, depth=2)
    assert spec.sizes() == [3072, 64, 64]
    # 3072·64 + 64, then 64·64 + 64, then 64·10 + 10
    assert num_trainable(spec) == 196672 + 4160 + 650


def test_running_statistics_are_not_trained():
    variables = CnnSpec(image_shape=(8, 8, 1), num_classes=10).variables()
    frozen = {name.split(".")[1] for name, v in variables.items() if not v.trainable}
    assert frozen == {"moving_mean", "moving_variance"}


@pytest.mark.parametrize("spec_type", [CnnSpec, MlpSpec])
@pytest.mark.parametrize("option", ["width", "depth"])
def test_a_size_of_nothing(spec_type, option):
    with pytest.raises(ValueError, match=r"^width and depth must be at least 1$"):
        spec_type(image_shape=(8, 8, 1), num_classes=10, **{option: 0})


def test_a_depth_that_leaves_no_image():
    message = r"^depth=5 halves a 8-pixel side 5 times, to nothing; depth=3 is the most$"
    with pytest.raises(ValueError, match=message):
        CnnSpec(image_shape=(8, 8, 1), num_classes=10, depth=5)
    assert CnnSpec(image_shape=(8, 8, 1), num_classes=10, depth=3).depth == 3
