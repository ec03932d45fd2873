"""What ResNet-50's spec says: the published size, version 1.5, and sizes that cannot be."""

import math

import pytest

from fwexp.config.load import compose
from fwexp.models.registry import load_spec
from fwexp.models.resnet50.spec import PUBLISHED_PARAMETERS, Spec


def num_trainable(spec: Spec) -> int:
    return sum(math.prod(v.shape) for v in spec.variables().values() if v.trainable)


def small(**options) -> Spec:
    return Spec(image_shape=(32, 32, 3), num_classes=10, width=8, **options)


def test_the_full_size_is_the_published_one():
    config = compose(["model=resnet50_full", "data=synthetic"])
    spec = load_spec(config.model, config.data)
    assert num_trainable(spec) == PUBLISHED_PARAMETERS == 25_557_032
    assert spec == Spec(image_shape=(224, 224, 3), num_classes=1000)  # the defaults are it


def test_fifty_layers_in_every_size():
    kernels = [name for name in small().variables() if name.endswith(".kernel")]
    shortcuts = [name for name in kernels if ".shortcut." in name]
    assert len(kernels) - len(shortcuts) == 50
    assert shortcuts == [f"stage{i}.block0.shortcut.kernel" for i in range(4)]


def test_version_1_5_halves_the_image_in_the_3x3_convolution():
    blocks = small().bottlenecks()
    halving = [block for block in blocks if block.stride == 2]
    assert [block.name for block in halving] == [f"stage{i}.block0" for i in (1, 2, 3)]
    for block in halving:
        assert [(size, stride) for size, _, _, stride in block.convolutions] == [
            (1, 1),
            (3, 2),
            (1, 1),
        ]


def test_each_stage_has_twice_the_channels():
    blocks = small().bottlenecks()
    assert [b.num_out for b in blocks] == [32] * 3 + [64] * 4 + [128] * 6 + [256] * 3
    assert [b.num_in for b in blocks] == [8, *(b.num_out for b in blocks[:-1])]


def test_zero_gamma_is_asked_for():
    def zeros(spec: Spec) -> list[str]:
        variables = spec.variables().items()
        return [n for n, v in variables if n.endswith("gamma") and v.initializer == "zeros"]

    assert zeros(small()) == []
    last = [f"{block.name}.norm2.gamma" for block in small().bottlenecks()]
    assert zeros(small(zero_gamma=True)) == last


def test_a_block_is_seen_after_its_sum():
    blocks = small(stem_pool=False).blocks()
    assert blocks[:3] == ["conv", "norm", "relu"]
    assert "pool" not in blocks
    assert "pool" in small().blocks()
    own = [block for block in blocks if block.startswith("stage0.block0.")]
    assert [b.removeprefix("stage0.block0.") for b in own[-4:]] == [
        "norm2",
        "shortcut",
        "shortcut_norm",
        "relu2",
    ]


def test_an_even_stem_cannot_be_padded_evenly():
    message = (
        r"^stem_size=4: padding is the same on every side of an odd kernel only; "
        r"choose 3, 5 or 7$"
    )
    with pytest.raises(ValueError, match=message):
        small(stem_size=4)


def test_a_size_of_nothing():
    with pytest.raises(ValueError, match=r"^width and stem_stride must be at least 1$"):
        small(stem_stride=0)
