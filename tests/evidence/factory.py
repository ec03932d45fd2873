"""Simulated sweeps: manifest, records and certificates with known truth and a fixed seed."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from fwexp.evidence.assess import Evidence, assess
from fwexp.launch.manifest import Manifest
from fwexp.parity.certificate import Certificate, Stage
from fwexp.runs.record import Evaluation, Failure, Memory, Phases, RunRecord

MACHINE = "Example CPU 3.0 GHz, 4 cores"
START = datetime.fromisoformat("2026-11-09T10:00:00+00:00")
PRICING: dict[str, Any] = {
    "name": "example_cpu",
    "hardware": "cpu",
    "price_usd_per_hour": 0.20,
    "source": "an example price list",
    "date": "2026-11-09",
    "region": "unspecified",
    "terms": "on_demand",
    "includes_host": True,
}
COMPARISON: dict[str, Any] = {
    "name": "standard",
    "num_seeds": 5,
    "score_margin_points": 2.0,
    "ratio_margin": 1.1,
    "confidence": 0.95,
}


@dataclass(kw_only=True)
class Truth:
    """What is true of one model: TensorFlow against PyTorch."""

    time_ratio: float = 1.4  # TensorFlow / PyTorch, of every phase but the fixed ones
    accuracy_gap: float = 0.0  # points, TensorFlow − PyTorch
    accuracy_sd: float = 0.3  # points, over seeds
    time_sd: float = 0.02  # of logs
    step_ms: float = 4.0  # PyTorch's
    accuracy: float = 95.0  # PyTorch's, per cent
    tf_build_s: float = 0.4  # TensorFlow's fixed cost; PyTorch's is 0.1


@dataclass(kw_only=True)
class Sweep:
    """One simulated sweep; the fields can be bent before `evidence()` is asked for."""

    manifest: Manifest
    records: dict[str, RunRecord]
    certificates: list[Certificate]
    truths: dict[str, Truth] = field(default_factory=dict)

    def run_id(self, framework: str, model: str, seed: int) -> str:
        return f"{framework}-{model}-{seed}"

    def fail(self, framework: str, model: str, seed: int, *, message: str) -> None:
        run_id = self.run_id(framework, model, seed)
        self.records[run_id] = replace(
            self.records[run_id],
            status="failed",
            failure=Failure(kind="RuntimeError", message=message, traceback=""),
            phases=None,
            memory=None,
            accuracy=None,
            samples_per_s=None,
            evaluations=[],
        )

    def evidence(self) -> Evidence:
        return assess(self.manifest, records=self.records, certificates=self.certificates)


def config(framework: str, model: str, seed: int) -> dict[str, Any]:
    return {
        "framework": {"name": framework},
        "model": {"name": model, "implementation": f"fwexp.models.{model}", "options": {}},
        "data": {
            "name": "digits",
            "num_train": 1437,
            "num_test": 360,
            "sha256": "ab" * 32,
            "licence": "BSD-3-Clause",
            "provenance": "scikit-learn load_digits, from the UCI optical digits",
        },
        "training": {"name": "short", "batch_size": 64, "num_epochs": 10.0},
        "hardware": {"name": "cpu", "num_threads": None},
        "precision": {"name": "fp32"},
        "execution": {"name": "plain"},
        "optimizer": {"name": "adam", "learning_rate": 0.001},
        "comparison": COMPARISON,
        "launcher": {"name": "local"},
        "tracking": {"name": "none", "project": "fwexp"},
        "pricing": PRICING,
        "seed": seed,
        "store": "store",
    }


def simulate(
    truths: dict[str, Truth], *, num_seeds: int = 5, target_accuracy: float | None = None
) -> Sweep:
    """A whole sweep with the given truths; the same arguments give the same figures."""
    rng = np.random.default_rng(20261109)
    records, runs, blocks = {}, {}, []
    clock = START
    for model, truth in truths.items():
        for seed in range(num_seeds):
            shared = rng.normal(0, truth.accuracy_sd)
            block = []
            for framework in rng.permutation(["torch", "tf"]).tolist():
                run_id = f"{framework}-{model}-{seed}"
                runs[run_id] = config(framework, model, seed)
                records[run_id] = _record(run_id, runs[run_id], truth, shared, clock, rng)
                clock += timedelta(seconds=10)
                block.append(run_id)
            blocks.append(block)
    manifest = Manifest(
        name="demo",
        title="Demo",
        command="fwexp sweep demo",
        declared_at="2026-11-09T09:59:00+00:00",
        sha256="cd" * 32,
        comparison=COMPARISON | {"num_seeds": num_seeds},
        pricing=PRICING,
        target_accuracy=target_accuracy,
        machine_class=MACHINE,
        blocks=blocks,
        runs=runs,
        certificates=[f"key-{model}" for model in truths],
    )
    certificates = [certificate(model) for model in truths]
    return Sweep(manifest=manifest, records=records, certificates=certificates, truths=truths)


def _record(
    run_id: str,
    run_config: dict[str, Any],
    truth: Truth,
    shared: float,
    clock: datetime,
    rng: np.random.Generator,
) -> RunRecord:
    tf = run_config["framework"]["name"] == "tf"
    slow = (truth.time_ratio if tf else 1.0) * float(np.exp(rng.normal(0, truth.time_sd)))
    own = rng.normal(0, truth.accuracy_sd / 3) if truth.accuracy_sd else 0.0
    accuracy = (truth.accuracy + (truth.accuracy_gap if tf else 0.0) + shared + own) / 100
    step_s = truth.step_ms / 1000 * slow
    phases = Phases(
        start_s=0.012,
        data_s=0.05,
        build_s=truth.tf_build_s if tf else 0.1,
        first_steps_s=20 * step_s,
        steady_s=200 * step_s,
        evaluation_s=0.05 * slow,
        total_s=0.0,
    )
    phases.total_s = sum(vars(phases).values()) + 0.01
    increments = np.linspace(0.25, 1.0, 10)
    return RunRecord(
        run_id=run_id,
        status="done",
        config=run_config,
        digests={"framework": "2.13"},
        machine_class=MACHINE,
        environment={
            "host": "example",
            "cpu": "Example CPU 3.0 GHz",
            "num_cores": 4,
            "python": "3.11.2",
            "versions": {"torch": "2.13.0", "tensorflow": "2.21.0", "keras": "3.15.1"},
            "commit": "0123456789ab",
        },
        started_at=clock.isoformat(),
        finished_at=(clock + timedelta(seconds=phases.total_s)).isoformat(),
        effective={"device": "cpu", "precision": "fp32", "jit": False, "num_threads": 4},
        phases=phases,
        import_s=9.3 if tf else 3.8,
        memory=Memory(
            import_rss_mib=743.0 if tf else 433.0,
            data_peak_mib=4.0,
            build_peak_mib=9.0,
            train_peak_mib=40.0 * float(np.exp(rng.normal(0, 0.02))),
        ),
        num_steps=220,
        num_first_steps=20,
        num_parameters=9000,
        samples_per_s=64 / step_s,
        data_wait_ms_per_step=0.1,
        accuracy=accuracy,
        evaluations=[
            Evaluation(
                step=22 * (i + 1),
                train_s=22 * (i + 1) * step_s,
                accuracy=accuracy * float(share) ** 0.2,
                loss=float(1 - 0.8 * share),
            )
            for i, share in enumerate(increments)
        ],
    )


def certificate(model: str, *, passed: bool = True) -> Certificate:
    stages = [
        Stage(name="data", passed=True, difference=0.0, tolerance=0.0, where=""),
        Stage(
            name="forward",
            passed=passed,
            difference=2.1e-15 if passed else 3.1e-4,
            tolerance=1e-10,
            where="block2.norm",
            detail="" if passed else "BatchNorm epsilon",
        ),
    ]
    return Certificate(
        key=f"key-{model}",
        passed=passed,
        model=model,
        optimizer="adam",
        data="digits",
        precision="fp32",
        num_parameters=9000,
        stages=stages,
        versions={"torch": "2.13.0", "tensorflow": "2.21.0"},
        made_at="2026-11-09T09:58:00+00:00",
    )
