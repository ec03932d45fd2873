"""The Lightning trainer: what it is set to, what it is given, what it gives back."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.precision import MixedPrecision

from fwexp.tasks import TASKS, make_task
from fwexp.tasks.numerics import binary_cross_entropy, cross_entropy
from fwexp.trainers import lightning
from fwexp.trainers.lightning import LightningTrainer, as_tensor, set_up
from fwexp.trainers.protocol import Effective
from fwexp.trainers.torch_losses import LOSSES
from fwexp.trainers.torch_optimizers import make_optimizer
from tests.trainers.jobs import (
    ALL_LABELS,
    CLICK_LOSS,
    CLICKED,
    CLICKS,
    IGNORING,
    LOGITS,
    MASKED_LOSS,
    NUM_STEPS,
    WHOLE_LOSS,
    Watch,
    paired,
    small_job,
)


@pytest.mark.parametrize(("precision", "tf32"), [("fp32", False), ("tf32", True)])
def test_tf32_is_on_everywhere_or_nowhere(precision, tf32):
    set_up(small_job("torch", precision=precision).config)
    assert torch.backends.cuda.matmul.allow_tf32 is tf32
    assert torch.backends.cudnn.allow_tf32 is tf32


def test_denormals_are_flushed_as_in_tensorflow():
    set_up(small_job("torch").config)
    assert (torch.full((100_000,), 1e-30) * 1e-12).count_nonzero() == 0


@pytest.mark.parametrize(
    ("hardware", "accelerator", "strategy"),
    [("cpu", "cpu", "auto"), ("gpu", "gpu", "auto"), ("tpu", "tpu", "single_xla")],
)
def test_what_lightnings_trainer_receives(monkeypatch, hardware, accelerator, strategy):
    received = {}

    def stop(**arguments):
        received.update(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(pl, "Trainer", stop)
    with pytest.raises(KeyboardInterrupt):
        LightningTrainer(small_job("torch", f"hardware={hardware}", precision="bf16"))
    assert {k: received[k] for k in ("accelerator", "devices", "strategy", "precision")} == {
        "accelerator": accelerator,
        "devices": 1,
        "strategy": strategy,
        "precision": "bf16-mixed",
    }


def test_fp16_scales_its_gradients(monkeypatch):
    """On the CPU, where Lightning offers no fp16 by name."""
    plugin = MixedPrecision("16-mixed", device="cpu")
    arguments = {"accelerator": "cpu", "plugins": [plugin]}
    monkeypatch.setattr(lightning, "lightning_arguments", lambda *_, **__: arguments)
    trainer = LightningTrainer(small_job("torch", precision="fp16"))
    scaler = plugin.scaler
    before = trainer.state()["head.kernel"]
    scales = []
    watch = Watch(lambda: scales.append(scaler.get_scale()))
    trainer.fit(watch)
    assert scales == [2.0**16] * NUM_STEPS  # none overflowed, and none was missed
    assert scaler._get_growth_tracker() == NUM_STEPS
    assert (trainer.state()["head.kernel"] != before).any()


def test_a_fit():
    job = small_job("torch", "optimizer=adam")
    trainer = LightningTrainer(job)
    watch = Watch(lambda: [g["lr"] for g in trainer.module.optimizer.param_groups])
    trainer.fit(watch)
    assert watch.before == watch.after == list(range(NUM_STEPS))
    assert watch.seen == [[rate] for rate in job.learning_rates.tolist()]
    assert len(trainer.losses()) == NUM_STEPS
    assert {"head.kernel/m", "head.kernel/v"} <= trainer.state().keys()
    wanted = {"device": "cpu", "tf32": False, "compiled": False, "num_threads": 1}
    assert trainer.effective() == Effective(**wanted, compute_dtype="float32")


def test_bf16_is_seen_where_the_step_computed():
    trainer = LightningTrainer(small_job("torch", precision="bf16"))
    trainer.fit(Watch())
    assert trainer.effective().compute_dtype == "bfloat16"
    assert trainer.predict(trainer.job.data.test.inputs).dtype == np.float32


def test_it_starts_from_the_jobs_weights():
    job = small_job("torch")
    for name, value in LightningTrainer(job).state().items():
        assert np.array_equal(value, job.weights[name].astype(np.float32)), name


def test_an_evaluation_changes_nothing(monkeypatch):
    monkeypatch.setattr(lightning, "EVALUATION_BATCH", 7)
    job = small_job("torch")
    trainer = LightningTrainer(job)
    trainer.module.train()
    before = trainer.state()
    parts = trainer.predict(job.data.test.inputs)
    assert parts.shape == (len(job.data.test), 10)
    monkeypatch.setattr(lightning, "EVALUATION_BATCH", 1000)
    assert parts == pytest.approx(trainer.predict(job.data.test.inputs), abs=1e-6)
    assert trainer.module.network.training
    assert all(np.array_equal(before[name], value) for name, value in trainer.state().items())


def test_the_batches_are_the_order():
    job = small_job("torch")
    found = list(LightningTrainer(job).batches())
    assert len(found) == NUM_STEPS
    for (inputs, targets), rows in zip(found, job.order, strict=True):
        assert list(inputs) == ["x"]
        assert np.array_equal(inputs["x"], job.data.train.inputs["x"][rows])
        assert np.array_equal(targets, job.data.train.targets[rows])


def test_several_inputs_keep_their_names_their_order_and_their_types():
    job = replace(paired(small_job("torch")), dtype="float64")
    (inputs, targets), *_ = LightningTrainer(job).batches()
    assert list(inputs) == ["x", "tokens"]
    types = [array.dtype for array in (*inputs.values(), targets)]
    assert types == [np.float64, np.int32, np.int64]
    for name, array in job.data.train.inputs.items():
        assert np.array_equal(inputs[name], array[job.order[0]])


def test_any_samples_can_be_predicted():
    job = small_job("torch")
    trainer = LightningTrainer(job)
    whole = trainer.predict(job.data.test.inputs)
    some = {"x": job.data.test.inputs["x"][[4, 2]]}
    assert trainer.predict(some) == pytest.approx(whole[[4, 2]], abs=1e-6)
    same = {"x": job.data.test.inputs["x"].copy()}
    assert np.array_equal(trainer.predict(same), whole)


def test_a_test_set_of_another_shape_is_predicted_anew():
    """The test inputs lie ready as tensors; a slice of them is no longer they."""
    job = small_job("torch")
    trainer = LightningTrainer(job)
    first = job.data.test.first(3)
    assert trainer.predict(first.inputs).shape == (3, 10)


def test_the_losses_are_the_mean_over_the_labels_that_count():
    logits, labels = (torch.tensor(a) for a in (LOGITS, ALL_LABELS))
    ignoring = torch.tensor(IGNORING)
    whole = float(LOSSES["cross_entropy"](logits, labels))
    masked = float(LOSSES["masked_cross_entropy"](logits, ignoring))
    assert whole == pytest.approx(WHOLE_LOSS, rel=1e-8)
    assert masked == pytest.approx(MASKED_LOSS, rel=1e-14)
    assert masked == pytest.approx(cross_entropy(LOGITS, IGNORING), rel=1e-14)


def test_the_loss_of_clicks_is_the_mean_over_them():
    logits, labels = (torch.tensor(a) for a in (CLICKS, CLICKED))
    loss = float(LOSSES["binary_cross_entropy"](logits, labels))
    assert loss == pytest.approx(CLICK_LOSS, rel=1e-14)
    assert loss == pytest.approx(binary_cross_entropy(CLICKS[:, 0], CLICKED), rel=1e-14)


def test_squared_errors_are_the_mean_over_all_values():
    outputs, targets = (
        torch.tensor(a) for a in ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 4.0]])
    )
    assert float(LOSSES["mean_squared_error"](outputs, targets)) == (4 + 9) / 4


def test_every_tasks_loss_is_here():
    sizes = {"sequence_length": 3, "target_length": 2, "vocabulary_size": 4}
    data = replace(small_job("torch").config.data, **sizes, num_users=5, num_items=6)
    assert {make_task(replace(data, task=name)).loss for name in TASKS} <= set(LOSSES)


def test_draining_takes_time():
    assert 0 < LightningTrainer(small_job("torch")).drain(NUM_STEPS) < 1


def test_images_are_a_copy_in_torchs_layout():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 1)).astype(np.float32)
    tensor = as_tensor(x, "float32")
    assert tensor.shape == (2, 1, 3, 4)
    assert tensor.is_contiguous()
    assert np.array_equal(tensor.permute(0, 2, 3, 1).numpy(), x)
    assert not np.shares_memory(tensor.numpy(), x)


@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 3, 2), (4, 3, 2, 5)])
def test_whole_numbers_are_a_copy_in_their_own_layout_and_type(shape):
    numbers = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    tensor = as_tensor(numbers, "float64")
    assert tensor.dtype == torch.int32
    assert np.array_equal(tensor.numpy(), numbers)
    assert not np.shares_memory(tensor.numpy(), numbers)


def test_real_numbers_that_are_no_images_keep_their_layout():
    series = np.random.default_rng(0).normal(size=(4, 3, 2)).astype(np.float32)
    tensor = as_tensor(series, "float64")
    assert tensor.dtype == torch.float64
    assert np.array_equal(tensor.numpy(), series)


def test_adamw_decays_kernels_only():
    settings = small_job("torch", "optimizer=adamw", "optimizer.weight_decay=0.3").config.optimizer
    kernel, bias = (torch.nn.Parameter(torch.ones(shape)) for shape in ((2, 2), (2,)))
    optimizer = make_optimizer(settings, [bias, kernel])
    found = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    assert found == {id(kernel): 0.3, id(bias): 0.0}


def test_keras_is_not_here():
    assert "tensorflow" not in sys.modules
