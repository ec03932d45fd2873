"""The mlp in Keras, unless the fault strikes."""

import keras

from fwexp.models.mlp import keras as mlp
from tests.fragile.spec import Spec


def build(spec: Spec) -> keras.Model:
    spec.fail()
    return mlp.build(spec)
