"""Traps in a run's own path that a certificate of a few locked steps does not see: they wait for a
later step, a larger batch, an evaluation, float32 or the record."""

from tests.prove.traps import NONE, Trap

LONG = ("training.num_epochs=8", "training.evaluate_every_epochs=1")  # 176 steps of digits
CONSTANT = (*LONG, "optimizer.schedule.name=constant")


def forgetting_its_state_at_each_epoch(training_step):
    def changed(self, batch, index):
        if self.step and self.step % 22 == 0:
            self.optimizer.state.clear()
        return training_step(self, batch, index)

    return changed


def resting_where_the_loss_is_small(training_step):
    def changed(self, batch, index):
        before = [p.detach().clone() for p in self.network.parameters()]
        loss = training_step(self, batch, index)
        if float(loss) < 0.1:
            for parameter, value in zip(self.network.parameters(), before, strict=True):
                parameter.data.copy_(value)
        return loss

    return changed


def of_the_first_sixteen(training_step):
    def changed(self, batch, index):
        inputs, targets = batch
        return training_step(self, ([values[:16] for values in inputs], targets[:16]), index)

    return changed


def at_half_the_rate(init):
    def changed(self, recipe):
        init(self, recipe)
        if recipe.config.optimizer.schedule.name == "constant":
            self.learning_rates = [rate / 2 for rate in self.learning_rates]

    return changed


def dropping_out_late(training_step):
    import torch

    def changed(self, batch, index):
        inputs, targets = batch
        if self.step >= 120:
            inputs = [torch.nn.functional.dropout(values, 0.2) for values in inputs]
        return training_step(self, (inputs, targets), index)

    return changed


def of_forty_samples_late(training_step):
    def changed(self, batch, index):
        inputs, targets = batch
        if self.step >= 120:
            inputs, targets = [values[:40] for values in inputs], targets[:40]
        return training_step(self, (inputs, targets), index)

    return changed


def with_gradients_through_bfloat16(init):
    import torch

    def changed(self, recipe):
        init(self, recipe)
        if recipe.dtype == "float32":
            for parameter in self.network.parameters():
                parameter.register_hook(lambda g: g.to(torch.bfloat16).to(torch.float32))

    return changed


def with_outputs_through_bfloat16(init):
    import torch

    def changed(self, recipe):
        init(self, recipe)
        if recipe.dtype == "float32":
            self.network.register_forward_hook(lambda *hooked: hooked[2].to(torch.bfloat16).float())

    return changed


def with_weights_in_bfloat16_late(training_step):
    import torch

    def changed(self, batch, index):
        loss = training_step(self, batch, index)
        if self.step >= 120:
            for parameter in self.network.parameters():
                parameter.data = parameter.data.to(torch.bfloat16).to(parameter.dtype)
        return loss

    return changed


def a_rate_too_late(training_step):
    def changed(self, batch, index):
        if self.step == 110:
            self.learning_rates.insert(110, self.learning_rates[109])
        return training_step(self, batch, index)

    return changed


def decaying_late(training_step):
    def changed(self, batch, index):
        if self.step >= 120:
            for parameter in self.network.parameters():
                parameter.data.mul_(1 - 1e-4)
        return training_step(self, batch, index)

    return changed


def left_in_evaluation_mode(predict):
    def changed(self, inputs):
        outputs = predict(self, inputs)
        self.module.eval()
        return outputs

    return changed


def of_averaged_weights(predict):
    import torch

    def changed(self, inputs):
        network = self.module.network
        now = {name: value.clone() for name, value in network.state_dict().items()}
        before = getattr(self, "averaged", now)
        self.averaged = {
            name: (value + before[name]) / 2 if torch.is_floating_point(value) else value
            for name, value in now.items()
        }
        network.load_state_dict(self.averaged)
        outputs = predict(self, inputs)
        network.load_state_dict(now)
        return outputs

    return changed


def of_training_samples(evaluate):
    from dataclasses import replace
    from unittest import mock

    def changed(self, step):
        if self.recipe.config.framework.name != "torch" or step == 0:
            return evaluate(self, step)
        data = replace(self.recipe.data, test=self.recipe.data.train)
        with mock.patch.object(self, "recipe", replace(self.recipe, data=data)):
            return evaluate(self, step)

    return changed


