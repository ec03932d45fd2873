"""Simulated sweeps: manifest, records and certificates with known truth and a fixed seed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from fwexp.config.load import compose
from fwexp.config.schema import Comparison, Config, Framework, Model, Pricing
from fwexp.evidence.assess import Evidence, assess
from fwexp.meters.environment import Environment
from fwexp.store.certificate import Certificate, Stage
from fwexp.store.manifest import DeclaredRun, DeclaredWorkload, Manifest
from fwexp.store.record import (
    Effective,
    Evaluation,
    Failure,
    Memory,
    Phases,
    RunRecord,
)
from fwexp.tasks.classification import Classification
from fwexp.tasks.language_model import LanguageModel

MACHINE = "Example CPU 3.0 GHz, 4 cores"
START = datetime.fromisoformat("2026-11-09T10:00:00+00:00")
PRICING = Pricing(
    name="example_cpu",
    machine_class="Example CPU .*",
    price_usd_per_hour=0.20,
    source="an example price list",
    date="2026-11-09",
    region="unspecified",
    terms="on_demand",
    includes_host=True,
)
COMPARISON = Comparison(
    name="standard",
    num_seeds=5,
    score_margin_points=2.0,
    score_margin_ratio=1.05,
    ratio_margin=1.1,
    confidence=0.95,
    audit_mib=16.0,
    horizon="1h",
    floor_s=0.0,
    floor_usd=0.0,
    floor_mib=0.0,
    floor_points=0.0,
    num_imports=3,
)
ENVIRONMENT = Environment(
    host="example",
    node=None,
    cpu="Example CPU 3.0 GHz",
    num_cores=4,
    os="Linux",
    python="3.11.2",
    versions={"torch": "2.13.0", "tensorflow": "2.21.0", "keras": "3.15.1"},
    variables={},
    commit="0123456789ab",
)
EFFECTIVE = Effective(
    device="cpu",
    compute_dtype="float32",
    tf32=False,
    compiled=False,
    num_threads=4,
    num_interop_threads=4,
    num_replicas=1,
    batch_statistics="whole batch",
)


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
    torch_import_s: float = 3.8
    tf_import_s: float = 9.3
    import_sd: float = 0.02  # of logs, over three processes each
    perplexity: float | None = None  # PyTorch's; given, the model reads text and has no accuracy
    perplexity_ratio: float = 1.0  # TensorFlow / PyTorch
    perplexity_sd: float = 0.003  # of logs, over seeds
    target: float | None = None  # of its metric
    quality_target: float | None = None  # of its metric


@dataclass(kw_only=True)
class Sweep:
    """One simulated sweep; the fields can be bent before `evidence()` is asked for."""

    manifest: Manifest
    records: dict[str, RunRecord]
    certificates: dict[str, Certificate]  # by key
    truths: dict[str, Truth] = field(default_factory=dict)

    def run_id(self, framework: str, model: str, seed: int) -> str:
        return f"{framework}-{model}-{seed}"

    def fail(
        self, framework: str, model: str, seed: int, *, message: str, kind: str = "RuntimeError"
    ) -> None:
        run_id = self.run_id(framework, model, seed)
        self.records[run_id] = replace(
            self.records[run_id],
            status="failed",
            failure=Failure(kind=kind, message=message, traceback=""),
            phases=None,
            memory=None,
            metric=None,
            score=None,
            samples_per_s=None,
            unit=None,
            units_per_s=None,
            evaluations=[],
        )

    def diverge(self, framework: str, model: str, *, num: int) -> None:
        """Make the runs of the first seeds fail as watch.check_finite does."""
        for seed in range(num):
            message = "the training loss is nan at step 7; try a smaller optimizer.learning_rate"
            self.fail(framework, model, seed, message=message, kind="ArithmeticError")

    def bend(self, run_id: str, **changes: Any) -> None:
        """Change fields of a record."""
        self.records[run_id] = replace(self.records[run_id], **changes)

    def split(self, model: str, change: Callable[[Config], Config]) -> None:
        """Give the runs of seeds above 2 another workload: with that change, and a certificate of
        its own."""
        key, other = f"key-{model}", f"key-{model}-2"
        declared = self.manifest.workloads[key]
        self.manifest.workloads[other] = DeclaredWorkload(
            config=change(declared.config), certificate=other
        )
        self.certificates[other] = replace(self.certificates[key], key=other)
        for run_id, run in self.manifest.runs.items():
            if run.workload == key and run.seed > 2:
                self.manifest.runs[run_id] = replace(run, workload=other)

    def keep_only(self, framework: str) -> None:
        """Leave the other framework out, as a sweep of one framework does."""
        runs = self.manifest.runs
        self.manifest.runs = {k: r for k, r in runs.items() if r.framework == framework}
        self.manifest.blocks = [
            [run_id for run_id in block if run_id in self.manifest.runs]
            for block in self.manifest.blocks
        ]
        for workload in self.manifest.workloads.values():
            workload.certificate = None
        self.records = {k: r for k, r in self.records.items() if k in self.manifest.runs}
        self.certificates = {}

    def evidence(self) -> Evidence:
        return assess(self.manifest, records=self.records, certificates=self.certificates)


TOKENS = 64  # in a sample of text


@cache
def base() -> Config:
    return compose(["model=mlp", "data=digits", "tracking.project=fwexp"])


def config(framework: str, model: str, seed: int, truth: Truth | None = None) -> Config:
    truth = truth or Truth()
    digits = replace(
        base().data,
        sha256="ab" * 32,
        provenance="scikit-learn load_digits, from the UCI optical digits",
    )
    text = replace(
        digits,
        name="text",
        task="fwexp.tasks.language_model:LanguageModel",
        num_train=1437,
        num_test=150,
        sha256="ef" * 32,
        licence="public domain",
        provenance="an old book",
    )
    return replace(
        base(),
        framework=Framework(name=framework),
        model=Model(name=model, implementation=f"fwexp.models.{model}"),
        data=digits if truth.perplexity is None else text,
        training=replace(
            base().training,
            batch_size=64,
            num_epochs=10.0,
            target=truth.target,
            quality_target=truth.quality_target,
            baseline="the largest class" if truth.quality_target else None,
        ),
        comparison=COMPARISON,
        pricing=PRICING,
        seed=seed,
    )


def simulate(truths: dict[str, Truth], *, num_seeds: int = 5) -> Sweep:
    """A whole sweep with the given truths; the same arguments give the same figures."""
    rng = np.random.default_rng(20261109)
    records, runs, workloads, blocks = {}, {}, {}, []
    clock = START
    for model, truth in truths.items():
        key = f"key-{model}"
        shared_config = config("", model, 0, truth)
        workloads[key] = DeclaredWorkload(config=shared_config, certificate=key)
        for seed in range(num_seeds):
            shared = rng.normal(0, truth.accuracy_sd)
            block = []
            for framework in rng.permutation(["torch", "tf"]).tolist():
                run_id = f"{framework}-{model}-{seed}"
                runs[run_id] = DeclaredRun(workload=key, framework=framework, seed=seed)
                run_config = config(framework, model, seed, truth)
                records[run_id] = _record(run_id, run_config, truth, shared, clock, rng)
                clock += timedelta(seconds=10)
                block.append(run_id)
            blocks.append(block)
    manifest = Manifest(
        name="demo",
        title="Demo",
        command="fwexp sweep demo",
        declared_at="2026-11-09T09:59:00+00:00",
        sha256="cd" * 32,
        comparison=replace(COMPARISON, num_seeds=num_seeds),
        pricing=PRICING,
        machine_class=MACHINE,
        workloads=workloads,
        runs=runs,
        blocks=blocks,
    )
    certificates = {
        f"key-{model}": certificate(model, data=config("", model, 0, truth).data.name)
        for model, truth in truths.items()
    }
    return Sweep(manifest=manifest, records=records, certificates=certificates, truths=truths)


def _record(
    run_id: str,
    run_config: Config,
    truth: Truth,
    shared: float,
    clock: datetime,
    rng: np.random.Generator,
) -> RunRecord:
    tf = run_config.framework.name == "tf"
    slow = (truth.time_ratio if tf else 1.0) * float(np.exp(rng.normal(0, truth.time_sd)))
    own = rng.normal(0, truth.accuracy_sd / 3) if truth.accuracy_sd else 0.0
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
    imports = _imports_s(truth, tf=tf)
    phases.total_s = sum(vars(phases).values()) + 0.01
    curve = _curve(truth, tf=tf, shared=shared, own=own)
    reads_text = truth.perplexity is not None
    metric = (LanguageModel if reads_text else Classification).metric
    return RunRecord(
        run_id=run_id,
        status="done",
        config=run_config,
        digests={"framework": "2.13"},
        machine_class=MACHINE,
        environment=ENVIRONMENT,
        started_at=clock.isoformat(),
        finished_at=(clock + timedelta(seconds=phases.total_s)).isoformat(),
        effective=EFFECTIVE,
        phases=phases,
        import_s=imports[0],
        more_imports_s=imports[1:],
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
        unit="tokens" if reads_text else "images",
        units_per_s=64 / step_s * (TOKENS if reads_text else 1),
        data_wait_ms_per_step=0.1,
        metric=metric,
        score=curve[-1][metric.name],
        evaluations=[
            Evaluation(step=step, train_s=step * step_s, scores=scores)
            for step, scores in zip(range(0, 221, 22), curve, strict=True)
        ],
    )


def _imports_s(truth: Truth, *, tf: bool) -> list[float]:
    """Those of the one server and two other processes: the same for all runs of a framework."""
    noise = np.random.default_rng(3 + tf).normal(0, truth.import_sd, size=3)
    return [(truth.tf_import_s if tf else truth.torch_import_s) * float(x) for x in np.exp(noise)]


def _curve(truth: Truth, *, tf: bool, shared: float, own: float) -> list[dict[str, float]]:
    """Eleven evaluations, each better than the one before."""
    shares = [0.1, *(float(share) for share in np.linspace(0.25, 1.0, 10))]
    if truth.perplexity is None:
        accuracy = (truth.accuracy + (truth.accuracy_gap if tf else 0.0) + shared + own) / 100
        return [{"accuracy": accuracy * s**0.2, "loss": 1 - 0.8 * s} for s in shares]
    noise = (shared + own) / truth.accuracy_sd * truth.perplexity_sd if truth.accuracy_sd else 0.0
    last = truth.perplexity * (truth.perplexity_ratio if tf else 1.0) * float(np.exp(noise))
    return [{"perplexity": last * s**-0.5, "loss": float(np.log(last * s**-0.5))} for s in shares]


def certificate(model: str, *, passed: bool = True, data: str = "digits") -> Certificate:
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
        data=data,
        precision="fp32",
        num_parameters=9000,
        stages=stages,
        code_lines={"torch.py": 20, "torch.py shared": 3, "keras.py": 14, "keras.py shared": 22},
        versions={"torch": "2.13.0", "tensorflow": "2.21.0"},
        made_at="2026-11-09T09:58:00+00:00",
    )
