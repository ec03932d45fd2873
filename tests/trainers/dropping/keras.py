"""The mlp with dropout in Keras."""

import keras
from keras import layers

from fwexp.models.mlp import keras as mlp
from fwexp.models.mlp.spec import Spec


def build(spec: Spec) -> keras.Model:
    network = mlp.build(spec)
    hidden = layers.Dropout(0.5, name="dropout")(network.layers[-1].input)
    return keras.Model(network.inputs, layers.Dense(spec.num_classes, name="head")(hidden))
