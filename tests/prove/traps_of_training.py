"""The traps in the cnn, the trainers, the losses and the optimizers."""

from tests.prove.traps import LINTER, NONE, Trap

KERAS_CNN = "fwexp/models/cnn/keras.py"
TORCH_CNN = "fwexp/models/cnn/torch.py"
KERAS = "fwexp/trainers/keras.py"
TORCH = "fwexp/trainers/lightning.py"
TORCH_MODULE = "fwexp/trainers/lightning_module.py"
TORCH_LOSSES = "fwexp/trainers/torch_losses.py"
KERAS_OPTIMIZERS = "fwexp/trainers/keras_optimizers.py"
TORCH_OPTIMIZERS = "fwexp/trainers/torch_optimizers.py"
PAD = '        x = layers.ZeroPadding2D(1, name=f"pad{i}")(x)\n'
NORM = 'BatchNorm(spec.norm_momentum, spec.norm_epsilon, name=f"norm{i}")'
IMPORT = "from fwexp.models.keras_layers import BatchNorm\n"
STOCK = 'momentum=spec.norm_momentum, epsilon=spec.norm_epsilon, name=f"norm{i}"'

TRAINING_TRAPS = [
    Trap(
        what="a bounded shuffle buffer instead of the common sample order",
        stage="data",
        file=KERAS,
        old="rows = tf.data.Dataset.from_tensor_slices(recipe.order)",
        new="rows = tf.data.Dataset.from_tensor_slices(recipe.order).shuffle(8, seed=0)",
    ),
    Trap(
        what="pixels scaled a second time",
        stage="data",
        file=TORCH,
        old="np.array(layout, dtype=dtype",
        new="np.array(layout / 2, dtype=dtype",
    ),
    Trap(
        what="a convolution's bias, which Keras has by default",
        stage="parameters",
        file=KERAS_CNN,
        old="use_bias=False, ",
        new="",
        where="conv0.bias",
    ),
    Trap(
        what="the framework's own initialisation",
        stage="initial weights",
        file=KERAS,
        old="        self.load_state(recipe.weights)\n",
        new="",
    ),
    Trap(
        what="padding forgotten",
        stage="shapes",
        file=KERAS_CNN,
        old=PAD,
        new="",
        overrides=("model.options.depth=2",),  # a third block would have no pixels left
        where="conv0",
    ),
    Trap(
        what='"same" padding at stride 2, which TensorFlow puts to one side',
        stage=LINTER,
        file=KERAS_CNN,
        old=PAD,
        new="",
        extra={"strides=2, ": 'strides=2, padding="same", '},
    ),
    Trap(
        what='"same" padding at stride 2, in words that the linter cannot read',
        stage="forward",
        file=KERAS_CNN,
        old=PAD,
        new="",
        extra={"strides=2, ": 'strides=2, padding=str("same"), '},
        where="conv0",
    ),
    Trap(
        what="BatchNorm's epsilon left at Keras's default",
        stage="forward",
        file=KERAS_CNN,
        old=NORM,
        new='BatchNorm(spec.norm_momentum, 1e-3, name=f"norm{i}")',
        where="norm0",
    ),
    Trap(
        what="evaluated in training mode",
        stage="forward",
        file=TORCH,
        old="        self.module.eval()\n",
        new="        self.module.train()\n",
        where="evaluation",
    ),
    Trap(
        what="another activation: leaky_relu for relu",
        stage=LINTER,
        file=KERAS_CNN,
        old="layers.ReLU(",
        new="layers.LeakyReLU(negative_slope=0.01, ",
    ),
    Trap(
        what="a relu with a slope, which the linter does not know",
        stage="forward",
        file=KERAS_CNN,
        old="layers.ReLU(",
        new="layers.ReLU(negative_slope=0.01, ",
        where="relu0",
    ),
    Trap(
        what="softmax twice: the loss is given probabilities for logits",
        stage="loss",
        file=TORCH_MODULE,  # Keras finds such a softmax in its graph, and takes it out again
        old="self.loss(outputs.to(at_least_float32), targets)",
        new="self.loss(outputs.to(at_least_float32).softmax(dim=-1), targets)",
        where="loss",
    ),
    Trap(
        what="label smoothing in one of the two",
        stage="loss",
        file=TORCH_LOSSES,
        old="functional.cross_entropy(logits.flatten(0, -2), labels.flatten())",
        new="functional.cross_entropy("
        "logits.flatten(0, -2), labels.flatten(), label_smoothing=0.01)",
        where="loss",
    ),
    Trap(
        what="the reported loss is a running mean, as Keras's own log is",
        stage="loss",
        file=KERAS,
        old='        return {"loss": loss if self.part is None else sum_over_replicas(loss)}\n',
        new="        self.mean_loss.update_state(loss)\n"
        '        return {"loss": self.mean_loss.result()}\n',
        extra={
            '        self.outputs_dtype = ""\n': '        self.outputs_dtype = ""\n'
            '        self.mean_loss = keras.metrics.Mean(dtype="float64")\n'
        },
        where="reported at step 2",
        no_run="the training itself is the same",
    ),
    Trap(
        what="gradients clipped, each by its own norm",
        stage="gradients",
        file=KERAS,
        old="        gradients = tape.gradient(scaled, self.trainable_variables)\n",
        new="        gradients = [\n"
        "            tf.clip_by_norm(g, 0.1)\n"
        "            for g in tape.gradient(scaled, self.trainable_variables)\n"
        "        ]\n",
    ),
    Trap(
        what="a layer frozen in one of the two",
        stage="gradients",
        file=TORCH_CNN,
        old="    return nn.Sequential(layers)\n",
        new='    layers["conv0"].weight.requires_grad_(False)\n    return nn.Sequential(layers)\n',
        where="conv0.kernel",
    ),
    Trap(
        what="Adam's epsilon inside the bias correction, as in Keras's own",
        stage="optimizer steps",
        file=KERAS_OPTIMIZERS,
        old="denominator = ops.sqrt(v) / _in(variable, correction_2) + epsilon",
        new="denominator = (ops.sqrt(v) + epsilon) / _in(variable, correction_2)",
    ),
    Trap(
        what="the learning rate of the step before",
        stage="optimizer steps",
        file=KERAS_OPTIMIZERS,
        old="ops.take(self.learning_rates, step)",
        new="ops.take(self.learning_rates, ops.maximum(step - 1, 0))",
        overrides=("optimizer=sgd",),
    ),
    Trap(
        what="the learning rate through float32",
        stage="optimizer steps",
        file=KERAS_OPTIMIZERS,
        old='ops.convert_to_tensor(learning_rates, dtype="float64")',
        new='ops.cast(ops.convert_to_tensor(learning_rates, dtype="float32"), "float64")',
        no_run="a float32 run computes with that rate anyway",
        overrides=("optimizer=sgd",),
    ),
    Trap(
        what="Nesterov's momentum in one of the two",
        stage="optimizer steps",
        file=TORCH_OPTIMIZERS,
        old="momentum=settings.momentum)",
        new="momentum=settings.momentum, nesterov=True)",
        overrides=("optimizer=momentum",),
    ),
    Trap(
        what="weight decay on biases and norms, too",
        stage="optimizer steps",
        file=TORCH_OPTIMIZERS,
        old='{"params": others, "weight_decay": 0.0}',
        new='{"params": others, "weight_decay": settings.weight_decay}',
        overrides=("optimizer=adamw",),
    ),
    Trap(
        what="Adam keeps its first moment already corrected",
        stage="optimizer state",
        file=KERAS_OPTIMIZERS,
        old="* m / denominator)\n",
        new="* m / denominator)\n        self.assign(m, m / _in(variable, correction_1))\n",
    ),
    Trap(
        what="Keras's own BatchNorm, whose running variance is the biased one",
        stage=LINTER,
        file=KERAS_CNN,
        old=NORM,
        new=f"layers.BatchNormalization({STOCK})",
    ),
    Trap(
        what="Keras's own BatchNorm under a name that the linter does not know",
        stage="statistics",
        file=KERAS_CNN,
        old=NORM,
        new=f"Stock({STOCK})",
        extra={IMPORT: "Stock = layers.BatchNormalization\n"},
    ),
    Trap(
        what="BatchNorm's momentum in Keras's sense given to torch",
        stage="statistics",
        file=TORCH_CNN,
        old="momentum = 1.0 - spec.norm_momentum",
        new="momentum = spec.norm_momentum",
    ),
    Trap(
        what="evaluates a copy of the model that was made at the start",
        stage="evaluation after training",
        file=KERAS,
        old="        self.load_state(recipe.weights)\n",
        new="        self.load_state(recipe.weights)\n"
        "        self.frozen = keras.models.clone_model(self.model.network)\n"
        "        self.frozen.set_weights(self.model.network.get_weights())\n"
        "        self.predict_batch = self.frozen.predict_on_batch\n",
    ),
    Trap(
        what="a mixed policy where float32 was asked for",
        stage="forward in float32",
        file="fwexp/trainers/devices.py",
        old='KERAS_POLICY = {\n    "fp32": "float32",',
        new='KERAS_POLICY = {\n    "fp32": "mixed_bfloat16",',
    ),
    Trap(
        what="evaluates only whole batches of the test set",
        stage="forward in float32",
        file=KERAS,
        old="range(0, len(tensors[0]), EVALUATION_BATCH)",
        new="range(0, len(tensors[0]) - len(tensors[0]) % 64, 64)",
        extra={"i : i + EVALUATION_BATCH": "i : i + 64"},
        where="a run's first evaluation",
    ),
    Trap(
        what="the other 16-bit type",
        stage="dtypes",
        file="fwexp/trainers/devices.py",
        old='    "bf16": "mixed_bfloat16",',
        new='    "bf16": "mixed_float16",',
        overrides=("precision=bf16",),
        where="conv0",
    ),
    Trap(
        what="dropout in one of the two, in words that the linter cannot read",
        stage="forward",
        file=TORCH_CNN,
        old='    layers["mean"] = Mean()\n',
        new='    drop = nn.Dropout\n    layers["mean"] = Mean()\n    layers["drop"] = drop(0.3)\n',
        where="head",
    ),
    Trap(
        what="weight decay as a penalty in the gradient, which Adam then rescales",
        stage="optimizer steps",
        file=TORCH_OPTIMIZERS,
        old="return AdamW(groups, lr=lr, **adam)",
        new="return Adam(groups, lr=lr, **adam)",
        overrides=("optimizer=adamw",),
    ),
    Trap(
        what="denormal numbers kept by torch, which TensorFlow flushes to zero",
        stage=NONE,
        file=TORCH,
        old="torch.set_flush_denormal(True)",
        new="torch.set_flush_denormal(False)",
    ),
]
