"""The traps in the optimizers and the learning rate."""

from tests.prove.traps import Trap


def with_epsilon_inside_the_correction(adam):
    """m / ((√v + ε) / √(1 - β₂ᵏ)): as if ε were ε / √(1 - β₂ᵏ) in torch's formula."""
    from dataclasses import replace

    from keras import ops

    def changed(self, gradient, variable, rate):
        settings = self.settings
        beta_2 = ops.convert_to_tensor(settings.beta_2, dtype="float64")
        step = ops.cast(self.iterations + 1, "float64")
        correction = ops.sqrt(1.0 - ops.power(beta_2, step))
        self.settings = replace(settings, epsilon=settings.epsilon / correction)
        adam(self, gradient, variable, rate)
        self.settings = settings

    return changed


def with_a_corrected_moment(adam):
    from keras import ops

    def changed(self, gradient, variable, rate):
        adam(self, gradient, variable, rate)
        beta_1 = ops.convert_to_tensor(self.settings.beta_1, dtype="float64")
        step = ops.cast(self.iterations + 1, "float64")
        correction = ops.cast(1.0 - ops.power(beta_1, step), variable.dtype)
        m = self.slots["m"][self._get_variable_index(variable)]
        self.assign(m, m / correction)

    return changed


def of_the_step_before(call):
    from keras import ops

    return lambda self, step: call(self, ops.maximum(step - 1, 0))


def through_float32(call):
    from keras import ops

    return lambda self, step: ops.cast(ops.cast(call(self, step), "float32"), "float64")


def with_nesterov(make_optimizer):
    def changed(settings, parameters):
        optimizer = make_optimizer(settings, parameters)
        for group in optimizer.param_groups:
            group["nesterov"] = True
        return optimizer

    return changed


def with_decay_for_all(make_optimizer):
    def changed(settings, parameters):
        optimizer = make_optimizer(settings, parameters)
        for group in optimizer.param_groups:
            group["weight_decay"] = settings.weight_decay
        return optimizer

    return changed


def with_decay_in_the_gradient(make_optimizer):
    def changed(settings, parameters):
        optimizer = make_optimizer(settings, parameters)
        for group in optimizer.param_groups:
            group["decoupled_weight_decay"] = False  # torch's AdamW is then its Adam
        return optimizer

    return changed


OPTIMIZER_TRAPS = [
    Trap(
        what="Adam's epsilon inside the bias correction, as in Keras's own",
        stage="optimizer steps",
        at="fwexp.trainers:TorchFormula._adam",
        wrap=with_epsilon_inside_the_correction,
    ),
    Trap(
        what="the previous step's learning rate",
        stage="optimizer steps",
        at="fwexp.trainers:ArraySchedule.__call__",
        wrap=of_the_step_before,
        overrides=("optimizer=sgd",),
    ),
    Trap(
        what="the learning rate through float32",
        stage="optimizer steps",
        at="fwexp.trainers:ArraySchedule.__call__",
        wrap=through_float32,
        no_run="a float32 run computes with that rate anyway",
        overrides=("optimizer=sgd",),
    ),
    Trap(
        what="Nesterov's momentum in one of the two",
        stage="optimizer steps",
        at="fwexp.trainers:make_optimizer",
        framework="torch",
        wrap=with_nesterov,
        overrides=("optimizer=momentum",),
    ),
    Trap(
        what="weight decay on biases and norms, too",
        stage="optimizer steps",
        at="fwexp.trainers:make_optimizer",
        framework="torch",
        wrap=with_decay_for_all,
        overrides=("optimizer=adamw",),
    ),
    Trap(
        what="Adam keeps its first moment already corrected",
        stage="optimizer state",
        at="fwexp.trainers:TorchFormula._adam",
        wrap=with_a_corrected_moment,
    ),
    Trap(
        what="weight decay as a penalty in the gradient, which Adam then rescales",
        stage="optimizer steps",
        at="fwexp.trainers:make_optimizer",
        framework="torch",
        wrap=with_decay_in_the_gradient,
        overrides=("optimizer=adamw",),
    ),
]
