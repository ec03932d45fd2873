"""Plan once in this process: `python -m tests.bench.plan_side fwexp|hydra NUM_SEEDS`."""

import itertools
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from fwexp.meters.memory import peak_mib

MODELS = ("mlp", "cnn", "alexnet", "mobilenet", "resnet50", "vgg19")
FULL_SIZE = ("alexnet_full", "mobilenet_full", "resnet50_full", "vgg19_full")
AXES: dict[str, Sequence[object]] = {
    "framework": ("torch", "tf"),
    "model": (*MODELS, *FULL_SIZE),
    "optimizer": ("sgd", "momentum", "adam", "adamw"),
    "optimizer.learning_rate": (0.1, 0.03, 0.01, 0.003, 0.001),
}
DATA = "data=synthetic"  # 224 × 224 pixels, which all ten models take


def main(way: str, num_seeds: int) -> None:
    """Print the seconds, the peak memory and how many runs, as JSON."""
    started = time.monotonic()
    num_runs = {"fwexp": plan_with_fwexp, "hydra": plan_with_hydra}[way](num_seeds)
    seconds = time.monotonic() - started
    found = {"s": seconds, "cpu_s": time.process_time(), "peak_mib": peak_mib()}
    print(json.dumps({**found, "num_runs": num_runs}))


def plan_with_fwexp(num_seeds: int) -> int:
    """The number of runs in the plan."""
    from fwexp.launch.planning import plan_runs

    axes = {key: [f"{key}={v}" for v in values] for key, values in AXES.items()}
    axes["seed"] = [f"seed={seed}" for seed in range(num_seeds)]
    plan = plan_runs(axes, [DATA], name="bench", title="Bench", command="")
    _check(len(plan.runs), AXES, num_seeds)
    return len(plan.runs)


def plan_with_hydra(num_seeds: int) -> int:
    """The number of jobs that Hydra's own sweeper has composed, twice, of half the optimizers."""
    from hydra import initialize_config_dir
    from hydra._internal.callbacks import Callbacks
    from hydra.core.global_hydra import GlobalHydra
    from hydra.plugins.launcher import Launcher
    from hydra.types import HydraContext, RunMode

    from fwexp.config.load import register_schema
    from fwexp.config.paths import conf_dir

    class ComposeOnly(Launcher):
        """Composes each job as Hydra's launchers do before they start it, and stops there."""

        num_jobs = 0

        def setup(self, **_: Any) -> None:
            raise NotImplementedError

        def launch(self, job_overrides: Sequence[Sequence[str]], **_: Any) -> list[Any]:
            for overrides in job_overrides:
                context.config_loader.load_sweep_config(config, list(overrides))
                self.num_jobs += 1
            return []

    axes = {**AXES, "optimizer": AXES["optimizer"][:2], "seed": range(num_seeds)}
    register_schema()
    with (
        initialize_config_dir(str(conf_dir()), version_base="1.3"),
        tempfile.TemporaryDirectory(prefix="fwexp-bench-") as folder,
    ):
        # only now: Hydra's search for plug-ins imports their modules anew
        from hydra._internal.core_plugins.basic_sweeper import BasicSweeper

        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        context = HydraContext(config_loader=hydra.config_loader, callbacks=Callbacks())
        config = hydra.compose_config(
            config_name="config",
            overrides=[f"hydra.sweep.dir={folder}"],
            run_mode=RunMode.MULTIRUN,
        )
        sweeper = BasicSweeper(max_batch_size=None)
        sweeper.hydra_context, sweeper.config = context, config
        sweeper.launcher = launcher = ComposeOnly()
        told = [f"{key}={','.join(map(str, values))}" for key, values in axes.items()]
        sweeper.sweep([DATA, *told])
    _check(launcher.num_jobs, {**axes, "seed": (0,)}, num_seeds)
    return launcher.num_jobs


def _check(found: int, axes: dict[str, Any], num_seeds: int) -> None:
    expected = num_seeds * len(list(itertools.product(*axes.values())))
    assert found == expected, f"{found} runs, not {expected}"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
