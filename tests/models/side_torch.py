"""Torch modules under a spec's names and layouts."""

import numpy as np
import pytest
import torch
from torch import nn

from fwexp.config import compose
from fwexp.models.registry import build, load_spec
from fwexp.models.torch_names import named_tensors


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_our_models_are_as_their_specs_say(model):
    config = compose([f"model={model}", "data=cifar10"])
    spec = load_spec(config.model, config.data)
    module = build(config.model, spec, framework="torch")
    found = {named.name: named.read().shape for named in named_tensors(module)}
    assert found == {name: v.shape for name, v in spec.variables().items()}
    assert {b for b, _ in module.named_children()} >= set(spec.blocks())


def test_every_layout_there_and_back():
    module = nn.ModuleDict({"dense": nn.Linear(3, 5), "conv": nn.Conv2d(2, 4, (3, 1))})
    module["norm"] = nn.BatchNorm2d(6)
    tensors = {named.name: named for named in named_tensors(module)}
    assert {name: t.read().shape for name, t in tensors.items()} == {
        "dense.kernel": (3, 5),
        "dense.bias": (5,),
        "conv.kernel": (3, 1, 2, 4),
        "conv.bias": (4,),
        "norm.gamma": (6,),
        "norm.beta": (6,),
        "norm.moving_mean": (6,),
        "norm.moving_variance": (6,),
    }
    rng = np.random.default_rng(0)
    for tensor in tensors.values():
        value = rng.normal(size=tensor.read().shape).astype(np.float32)
        tensor.write(value)
        assert np.array_equal(tensor.read(), value)
    kernel = tensors["conv.kernel"].read()
    assert module["conv"].weight[3, 1, 2, 0] == kernel[2, 0, 1, 3]  # (out, in, h, w)
    assert module["dense"].weight[4, 2] == tensors["dense.kernel"].read()[2, 4]  # (out, in)


def test_another_tensor_of_the_same_layout():
    (kernel, _) = named_tensors(nn.Linear(2, 3))
    slot = torch.zeros(3, 2)
    kernel.write(np.arange(6.0).reshape(2, 3), slot)
    assert slot.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert kernel.read(slot).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_what_is_read_is_a_copy():
    layer = nn.Linear(2, 2)
    (kernel, _) = named_tensors(layer)
    before = kernel.read()
    with torch.no_grad():
        layer.weight.zero_()
    assert before.any()
