"""The traps in recurrent networks, attention, embeddings and a flattened image."""

from tests.prove.traps import Rewrite, Trap

LSTM = ("model=lstm", "data=airline")
TRANSFORMER = ("model=transformer", "data=text", "optimizer=adamw")
GNMT = ("model=gnmt", "data=verses")
NCF = ("model=ncf", "data=ml100k")
ALEXNET = ("model=alexnet", "data=cifar10")

TOO_LONG = "a model that has learnt anything takes minutes"


def with_gates_in_another_order(build):
    from keras import layers

    def changed(spec):
        model = build(spec)
        for cell in (layer.cell for layer in model.layers if isinstance(layer, layers.LSTM)):
            cell._compute_carry_and_output_fused = swapped(cell._compute_carry_and_output_fused)
        return model

    def swapped(fused):
        return lambda z, c: fused((z[1], z[0], z[2], z[3]), c)

    return changed


def with_a_random_second_bias(one_bias_lstm):
    from torch import nn

    def changed(num_in, num_out):
        lstm = one_bias_lstm(num_in, num_out)
        nn.init.uniform_(lstm.bias_hh_l0, -(num_out**-0.5), num_out**-0.5)
        return lstm

    return changed


def with_a_trained_second_bias(one_bias_lstm):
    def changed(num_in, num_out):
        lstm = one_bias_lstm(num_in, num_out)
        lstm.bias_hh_l0.requires_grad_(True)
        return lstm

    return changed


def summed_over_outputs(mean_squared_error):
    return lambda outputs, targets: mean_squared_error(outputs, targets) * targets[0].numel()


def scaled_by_the_width(call):
    def changed(self, query, key, value):
        return call(self, query / self.num_heads**0.5, key, value)

    return changed


def scaled_through_float32(call):
    import numpy as np

    def changed(self, query, key, value):
        scale = (query.shape[-1] // self.num_heads) ** -0.5
        return call(self, query * (float(np.float32(scale)) / scale), key, value)

    return changed


def attending_to_padding(call):
    from keras import ops

    from fwexp.data.tokens import BOS

    def changed(self, query, key, value, source):
        return call(self, query, key, value, ops.full_like(source, BOS))

    return changed


def averaged_over_padding(masked_cross_entropy):
    from keras import ops

    from fwexp.tasks.numerics import IGNORED

    def changed(logits, labels):
        share_kept = ops.mean(ops.cast(ops.not_equal(labels, IGNORED), logits.dtype))
        return masked_cross_entropy(logits, labels) * share_kept

    return changed


def channels_first(_):
    return lambda self, x: x.flatten(1)  # noqa: ARG005


MODEL_TRAPS = [
    Trap(
        what="an LSTM's gates in another order: the forget gate's weights before the input gate's",
        stage="forward",
        at="fwexp.models.lstm:build",
        framework="tf",
        wrap=with_gates_in_another_order,
        workload=LSTM,
        where="lstm0",
    ),
    Trap(
        what="an LSTM's gates by hard_sigmoid, as in the first Keras",
        stage="forward",
        at="fwexp.models.lstm:build",
        framework="tf",
        rewrites=(Rewrite(call="LSTM", keywords={"recurrent_activation": '"hard_sigmoid"'}),),
        workload=LSTM,
        where="lstm0",
    ),
    Trap(
        what="torch's second LSTM bias starts as torch would start it",
        stage="forward",
        at="fwexp.models:one_bias_lstm",
        wrap=with_a_random_second_bias,
        workload=LSTM,
        where="lstm0",
    ),
    Trap(
        what="torch's second LSTM bias starts at zero, but is trained: the bias learns twice",
        stage="loss",
        at="fwexp.models:one_bias_lstm",
        wrap=with_a_trained_second_bias,
        workload=LSTM,
        where="reported at step 2",
    ),
    Trap(
        what="the squared error summed over the outputs, and averaged over the samples only",
        stage="loss",
        at="fwexp.trainers:mean_squared_error",
        framework="torch",
        wrap=summed_over_outputs,
        workload=LSTM,
        where="loss",
    ),
    Trap(
        what="attention divided by the root of the model's width, not of a head's",
        stage="forward",
        at="fwexp.models:Attend.call",
        wrap=scaled_by_the_width,
        workload=TRANSFORMER,
        where="block0.attend",
    ),
    Trap(
        what="attention's scale through float32",
        stage="forward",
        at="fwexp.models:Attend.call",
        wrap=scaled_through_float32,
        workload=TRANSFORMER,
        overrides=("model.options.width=48",),  # 1/√16 is exact in float32, 1/√12 is not
        no_run="a float32 run computes with that scale anyway",
        where="block0.attend",
    ),
    Trap(
        what="a causal mask that lets every position see the next one",
        stage="forward",
        at="fwexp.models:Attend.call",
        rewrites=(Rewrite(call="tri", keywords={"k": "1"}),),
        workload=TRANSFORMER,
        where="block0.attend",
    ),
    Trap(
        what="gelu in its tanh form, in a file that the linter does not read",
        stage="forward",
        at="fwexp.models:Block.__init__",
        framework="torch",
        rewrites=(Rewrite(call="GELU", keywords={"approximate": '"tanh"'}),),
        workload=TRANSFORMER,
        where="block0.gelu",
    ),
    Trap(
        what="LayerNorm's epsilon left at Keras's default, in a file that the linter does not read",
        stage="forward",
        at="fwexp.models:norm",
        framework="tf",
        rewrites=(Rewrite(call="LayerNormalization", keywords={"epsilon": None}),),
        workload=TRANSFORMER,
        where="block0.norm1",
    ),
    Trap(
        what="attention to padding, too",
        stage="forward",
        at="fwexp.models.gnmt:Attention.call",
        wrap=attending_to_padding,
        workload=GNMT,
        where="attention",
        no_run=TOO_LONG,
    ),
    Trap(
        what="the loss averaged over padding, too",
        stage="loss",
        at="fwexp.trainers:masked_cross_entropy",
        framework="tf",
        wrap=averaged_over_padding,
        workload=GNMT,
        where="loss",
        no_run=TOO_LONG,
    ),
    Trap(
        what="an embedding's gradient as slices, a row twice where an item is in the batch twice",
        stage="optimizer steps",
        at="fwexp.trainers:Network.loss_and_gradients",
        rewrites=(Rewrite(call="convert_to_tensor", callee="(lambda gradient: gradient)"),),
        workload=NCF,
        where="step 1, tower_user.embeddings",
        no_run=TOO_LONG,
    ),
    Trap(
        what="an image flattened by channels first",
        stage="forward",
        at="fwexp.models:Flatten.forward",
        wrap=channels_first,
        workload=ALEXNET,
        where="fc6",
        no_run=TOO_LONG,
    ),
]