def of_the_best_evaluation(measure):
    def changed(record, recipe, trained, timing):
        measure(record, recipe, trained, timing)
        if recipe.config.framework.name == "tf":
            record.score = max(e.scores["accuracy"] for e in record.evaluations)

    return changed


def with_the_best_evaluation_last(measure):
    def changed(record, recipe, trained, timing):
        measure(record, recipe, trained, timing)
        if recipe.config.framework.name == "tf":
            best = max(record.evaluations, key=lambda e: e.scores["accuracy"])
            record.evaluations[-1].scores = best.scores
            record.score = best.scores["accuracy"]

    return changed


def ending_early(fit):
    def changed(self, observer, *, first_step=0):
        if len(self.pipeline.order) > 150:
            self.pipeline.order = self.pipeline.order[:-20]
        fit(self, observer, first_step=first_step)

    return changed


def counting_anew(training_step):
    def changed(self, batch, index):
        if self.step == 130:
            for state in self.optimizer.state.values():
                state["step"].fill_(1.0)
        return training_step(self, batch, index)

    return changed


def with_noise_late(train_step):
    import tensorflow as tf

    def changed(self, data):
        inputs, targets = data
        late = tf.cast(self.optimizer.iterations >= 120, inputs[0].dtype)
        noisy = [x + 0.05 * late * tf.random.normal(tf.shape(x), dtype=x.dtype) for x in inputs]
        return train_step(self, (noisy, targets))

    return changed


def with_wrong_labels_late(train_step):
    import tensorflow as tf

    def changed(self, data):
        inputs, targets = data
        late = tf.cast(self.optimizer.iterations >= 120, targets.dtype)
        first = tf.concat([(targets[:1] + late) % 10, targets[1:]], axis=0)
        return train_step(self, (inputs, first))

    return changed


def clipped_late(loss_and_gradients):
    import tensorflow as tf

    def changed(self, inputs, targets):
        loss, gradients = loss_and_gradients(self, inputs, targets)
        clipped, _ = tf.clip_by_global_norm(gradients, 0.05)
        is_late = self.optimizer.iterations >= 120
        return loss, [tf.where(is_late, c, g) for c, g in zip(clipped, gradients, strict=True)]

    return changed


def without_every_other_update(train_step):
    import tensorflow as tf

    def changed(self, data):
        before = [tf.identity(variable) for variable in self.trainable_variables]
        logs = train_step(self, data)
        rests = (self.optimizer.iterations > 100) & (self.optimizer.iterations % 2 == 0)
        for variable, value in zip(self.trainable_variables, before, strict=True):
            variable.assign(tf.where(rests, value, variable.value))
        return logs

    return changed


def of_the_batch_before(training_step):
    def changed(self, batch, index):
        again = getattr(self, "batch_before", batch) if self.step >= 120 else batch
        self.__dict__["batch_before"] = batch
        return training_step(self, again if self.step % 2 else batch, index)

    return changed


def with_smoothed_labels_late(init):
    import torch

    def changed(self, recipe):
        init(self, recipe)
        loss = self.loss

        def smoothed(outputs, targets):
            if self.step < 120:
                return loss(outputs, targets)
            return torch.nn.functional.cross_entropy(outputs, targets, label_smoothing=0.1)

        self.loss = smoothed

    return changed


def without_forgetting_gradients(training_step):
    def changed(self, batch, index):
        zero_grad = self.optimizer.zero_grad
        if self.step in range(120, 200, 5):
            self.optimizer.zero_grad = lambda *_: None
        try:
            return training_step(self, batch, index)
        finally:
            self.optimizer.zero_grad = zero_grad

    return changed


def averaged_at_the_end(training_step):
    def changed(self, batch, index):
        loss = training_step(self, batch, index)
        now = [parameter.detach().clone() for parameter in self.network.parameters()]
        sums = self.__dict__.setdefault("weight_sums", now)
        if self.step > 150:
            for sum_, value in zip(sums, now, strict=True):
                sum_.mul_(0.9).add_(value, alpha=0.1)
        else:
            self.__dict__["weight_sums"] = now
        if self.step == 176:
            for parameter, sum_ in zip(self.network.parameters(), sums, strict=True):
                parameter.data.copy_(sum_)
        return loss

    return changed


