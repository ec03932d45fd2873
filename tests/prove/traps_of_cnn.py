"""The traps in the cnn's two files."""

from functools import partial

from tests.prove.traps import LINTER, Rewrite, Trap

in_torch = partial(Trap, at="fwexp.models.cnn:build", framework="torch")
in_keras = partial(Trap, at="fwexp.models.cnn:build", framework="tf")
NO_PADDING = Rewrite(call="ZeroPadding2D", callee="layers.Identity", positional=())
STOCK = {"momentum": "spec.norm_momentum", "epsilon": "spec.norm_epsilon"}


def with_a_frozen_layer(build):
    def changed(spec):
        model = build(spec)
        model.get_parameter("conv0.weight").requires_grad_(False)
        return model

    return changed


def with_momentum_as_in_keras(build):
    from torch import nn

    def changed(spec):
        model = build(spec)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = spec.norm_momentum
        return model

    return changed


def with_dropout_before_the_head(build):
    from collections import OrderedDict

    from torch import nn

    def changed(spec):
        layers = OrderedDict(build(spec).named_children())
        head, drop = layers.pop("head"), nn.Dropout
        return nn.Sequential(OrderedDict(layers, drop=drop(0.3), head=head))

    return changed


CNN_TRAPS = [
    in_keras(
        what="a convolution's bias, which Keras has by default",
        stage="parameters",
        rewrites=(Rewrite(call="Conv2D", keywords={"use_bias": None}),),
        where="conv0.bias",
    ),
    in_keras(
        what="padding forgotten",
        stage="shapes",
        rewrites=(NO_PADDING,),
        overrides=("model.options.depth=2",),  # a third block would have no pixels left
        where="conv0",
    ),
    in_keras(
        what='"same" padding at stride 2, which TensorFlow puts on one side',
        stage=LINTER,
        rewrites=(NO_PADDING, Rewrite(call="Conv2D", keywords={"padding": '"same"'})),
    ),
    in_keras(
        what='"same" padding at stride 2, written so that the linter cannot read it',
        stage="forward",
        rewrites=(NO_PADDING, Rewrite(call="Conv2D", keywords={"padding": 'str("same")'})),
        where="conv0",
    ),
    in_keras(
        what="BatchNorm's epsilon left at Keras's default",
        stage="forward",
        rewrites=(Rewrite(call="BatchNorm", positional=("spec.norm_momentum", "1e-3")),),
        where="norm0",
    ),
    in_keras(
        what="another activation: leaky_relu for relu",
        stage=LINTER,
        rewrites=(
            Rewrite(call="ReLU", callee="layers.LeakyReLU", keywords={"negative_slope": "0.01"}),
        ),
    ),
    in_keras(
        what="a relu with a slope, which the linter does not know",
        stage="forward",
        rewrites=(Rewrite(call="ReLU", keywords={"negative_slope": "0.01"}),),
        where="relu0",
    ),
    in_torch(
        what="a layer frozen in one of the two",
        stage="gradients",
        wrap=with_a_frozen_layer,
        where="conv0.kernel",
    ),
    in_keras(
        what="Keras's own BatchNorm, whose running variance is the biased one",
        stage=LINTER,
        rewrites=(
            Rewrite(
                call="BatchNorm",
                callee="layers.BatchNormalization",
                positional=(),
                keywords=STOCK,
            ),
        ),
    ),
    in_keras(
        what="Keras's own BatchNorm, written so that the linter cannot read it",
        stage="statistics",
        rewrites=(
            Rewrite(
                call="BatchNorm",
                callee='getattr(layers, "BatchNormalization")',
                positional=(),
                keywords=STOCK,
            ),
        ),
    ),
    in_torch(
        what="BatchNorm's momentum in Keras's sense given to torch",
        stage="statistics",
        wrap=with_momentum_as_in_keras,
    ),
    in_torch(
        what="dropout in one of the two, written so that the linter cannot read it",
        stage="forward",
        wrap=with_dropout_before_the_head,
        where="head",
    ),
]
