"""The traps in the cnn's two files."""

from tests.prove.traps import LINTER, Rewrite, Trap

WITHIN = "fwexp.models.cnn"
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
    Trap(
        what="a convolution's bias, which Keras has by default",
        stage="parameters",
        at="build",
        within=WITHIN,
        framework="tf",
        rewrites=(Rewrite(call="Conv2D", keywords={"use_bias": None}),),
        where="conv0.bias",
    ),
    Trap(
        what="padding forgotten",
        stage="shapes",
        at="build",
        within=WITHIN,
        framework="tf",
        rewrites=(NO_PADDING,),
        overrides=("model.options.depth=2",),  # a third block would have no pixels left
        where="conv0",
    ),
    Trap(
        what='"same" padding at stride 2, which TensorFlow puts on one side',
        stage=LINTER,
        at="build",
        within=WITHIN,
        framework="tf",
        rewrites=(NO_PADDING, Rewrite(call="Conv2D", keywords={"padding": '"same"'})),
    ),
    Trap(
        what='"same" padding at stride 2, written so that the linter cannot read it',
        stage="forward",
        at="build",
        within=WITHIN,
        framework="tf",
        rewrites=(NO_PADDING, Rewrite(call="Conv2D", keywords={"padding": 'str("same")'})),
        where="conv0",
    ),
    Trap(
        what="BatchNorm's epsilon left at Keras's default",
        stage="forward",
        at="build",
        within=WITHIN,
        framework="tf",
        rewrites=(Rewrite(call="BatchNorm", positional=("spec.norm_momentum", "1e-3")),),
        where="norm0",
    ),
    Trap(
        what="another activation: leaky_relu for relu",
        stage=LINTER,
        at="build",
        within=WITHIN,
        framework="tf",
        rewrites=(
            Rewrite(call="ReLU", callee="layers.LeakyReLU", keywords={"negative_slope": "0.01"}),
        ),
    ),
    Trap(
        what="a relu with a slope, which the linter does not know",
        stage="forward",
        at="build",
        within=WITHIN,
        framework="tf",
        rewrites=(Rewrite(call="ReLU", keywords={"negative_slope": "0.01"}),),
        where="relu0",
    ),
    Trap(
        what="a layer frozen in one of the two",
        stage="gradients",
        at="build",
        within=WITHIN,
        framework="torch",
        wrap=with_a_frozen_layer,
        where="conv0.kernel",
    ),
    Trap(
        what="Keras's own BatchNorm, whose running variance is the biased one",
        stage=LINTER,
        at="build",
        within=WITHIN,
        framework="tf",
        rewrites=(
            Rewrite(
                call="BatchNorm",
                callee="layers.BatchNormalization",
                positional=(),
                keywords=STOCK,
            ),
        ),
    ),
    Trap(
        what="Keras's own BatchNorm, written so that the linter cannot read it",
        stage="statistics",
        at="build",
        within=WITHIN,
        framework="tf",
        rewrites=(
            Rewrite(
                call="BatchNorm",
                callee='getattr(layers, "BatchNormalization")',
                positional=(),
                keywords=STOCK,
            ),
        ),
    ),
    Trap(
        what="BatchNorm's momentum in Keras's sense given to torch",
        stage="statistics",
        at="build",
        within=WITHIN,
        framework="torch",
        wrap=with_momentum_as_in_keras,
    ),
    Trap(
        what="dropout in one of the two, written so that the linter cannot read it",
        stage="forward",
        at="build",
        within=WITHIN,
        framework="torch",
        wrap=with_dropout_before_the_head,
        where="head",
    ),
]
