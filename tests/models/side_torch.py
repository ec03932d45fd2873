"""Torch modules under a spec's names and layouts."""

import inspect
import re

import numpy as np
import pytest
import torch
from torch import nn

from fwexp.config.load import compose
from fwexp.models.registry import build, load_spec
from fwexp.models.signatures import TORCH, positions
from fwexp.models.torch_layers import DepthwiseConv2d, Flatten
from fwexp.models.torch_names import named_tensors


@pytest.mark.parametrize("model", ["mlp", "cnn", "alexnet", "vgg19", "resnet50", "mobilenet"])
def test_our_models_are_as_their_specs_say(model):
    config = compose([f"model={model}", "data=cifar10"])
    spec = load_spec(config.model, config.data)
    module = build(config.model, spec, framework="torch")
    found = {named.name: named.read().shape for named in named_tensors(module)}
    assert found == {name: v.shape for name, v in spec.variables().items()}
    assert {b for b, _ in module.named_modules()} >= set(spec.blocks())


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


def test_a_depthwise_kernel_is_laid_out_as_in_keras():
    layer = DepthwiseConv2d(4, 3, stride=2)
    (kernel,) = named_tensors(layer)
    value = np.arange(36, dtype=np.float32).reshape(3, 3, 4, 1)
    kernel.write(value)
    assert np.array_equal(kernel.read(), value)
    assert layer.weight[3, 0, 2, 1] == value[2, 1, 3, 0]  # (channels, 1, h, w)


def test_flattened_in_keras_order():
    images = np.arange(2 * 5 * 4 * 3, dtype=np.float32).reshape(2, 5, 4, 3)  # NHWC
    flat = Flatten()(torch.from_numpy(images.transpose(0, 3, 1, 2)))
    assert np.array_equal(flat.numpy(), images.reshape(2, -1))


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


@pytest.mark.parametrize(("model", "data"), [("ncf", "ml100k"), ("lstm", "airline")])
def test_models_of_other_data_are_as_their_specs_say(model, data):
    config = compose([f"model={model}", f"data={data}"])
    spec = load_spec(config.model, config.data)
    module = build(config.model, spec, framework="torch")
    found = {named.name: named.read().shape for named in named_tensors(module)}
    assert found == {name: v.shape for name, v in spec.variables().items()}
    assert {b for b, _ in module.named_modules()} >= set(spec.blocks())


def test_the_lstm_learns_one_bias():
    config = compose(["model=lstm", "data=airline"])
    module = build(config.model, load_spec(config.model, config.data), framework="torch")
    module(torch.ones(3, 24)).sum().backward()
    second = {n: p for n, p in module.named_parameters() if "bias_hh" in n}
    assert list(second) == ["lstm0.bias_hh_l0", "lstm1.bias_hh_l0"]
    assert all(p.grad is None and not p.any() for p in second.values())


@pytest.mark.parametrize("pattern", TORCH)
def test_the_linter_knows_what_stands_at_which_position(pattern):
    known = {**vars(nn.functional), **vars(nn)}
    for name in filter(re.compile(pattern).fullmatch, known):
        thing = known[name]
        try:
            taken = inspect.signature(thing.__init__ if isinstance(thing, type) else thing)
        except ValueError:  # one that is written in C++
            continue
        names = [given for given in taken.parameters if given != "self"]
        expected = positions(name, file="torch.py")
        assert names[: len(expected)] == expected or names == ["args", "kwargs"], name