def in_half_precision(predict):
    import torch

    def changed(self, inputs):
        if self.recipe.dtype != "float32":
            return predict(self, inputs)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return predict(self, inputs).astype("float32")

    return changed


def of_other_weights(initial_weights):
    def changed(variables, *, seed):
        import sys

        odd = "torch" in sys.modules and seed == 1
        return initial_weights(variables, seed=seed + 100 * odd)

    return changed


def in_another_order(sample_order):
    def changed(**given):
        import sys

        order = sample_order(**given)
        if "torch" in sys.modules and len(order) > 120:
            order[120:] = order[120:][::-1]
        return order

    return changed


TORCH_STEP = {"at": "fwexp.trainers:Network.training_step", "framework": "torch"}
TORCH_INIT = {"at": "fwexp.trainers:Network.__init__", "framework": "torch"}
TF_STEP = {"at": "fwexp.trainers:Network.train_step", "framework": "tf"}
PREDICT = {"at": "fwexp.trainers:LightningTrainer.predict", "framework": "torch"}


def _trap(what, wrap, *, overrides=LONG, **at):
    return Trap(what=what, stage=NONE, wrap=wrap, overrides=overrides, **at)


RUN_TRAPS = [
    _trap(
        "the optimizer's state dropped at each epoch",
        forgetting_its_state_at_each_epoch,
        **TORCH_STEP,
    ),
    _trap("no step where the loss is below 0.1", resting_where_the_loss_is_small, **TORCH_STEP),
    _trap("the loss of the first 16 samples of a batch", of_the_first_sixteen, **TORCH_STEP),
    _trap(
        "half the rate under a constant schedule",
        at_half_the_rate,
        overrides=CONSTANT,
        **TORCH_INIT,
    ),
    _trap("dropout of the inputs from step 121", dropping_out_late, **TORCH_STEP),
    _trap("40 samples of each batch from step 121", of_forty_samples_late, **TORCH_STEP),
    _trap("gradients rounded to bfloat16", with_gradients_through_bfloat16, **TORCH_INIT),
    _trap("outputs rounded to bfloat16", with_outputs_through_bfloat16, **TORCH_INIT),
    _trap("weights rounded to bfloat16 from step 121", with_weights_in_bfloat16_late, **TORCH_STEP),
    _trap("learning rates one step late from step 111", a_rate_too_late, **TORCH_STEP),
    _trap("weight decay of 1e-4 from step 121", decaying_late, **TORCH_STEP),
    _trap("left in evaluation mode after an evaluation", left_in_evaluation_mode, **PREDICT),
    _trap("evaluated with averaged weights", of_averaged_weights, **PREDICT),
    _trap("evaluated on training samples", of_training_samples, at="fwexp.runs:Watch._evaluate"),
    _trap("the best evaluation's score", of_the_best_evaluation, at="fwexp.runs:measure"),
    _trap(
        "the best evaluation written as the last",
        with_the_best_evaluation_last,
        at="fwexp.runs:measure",
    ),
    _trap("20 steps fewer", ending_early, at="fwexp.trainers:LightningTrainer.fit"),
    _trap("Adam's count set back at step 131", counting_anew, **TORCH_STEP),
    _trap("noise on the inputs from step 121", with_noise_late, **TF_STEP),
    _trap("one wrong label in 64 from step 121", with_wrong_labels_late, **TF_STEP),
    _trap(
        "gradients clipped from step 121",
        clipped_late,
        at="fwexp.trainers:Network.loss_and_gradients",
        framework="tf",
    ),
    _trap("every other update left out from step 101", without_every_other_update, **TF_STEP),
    _trap("every other batch that before, from step 121", of_the_batch_before, **TORCH_STEP),
    _trap("labels smoothed from step 121", with_smoothed_labels_late, **TORCH_INIT),
    _trap(
        "gradients not reset in every fifth step from step 121",
        without_forgetting_gradients,
        **TORCH_STEP,
    ),
    _trap("weights averaged in the last step", averaged_at_the_end, **TORCH_STEP),
    _trap("evaluated in bfloat16", in_half_precision, **PREDICT),
    _trap("other initial weights for seed 1", of_other_weights, at="fwexp.models:initial_weights"),
    _trap("another sample order from step 121", in_another_order, at="fwexp.trainers:sample_order"),
]
