"""The traps in recurrent networks, attention, embeddings and a flattened image."""

from tests.prove.traps import Trap

LSTM = ("model=lstm", "data=airline")
TRANSFORMER = ("model=transformer", "data=text", "optimizer=adamw")
GNMT = ("model=gnmt", "data=verses")
NCF = ("model=ncf", "data=ml100k")
ALEXNET = ("model=alexnet", "data=cifar10")

TORCH_LSTM = "fwexp/models/torch_lstm.py"
KERAS_ATTENTION = "fwexp/models/keras_attention.py"
SCALE = "_constant(1.0 / math.sqrt(q.shape[-1]), scores)"
TOO_LONG = "a model that has learnt anything takes minutes"

MODEL_TRAPS = [
    Trap(
        what="an LSTM's gates in another order: the forget gate's weights before the input gate's",
        stage="forward",
        file="fwexp/models/lstm/keras.py",
        old='        x = layers.LSTM(spec.width, return_sequences=True, name=f"lstm{i}")(x)\n',
        new='        lstm = layers.LSTM(spec.width, return_sequences=True, name=f"lstm{i}")\n'
        "        fused = lstm.cell._compute_carry_and_output_fused\n"
        "        lstm.cell._compute_carry_and_output_fused = (\n"
        "            lambda z, c, fused=fused: fused((z[1], z[0], z[2], z[3]), c)\n"
        "        )\n"
        "        x = lstm(x)\n",
        workload=LSTM,
        where="lstm0",
    ),
    Trap(
        what="an LSTM's gates by hard_sigmoid, as in the first Keras",
        stage="forward",
        file="fwexp/models/lstm/keras.py",
        old="return_sequences=True, ",
        new='return_sequences=True, recurrent_activation="hard_sigmoid", ',
        workload=LSTM,
        where="lstm0",
    ),
    Trap(
        what="torch's second LSTM bias starts as torch would start it",
        stage="forward",
        file=TORCH_LSTM,
        old="    nn.init.zeros_(second)\n",
        new="",
        workload=LSTM,
        where="lstm0",
    ),
    Trap(
        what="torch's second LSTM bias starts at zero, but is trained: the bias learns twice",
        stage="loss",
        file=TORCH_LSTM,
        old="    second.requires_grad_(False)\n",
        new="",
        workload=LSTM,
        where="reported at step 2",
    ),
    Trap(
        what="the squared error summed over the outputs, and averaged over the samples only",
        stage="loss",
        file="fwexp/trainers/torch_losses.py",
        old="functional.mse_loss(outputs, targets)",
        new='functional.mse_loss(outputs, targets, reduction="sum") / len(targets)',
        workload=LSTM,
        where="loss",
    ),
    Trap(
        what="attention divided by the root of the model's width, not of a head's",
        stage="forward",
        file=KERAS_ATTENTION,
        old=SCALE,
        new="_constant(1.0 / math.sqrt(query.shape[-1]), scores)",
        workload=TRANSFORMER,
        where="block0.attend",
    ),
    Trap(
        what="attention's scale through float32",
        stage="forward",
        file=KERAS_ATTENTION,
        old=SCALE,
        new='ops.cast(ops.cast(1.0 / math.sqrt(q.shape[-1]), "float32"), scores.dtype)',
        workload=TRANSFORMER,
        overrides=("model.options.width=48",),  # 1/√16 is exact in float32, 1/√12 is not
        no_run="a float32 run computes with that scale anyway",
        where="block0.attend",
    ),
    Trap(
        what="a causal mask that lets every place see the next one",
        stage="forward",
        file=KERAS_ATTENTION,
        old="np.tri(query.shape[1], dtype=bool)",
        new="np.tri(query.shape[1], k=1, dtype=bool)",
        workload=TRANSFORMER,
        where="block0.attend",
    ),
    Trap(
        what="gelu in its tanh form, in a file that the linter does not read",
        stage="forward",
        file="fwexp/models/torch_attention.py",
        old='approximate="none"',
        new='approximate="tanh"',
        workload=TRANSFORMER,
        where="block0.gelu",
    ),
    Trap(
        what="LayerNorm's epsilon left at Keras's default, in a file that the linter does not read",
        stage="forward",
        file=KERAS_ATTENTION,
        old="epsilon=NORM_EPSILON, ",
        new="",
        workload=TRANSFORMER,
        where="block0.norm1",
    ),
    Trap(
        what="attention that looks at padding, too",
        stage="forward",
        file="fwexp/models/gnmt/keras.py",
        old="        scores = ops.where((source == PAD)[:, None], never, scores)\n",
        new="",
        workload=GNMT,
        where="attention",
        no_run=TOO_LONG,
    ),
    Trap(
        what="the loss averaged over padding, too",
        stage="loss",
        file="fwexp/trainers/keras_losses.py",
        old="* kept) / ops.sum(kept)",
        new="* kept) / ops.cast(ops.size(kept), kept.dtype)",
        workload=GNMT,
        where="loss",
        no_run=TOO_LONG,
    ),
    Trap(
        what="an embedding's gradient as slices, a row twice where an item is in the batch twice",
        stage="optimizer steps",
        file="fwexp/trainers/keras.py",
        old="return loss, [None if g is None else tf.convert_to_tensor(g) for g in gradients]",
        new="return loss, gradients",
        workload=NCF,
        where="step 1, tower_user.embeddings",
        no_run=TOO_LONG,
    ),
    Trap(
        what="an image flattened by channels first",
        stage="forward",
        file="fwexp/models/torch_layers.py",
        old="x.permute(0, 2, 3, 1).flatten(1)",
        new="x.flatten(1)",
        workload=ALEXNET,
        where="fc6",
        no_run=TOO_LONG,
    ),
]
