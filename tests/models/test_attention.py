"""What the specs of the transformer and the encoder say."""

import math

import pytest

from fwexp.config.load import compose
from fwexp.errors import ConfigError
from fwexp.models.attention import block_layers, block_variables
from fwexp.models.encoder.spec import Spec as Encoder
from fwexp.models.registry import load_spec
from fwexp.models.transformer.spec import Spec as Transformer


def num_trainable(spec: Transformer | Encoder) -> int:
    return sum(math.prod(v.shape) for v in spec.variables().values() if v.trainable)


def test_a_block_counts_12_squares_and_12_widths() -> None:
    variables = block_variables("block0", width=16)
    assert sum(math.prod(v.shape) for v in variables.values()) == 12 * 16**2 + 12 * 16
    assert "block0.key.bias" not in variables
    layers = {name.removesuffix(f".{name.split('.')[-1]}") for name in variables}
    assert layers < set(block_layers("block0"))
    assert block_layers("block0")[-1] == "block0"


def test_the_transformer_is_gpt2s_size_but_for_what_its_spec_says() -> None:
    """124,439,808 parameters (124M, the checkpoint gpt2); we have no key biases, and a head."""
    spec = Transformer(
        vocabulary_size=50257, sequence_length=1024, width=768, depth=12, num_heads=12
    )
    assert num_trainable(spec) == 124_439_808 - 12 * 768 + 50257 * 768


def test_the_encoder_cuts_an_image_into_patches() -> None:
    spec = Encoder(num_classes=10, image_shape=(28, 28, 1), patch_size=4, width=8, num_heads=2)
    assert spec.num_positions() == 49
    assert spec.variables()["patches.kernel"].shape == (16, 8)
    assert "tokens.embeddings" not in spec.variables()


def test_the_encoder_reads_tokens() -> None:
    spec = load_spec(compose(["model=encoder"]).model, compose(["data=passages"]).data)
    assert isinstance(spec, Encoder)
    assert (spec.num_positions(), spec.num_classes, spec.blocks()[0]) == (96, 6, "tokens")
    assert spec.variables()["tokens.embeddings"].shape == (63, 64)


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        (["width=0"], "width, depth and num_heads must be at least 1"),
        (["depth=0"], "width, depth and num_heads must be at least 1"),
        (["width=30"], "width=30 must be a multiple of num_heads=4"),
        (["patch_size=3"], "patch_size=3 must divide 8 and 8"),
        (["patch_size=0"], "patch_size=0 must divide 8 and 8"),
    ],
)
def test_sizes_that_cannot_be(chosen: list[str], problem: str) -> None:
    config = compose(["model=encoder", "data=digits", *(f"model.options.{c}" for c in chosen)])
    with pytest.raises(ConfigError) as raised:
        load_spec(config.model, config.data)
    assert raised.value.problems == [f"model=encoder: {problem}"]


def test_a_model_that_does_not_fit_the_data() -> None:
    config = compose(["model=transformer", "data=digits"])
    with pytest.raises(ConfigError) as raised:
        load_spec(config.model, config.data)
    assert raised.value.problems == [
        "model=transformer does not fit data=digits: it needs vocabulary_size and "
        "sequence_length, and that data set has image_shape, num_classes"
    ]


def test_a_classifier_of_a_text_that_has_no_classes() -> None:
    config = compose(["model=encoder", "data=text"])
    with pytest.raises(ConfigError) as raised:
        load_spec(config.model, config.data)
    assert raised.value.problems == [
        "model=encoder does not fit data=text: it needs num_classes, and that data set has "
        "sequence_length, vocabulary_size"
    ]
