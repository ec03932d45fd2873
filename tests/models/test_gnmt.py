"""GNMT's published size, and its padding, which changes no result."""

import math

import pytest
import torch

from fwexp.data.tokens import PAD
from fwexp.models.gnmt.spec import Spec
from fwexp.models.gnmt.torch import build, reverse
from fwexp.models.initialization import generic_weights, initial_weights
from fwexp.models.torch_names import named_tensors

SIZES = {"sequence_length": 7, "target_length": 5, "vocabulary_size": 11}


def num_parameters(spec: Spec) -> int:
    return sum(math.prod(variable.shape) for variable in spec.variables().values())


def small(**options: int) -> tuple[Spec, torch.nn.Module]:
    spec = Spec(**SIZES, width=6, depth=4, **options)
    module = build(spec).double()
    weights = generic_weights(spec.variables(), seed=0)
    for named in named_tensors(module):
        named.write(weights[named.name])
    return spec, module


def test_the_published_parameter_count() -> None:
    spec = Spec(
        sequence_length=50, target_length=50, vocabulary_size=32317, width=1024, num_rows=32320
    )
    second_biases = 9 * 4 * 1024  # nine LSTMs, of four gates each
    assert num_parameters(spec) + second_biases == 160_671_297


def test_torch_has_no_more_but_the_frozen_biases() -> None:
    spec, module = small()
    found = {named.name: named.read().shape for named in named_tensors(module)}
    assert found == {name: v.shape for name, v in spec.variables().items()}
    frozen = {n for n, p in module.named_parameters() if not p.requires_grad}
    assert frozen == {f"{name}.bias_hh_l0" for name in spec.lstms()}
    assert all(not p.any() for n, p in module.named_parameters() if n in frozen)
    assert {name for name, _ in module.named_modules()} >= set(spec.blocks())


def test_source_padding_changes_no_logit() -> None:
    _, module = small()
    source = torch.tensor([[4, 5, 6, 3]])
    target = torch.tensor([[2, 7, 8, 9, 10]])
    padded = torch.nn.functional.pad(source, (0, 3), value=PAD)
    assert torch.allclose(module(source, target), module(padded, target), rtol=0, atol=1e-14)


def test_a_place_sees_no_later_target() -> None:
    _, module = small()
    source = torch.tensor([[4, 5, 6, 3]])
    one, other = torch.tensor([[2, 7, 8, 9, 10], [2, 7, 8, 4, 4]]).split(1)
    logits = [module(source, target) for target in (one, other)]
    assert torch.equal(logits[0][:, :3], logits[1][:, :3])
    assert not torch.allclose(logits[0][:, 3:], logits[1][:, 3:])


def test_each_sentence_is_reversed_by_itself() -> None:
    source = torch.tensor([[4, 5, 3, PAD], [6, 7, 8, 3]])
    x = torch.arange(8.0).reshape(2, 4, 1)
    assert reverse(x, source).flatten().tolist() == [2, 1, 0, 3, 7, 6, 5, 4]


def test_the_initial_weights_are_the_published_ones_at_the_published_width() -> None:
    wide = Spec(**{**SIZES, "vocabulary_size": 200}, width=1024, depth=2)
    weights = initial_weights(wide.variables(), seed=0)
    for name, values in weights.items():
        if name not in ("attention.scale", "attention.bias"):
            assert 0.095 < abs(values).max() <= 0.1, name
    assert weights["attention.scale"].tolist() == [1024**-0.5]
    assert not weights["attention.bias"].any()


def test_the_ranges_are_those_of_matrices_and_embeddings() -> None:
    spec = Spec(**SIZES, width=64, weight_range=0.4, embedding_range=0.7)
    weights = initial_weights(spec.variables(), seed=0)
    assert abs(weights["encoder1.kernel"]).max() == pytest.approx(0.4, rel=0.01)
    assert abs(weights["embedding.embeddings"]).max() == pytest.approx(0.7, rel=0.01)
    assert abs(weights["encoder1.bias"]).max() <= 0.1


@pytest.mark.parametrize("options", [{"width": 0}, {"depth": 1}])
def test_a_size_of_nothing(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"^width must be at least 1 and depth at least 2$"):
        Spec(**SIZES, **options)


def test_fewer_rows_than_tokens() -> None:
    message = (
        "^num_rows=10: the vocabulary has 11 tokens; type 0 for as many rows, or more than that$"
    )
    with pytest.raises(ValueError, match=message):
        Spec(**SIZES, num_rows=10)
    assert Spec(**SIZES, num_rows=16).rows() == 16
