"""The Lightning trainer: what it is set to, what it is given, what it gives back."""

import sys

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.environments import LightningEnvironment, TorchElasticEnvironment
from pytorch_lightning.plugins.precision import MixedPrecision
from pytorch_lightning.strategies import SingleDeviceStrategy

from fwexp.trainers import torch_distributed, torch_trainer
from fwexp.trainers.torch_input import as_tensor
from fwexp.trainers.torch_losses import LOSSES
from fwexp.trainers.torch_optimizers import make_optimizer
from fwexp.trainers.torch_setup import set_up
from fwexp.trainers.torch_step_losses import StepLosses
from fwexp.trainers.torch_trainer import LightningTrainer
from tests.trainers.either import OfATrainer
from tests.trainers.interrupted import OfAnInterruption
from tests.trainers.recipes import NUM_STEPS, Watch, small_job


class TestLightningTrainerInterrupted(OfAnInterruption):
    framework = "torch"
    trainer = LightningTrainer


class TestLightningTrainer(OfATrainer):
    framework = "torch"
    module = torch_trainer
    trainer = LightningTrainer
    tensor = staticmethod(torch.tensor)
    losses = LOSSES

    def test_a_step_has_its_learning_rate(self):
        recipe = self.recipe("optimizer=adam")
        trainer = LightningTrainer(recipe)
        watch = Watch(lambda: [g["lr"] for g in trainer.module.optimizer.param_groups])
        trainer.fit(watch)
        assert watch.seen == [[rate] for rate in recipe.learning_rates.tolist()]

    def test_after_an_evaluation_training_goes_on(self):
        recipe = self.recipe()
        trainer = LightningTrainer(recipe)
        trainer.module.train()
        trainer.predict(recipe.data.test.inputs)
        assert trainer.module.network.training


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


def fp16_trainer(monkeypatch):
    """On the CPU, where Lightning offers no fp16 by name; and its plugin."""
    plugin = MixedPrecision("16-mixed", device="cpu")
    cpu = {"accelerator": "cpu"}
    monkeypatch.setattr(torch_trainer, "lightning_arguments", lambda *_, **__: cpu)
    monkeypatch.setattr(torch_trainer, "lightning_plugins", lambda _: [plugin])
    return LightningTrainer(small_job("torch", precision="fp16")), plugin


def test_fp16s_scale_goes_on_where_it_was(monkeypatch, tmp_path):
    stopped, before = fp16_trainer(monkeypatch)
    stopped.fit(Watch())
    stopped.save(tmp_path)
    resumed, after = fp16_trainer(monkeypatch)
    resumed.restore(tmp_path)
    assert after.scaler.state_dict() == before.scaler.state_dict()
    assert after.scaler.state_dict()["_growth_tracker"] == NUM_STEPS


@pytest.mark.parametrize(
    ("hardware", "backend", "device"),
    [("cpu", "gloo", None), ("gpu", "nccl", torch.device("cuda", 1))],
)
def test_what_a_rank_joins_with(monkeypatch, hardware, backend, device):
    """The code path, with stand-ins for the network and for a GPU."""
    place = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"}
    for name, value in {**place, "MASTER_ADDR": "node3", "MASTER_PORT": "20007"}.items():
        monkeypatch.setenv(name, value)
    received = []
    monkeypatch.setattr(
        torch_distributed.distributed, "TCPStore", lambda *a, **k: received.append((a, k))
    )
    monkeypatch.setattr(
        torch_distributed.distributed,
        "init_process_group",
        lambda *a, **k: received.append((a, k)),
    )
    two = ["hardware.devices=2", "hardware.nodes=2"]
    config = small_job("torch", f"hardware={hardware}", *two).config
    torch_distributed.join(config)
    (store, where), (backends, how) = received
    assert (store, where["is_master"]) == (("node3", 20007, 4), False)
    assert backends == (backend,)
    assert (how["rank"], how["world_size"], how["device_id"]) == (3, 4, device)
    assert how["timeout"].days > 1  # a long evaluation of the first rank is no failure
    (plugin,) = torch_distributed.lightning_plugins(config)
    assert isinstance(plugin, TorchElasticEnvironment)


def test_one_device_joins_nothing_though_a_cluster_is_around(monkeypatch):
    for name, value in {"SLURM_NTASKS": "2", "SLURM_JOB_NAME": "x", "SLURM_NODEID": "0"}.items():
        monkeypatch.setenv(name, value)
    trainer = LightningTrainer(small_job("torch"))
    assert isinstance(trainer.trainer.strategy, SingleDeviceStrategy)
    environment = trainer.trainer._accelerator_connector.cluster_environment
    assert isinstance(environment, LightningEnvironment)
    assert not torch.distributed.is_initialized()


def test_fp16_scales_its_gradients(monkeypatch):
    trainer, plugin = fp16_trainer(monkeypatch)
    scaler = plugin.scaler
    before = trainer.state()["head.kernel"]
    scales = []
    watch = Watch(lambda: scales.append(scaler.get_scale()))
    trainer.fit(watch)
    assert scales == [2.0**16] * NUM_STEPS  # none overflowed, and none was missed
    assert scaler._get_growth_tracker() == NUM_STEPS
    assert (trainer.state()["head.kernel"] != before).any()


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


def test_each_steps_loss_is_kept_as_it_was():
    losses = StepLosses(3, dtype=torch.float64)
    assert losses.read() == []
    loss = torch.tensor(0.1, dtype=torch.float64)
    losses.add(loss)
    loss += 1  # what is kept is a copy
    losses.add(loss)
    assert losses.read() == [0.1, 1.1]


def test_a_loss_is_kept_without_waiting_for_the_device():
    """The meta device has no numbers: reading one of them would raise."""
    losses = StepLosses(2, dtype=torch.float32)
    losses.move_to(torch.device("meta"))
    losses.add(torch.empty((), device="meta"))
    assert losses.next.device.type == losses.values.device.type == "meta"


def test_a_trainings_losses_hold_no_tensor_of_its_steps():
    recipe = small_job("torch")
    trainer = LightningTrainer(recipe)
    trainer.fit(Watch())
    assert trainer.steps.losses.values.shape == (NUM_STEPS,)
    assert trainer.steps.losses.values.dtype is torch.float32
    assert len(trainer.losses()) == NUM_STEPS


def test_keras_is_not_here():
    assert "tensorflow" not in sys.modules
