"""The Lightning trainer: what it is set to, what it is given, what it gives back."""

import sys

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from fwexp.trainers import lightning
from fwexp.trainers.lightning import LightningTrainer, images, set_up
from fwexp.trainers.protocol import Effective
from fwexp.trainers.torch_optimizers import make_optimizer
from tests.trainers.jobs import NUM_STEPS, Watch, small_job


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
    assert trainer.test_logits().dtype == np.float32


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
    parts = trainer.test_logits()
    assert parts.shape == (len(job.data.x_test), 10)
    monkeypatch.setattr(lightning, "EVALUATION_BATCH", 1000)
    assert parts == pytest.approx(trainer.test_logits(), abs=1e-6)
    assert trainer.module.network.training
    assert all(np.array_equal(before[name], value) for name, value in trainer.state().items())


def test_the_batches_are_the_order():
    job = small_job("torch")
    found = list(LightningTrainer(job).batches())
    assert len(found) == NUM_STEPS
    for (x, y), rows in zip(found, job.order, strict=True):
        assert np.array_equal(x, job.data.x_train[rows])
        assert np.array_equal(y, job.data.y_train[rows])


def test_draining_takes_time():
    assert 0 < LightningTrainer(small_job("torch")).drain(NUM_STEPS) < 1


def test_images_are_a_copy_in_torchs_layout():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 1)).astype(np.float32)
    tensor = images(x, "float32")
    assert tensor.shape == (2, 1, 3, 4)
    assert tensor.is_contiguous()
    assert np.array_equal(tensor.permute(0, 2, 3, 1).numpy(), x)
    assert not np.shares_memory(tensor.numpy(), x)


def test_adamw_decays_kernels_only():
    settings = small_job("torch", "optimizer=adamw", "optimizer.weight_decay=0.3").config.optimizer
    kernel, bias = (torch.nn.Parameter(torch.ones(shape)) for shape in ((2, 2), (2,)))
    optimizer = make_optimizer(settings, [bias, kernel])
    found = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    assert found == {id(kernel): 0.3, id(bias): 0.0}


def test_keras_is_not_here():
    assert "tensorflow" not in sys.modules
