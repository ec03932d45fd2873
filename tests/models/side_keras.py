"""Keras models under a spec's names, and the layers of torch's formula."""

import inspect
import re

import keras
import numpy as np
import pytest
from keras import ops

from fwexp.config.load import compose
from fwexp.models.keras_layers import BatchNorm
from fwexp.models.registry import build, load_spec
from fwexp.models.signatures import KERAS, positions
from fwexp.trainers.devices import keras_arguments
from fwexp.trainers.keras_setup import set_up
from fwexp.trainers.keras_trainer import ONLY_IN_KERAS, spec_name
from tests.trainers.recipes import small_job


@pytest.fixture(autouse=True, scope="module")
def as_a_run_sets_it_up():
    config = small_job("tf").config
    set_up(config, keras_arguments(config))


@pytest.mark.parametrize("model", ["mlp", "cnn", "alexnet", "vgg19", "resnet50", "mobilenet"])
def test_our_models_are_as_their_specs_say(model):
    config = compose([f"model={model}", "data=cifar10"])
    spec = load_spec(config.model, config.data)
    network = build(config.model, spec, framework="tf")
    found = {spec_name(v): (tuple(v.shape), v.trainable) for v in network.variables}
    assert found == {n: (v.shape, v.trainable) for n, v in spec.variables().items()}
    assert {layer.name for layer in network.layers} >= set(spec.blocks())


def trained(layer: keras.layers.Layer, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    out = layer(x, training=True)
    return values(out), values(layer.moving_mean), values(layer.moving_variance)


def values(tensor: object) -> np.ndarray:
    return ops.convert_to_numpy(tensor)


def test_the_running_variance_is_unbiased():
    x = np.random.default_rng(0).normal(3.0, 2.0, (4, 3, 2, 5)).astype(np.float32)
    _, mean, variance = trained(BatchNorm(0.9, 1e-5), x)
    flat = x.reshape(-1, 5).astype(np.float64)  # 4·3·2 = 24 values a channel
    assert mean == pytest.approx(0.1 * flat.mean(axis=0), rel=1e-5)
    assert variance == pytest.approx(0.9 + 0.1 * flat.var(axis=0, ddof=1), rel=1e-5)
    biased = 0.9 + 0.1 * flat.var(axis=0)
    assert np.abs(variance / biased - 1).min() > 1e-3


def test_all_else_is_the_stock_layers():
    x = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    ours, stock = BatchNorm(0.9, 1e-3), keras.layers.BatchNormalization(momentum=0.9)
    assert np.array_equal(trained(ours, x)[0], trained(stock, x)[0])
    ours.moving_variance.assign(stock.moving_variance)
    assert np.array_equal(values(ours(x)), values(stock(x)))


def test_evaluation_leaves_the_statistics():
    layer = BatchNorm(0.9, 1e-5)
    layer(np.ones((4, 3), dtype=np.float32) * 7, training=False)
    assert values(layer.moving_mean).tolist() == [0, 0, 0]
    assert values(layer.moving_variance).tolist() == [1, 1, 1]


@pytest.mark.parametrize(("model", "data"), [("ncf", "ml100k"), ("lstm", "airline")])
def test_models_of_other_data_are_as_their_specs_say(model, data):
    config = compose([f"model={model}", f"data={data}"])
    spec = load_spec(config.model, config.data)
    network = build(config.model, spec, framework="tf")
    ours = [v for v in network.variables if v.name not in ONLY_IN_KERAS]
    found = {spec_name(v): (tuple(v.shape), v.trainable) for v in ours}
    assert found == {n: (v.shape, v.trainable) for n, v in spec.variables().items()}
    assert {layer.name for layer in network.layers} >= set(spec.blocks())


@pytest.mark.parametrize("pattern", KERAS)
def test_the_linter_knows_what_stands_at_which_position(pattern):
    known = {**vars(ops.image), **vars(keras.random), **vars(ops), **vars(keras.layers)}
    found = list(filter(re.compile(pattern).fullmatch, known))
    assert found
    for name in found:
        thing = known[name]
        taken = inspect.signature(thing.__init__ if isinstance(thing, type) else thing)
        names = [given for given in taken.parameters if given != "self"]
        expected = positions(name, file="keras.py")
        assert names[: len(expected)] == expected, name
