"""The names of the arguments that layers take by position, as far as a trap may lie in them."""

import re

TAIL = (
    "kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer "
    "kernel_constraint bias_constraint"
)
GATES = "kernel_initializer recurrent_initializer bias_initializer"
RECURRENT_TAIL = (
    "kernel_regularizer recurrent_regularizer bias_regularizer activity_regularizer "
    "kernel_constraint recurrent_constraint bias_constraint dropout recurrent_dropout"
)
MOVES = "seed return_sequences return_state go_backwards stateful unroll"
NORM = "beta_initializer gamma_initializer beta_regularizer gamma_regularizer beta_constraint"

KERAS = {  # a layer's or function's name -> its arguments
    r"Activation": "activation",
    r"Dense": f"units activation use_bias {TAIL}",
    r"Conv[123]D": "filters kernel_size strides padding data_format dilation_rate groups "
    f"activation use_bias {TAIL}",
    r"Conv[12]DTranspose": "filters kernel_size strides padding output_padding data_format "
    f"dilation_rate activation use_bias {TAIL}",
    r"DepthwiseConv[12]D": "kernel_size strides padding depth_multiplier data_format dilation_rate "
    "activation use_bias",
    r"SeparableConv[12]D": "filters kernel_size strides padding data_format dilation_rate "
    "depth_multiplier activation use_bias",
    r"(Max|Average)Pooling[123]D|(Max|Avg)Pool[123]D": "pool_size strides padding",
    r"conv|depthwise_conv": "inputs kernel strides padding",
    r"max_pool|average_pool": "inputs pool_size strides padding",
    r"(Alpha|Gaussian|Spatial)?Dropout([123]D)?": "rate",
    r"dropout": "inputs rate",
    r"Embedding": "input_dim output_dim embeddings_initializer embeddings_regularizer "
    "embeddings_constraint mask_zero",
    r"SimpleRNN": f"units activation use_bias {GATES} {RECURRENT_TAIL}",
    r"LSTM": f"units activation recurrent_activation use_bias {GATES} unit_forget_bias "
    f"{RECURRENT_TAIL} {MOVES}",
    r"GRU": f"units activation recurrent_activation use_bias {GATES} {RECURRENT_TAIL} {MOVES} "
    "reset_after",
    r"LayerNormalization": f"axis epsilon center scale {NORM} gamma_constraint",
    r"GroupNormalization": f"groups axis epsilon center scale {NORM} gamma_constraint",
    r"RMSNormalization": "axis epsilon",
    r"UpSampling2D": "size data_format interpolation",
    r"resize": "images size interpolation",
}
TORCH = {
    r"AvgPool[123]d": "kernel_size stride padding ceil_mode count_include_pad",
    r"avg_pool[123]d": "input kernel_size stride padding ceil_mode count_include_pad",
    r"MaxPool[123]d": "kernel_size stride padding dilation return_indices ceil_mode",
    r"max_pool[123]d": "input kernel_size stride padding dilation ceil_mode return_indices",
    r"(Alpha|FeatureAlpha)?Dropout([123]d)?": "p",
    r"((feature_)?alpha_)?dropout([123]d)?": "input p",
    r"GELU": "approximate",
    r"(LSTM|GRU)": "input_size hidden_size num_layers bias batch_first dropout",
    r"RNN": "input_size hidden_size num_layers nonlinearity bias batch_first dropout",
    r"MultiheadAttention": "embed_dim num_heads dropout",
    r"Transformer(Encoder|Decoder)Layer": "d_model nhead dim_feedforward dropout",
    r"Upsample": "size scale_factor mode align_corners",
    r"resize": "images size interpolation",
    r"interpolate": "input size scale_factor mode align_corners",
}


def positions(name: str, *, file: str) -> list[str]:
    """The names of the call's positional arguments; none of what is not known."""
    for pattern, arguments in (TORCH if file == "torch.py" else KERAS).items():
        if re.fullmatch(pattern, name):
            return arguments.split()
    return []
