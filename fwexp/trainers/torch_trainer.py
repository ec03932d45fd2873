"""Training by PyTorch-Lightning's Trainer.fit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from fwexp.hardware.table import HARDWARE, hardware_of
from fwexp.models.initialization import Weights
from fwexp.models.torch_names import Named, named_tensors
from fwexp.store.record import Effective
from fwexp.tasks.task import Inputs
from fwexp.trainers.devices import lightning_arguments
from fwexp.trainers.protocol import Batch, Observer, Recipe
from fwexp.trainers.replicas import batch_statistics
from fwexp.trainers.torch_distributed import join, lightning_plugins
from fwexp.trainers.torch_input import Pipeline, as_tensors, channels_last, drain
from fwexp.trainers.torch_module import Network, NoProfiler
from fwexp.trainers.torch_optimizers import SLOTS
from fwexp.trainers.torch_setup import accelerator_module, set_up
from fwexp.trainers.torch_step_losses import StepLosses

EVALUATION_BATCH = 1000
SAVED = "torch.pt"
RANDOM_ON_CPU = "random state on the CPU"
RANDOM_ON_ACCELERATOR = "random state on the accelerator"


class Steps(pl.Callback):
    """Tells the observer of every step, and keeps the losses."""

    observer: Observer  # `fit` is given it
    first_step: int

    def __init__(self, recipe: Recipe) -> None:
        self.losses = StepLosses(len(recipe.order), dtype=getattr(torch, recipe.dtype))

    def on_train_start(self, _: Any, module: pl.LightningModule) -> None:
        self.losses.move_to(module.device)

    def on_train_batch_start(self, *args: Any) -> None:
        self.observer.before_step(self.first_step + args[-1])

    def on_train_batch_end(self, _: Any, __: Any, outputs: Any, ___: Any, step: int) -> None:
        self.losses.add(outputs["loss"])
        self.observer.after_step(self.first_step + step)


class LightningTrainer:
    """The Trainer protocol over pytorch_lightning.Trainer; no logger, no checkpoints, no bar."""

    def __init__(self, recipe: Recipe) -> None:
        set_up(recipe.config)
        join(recipe.config)
        self.recipe = recipe
        self.module = Network(recipe)
        self.pipeline = Pipeline(recipe)
        self.test_inputs = as_tensors(recipe.data.test.inputs, recipe.dtype)
        self.steps = Steps(recipe)
        self.trainer = pl.Trainer(
            **lightning_arguments(recipe.config, dtype=recipe.dtype),
            plugins=lightning_plugins(recipe.config),
            max_epochs=1,
            callbacks=[self.steps],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            detect_anomaly=recipe.config.execution.name == "debug",
            profiler=NoProfiler(),
            benchmark=True,  # cuDNN autotunes, as TensorFlow's does by default
        )
        self.load_state(recipe.weights)

    def fit(self, observer: Observer, *, first_step: int = 0) -> None:
        self.steps.observer, self.steps.first_step = observer, first_step
        self.module.step = first_step
        self.pipeline.order = self.pipeline.order[first_step:]
        self.trainer.fit(self.module, train_dataloaders=self.pipeline)

    def losses(self) -> list[float]:
        return self.steps.losses.read()

    def predict(self, inputs: Inputs) -> NDArray[Any]:
        is_test = inputs is self.recipe.data.test.inputs
        tensors = self.test_inputs if is_test else as_tensors(inputs, self.recipe.dtype)
        device, dtype = self.module.device, getattr(torch, self.recipe.dtype)
        training = self.module.training
        self.module.eval()
        with torch.inference_mode(), self.trainer.precision_plugin.forward_context():
            parts = [
                self.module.network(*(part.to(device) for part in batch)).to(dtype).cpu()
                for batch in zip(*(torch.split(t, EVALUATION_BATCH) for t in tensors), strict=True)
            ]
        self.module.train(training)
        outputs: NDArray[Any] = torch.cat(parts).numpy()
        return outputs

    def batches(self) -> Iterator[Batch]:
        names = self.recipe.data.train.inputs
        for inputs, targets in self.pipeline:
            arrays = (channels_last(values).numpy() for values in inputs)
            yield dict(zip(names, arrays, strict=True)), targets.numpy()

    def drain(self, num_batches: int) -> float:
        return drain(self.pipeline, num_batches)

    def state(self) -> Weights:
        values = {named.name: named.read() for named in named_tensors(self.module.network)}
        slots = {name: named.read(slot) for name, named, slot in self._slots()}
        return values | slots

    def load_state(self, state: Weights, *, step: int | None = None) -> None:
        for named in named_tensors(self.module.network):
            named.write(state[named.name])
        if step is not None:
            self.module.step = step
            self._make_slots(state, step)
        for name, named, slot in self._slots():
            if name in state:
                named.write(state[name], slot)

    def _make_slots(self, state: Weights, step: int) -> None:
        """Zeros for the optimizer's state after so many steps: torch makes it in its first."""
        for named in named_tensors(self.module.network):
            if named.tensor.requires_grad:
                slots = [s for s, ours in SLOTS.items() if f"{named.name}/{ours}" in state]
                of_tensor = {slot: torch.zeros_like(named.tensor) for slot in slots}
                if of_tensor:
                    of_tensor["step"] = torch.tensor(float(step))
                self.module.optimizer.state[named.tensor] = of_tensor

    def save(self, folder: Path) -> None:
        saved = {
            "network": self.module.network.state_dict(),
            "optimizer": self.module.optimizer.state_dict(),
            "loss scale": self.trainer.precision_plugin.state_dict(),
            RANDOM_ON_CPU: torch.get_rng_state(),
        }
        accelerator = accelerator_module(self.module.device)
        if accelerator is not None:
            saved[RANDOM_ON_ACCELERATOR] = accelerator.get_rng_state(self.module.device)
        torch.save(saved, folder / SAVED)

    def restore(self, folder: Path) -> None:
        # onto the CPU, where the module is until `fit` moves it and its optimizer's state
        saved = torch.load(folder / SAVED, map_location="cpu", weights_only=True)
        self.module.network.load_state_dict(saved["network"])
        self.module.optimizer.load_state_dict(saved["optimizer"])
        self.trainer.precision_plugin.load_state_dict(saved["loss scale"])
        torch.set_rng_state(saved[RANDOM_ON_CPU])
        if RANDOM_ON_ACCELERATOR in saved:
            kind = HARDWARE[self.recipe.config.hardware.name]
            accelerator = accelerator_module(torch.device(kind.device_types["torch"]))
            accelerator.set_rng_state(saved[RANDOM_ON_ACCELERATOR])

    def _slots(self) -> Iterator[tuple[str, Named, Tensor]]:
        for named in named_tensors(self.module.network):
            of_tensor = self.module.optimizer.state.get(named.tensor, {})
            for slot, ours in SLOTS.items():
                if slot in of_tensor:
                    yield f"{named.name}/{ours}", named, of_tensor[slot]

    def synchronize(self) -> None:
        accelerator = accelerator_module(self.module.device)
        if accelerator is not None:
            accelerator.synchronize()

    def effective(self) -> Effective:
        return Effective(
            device=hardware_of(self.module.used_device, framework="torch"),
            compute_dtype=self.module.used_dtype,
            tf32=torch.backends.cuda.matmul.allow_tf32 and torch.backends.cudnn.allow_tf32,
            compiled=hasattr(self.module.network, "_orig_mod"),  # set by torch.compile
            num_threads=torch.get_num_threads(),
            num_interop_threads=torch.get_num_interop_threads(),
            num_replicas=self.module.used_replicas,
            batch_statistics=self._batch_statistics(),
        )

    def _batch_statistics(self) -> str:
        modules = self.module.network.modules()
        if any(isinstance(module, torch.nn.SyncBatchNorm) for module in modules):
            return "synchronised"
        return batch_statistics(self.module.used_replicas)
