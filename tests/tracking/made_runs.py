"""Runs as the store holds them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from fwexp.config.load import compose
from fwexp.config.schema import Config
from fwexp.store.record import Evaluation, Failure, History, Memory, Phases, RunRecord
from fwexp.store.run_folder import run_folder
from fwexp.tasks.classification import Classification
from tests.evidence.factory import EFFECTIVE, ENVIRONMENT

NUM_STEPS = 40


@cache
def make_config(framework: str) -> Config:
    overrides = [f"framework={framework}", "model=cnn", "data=digits", "seed=3"]
    config = compose([*overrides, "tracking.project=fwexp"])
    return replace(config, training=replace(config.training, batch_size=32))


def make_record(framework: str) -> RunRecord:
    return RunRecord(
        run_id=f"{framework}-0123456789ab",
        status="done",
        config=make_config(framework),
        digests={"data": "aa"},
        machine_class="cpu-2-cores",
        environment=ENVIRONMENT,
        started_at="2026-01-01T00:00:00+00:00",
        finished_at="2026-01-01T00:00:09+00:00",
        effective=EFFECTIVE,
        phases=Phases(
            start_s=0.01, data_s=0.2, build_s=0.3, first_steps_s=0.5, steady_s=1.5,
            evaluation_s=0.4, total_s=3.0,
        ),
        import_s=5.0,
        memory=Memory(
            import_rss_mib=350.0, data_peak_mib=5.0, build_peak_mib=10.0, train_peak_mib=80.0
        ),
        num_steps=NUM_STEPS,
        num_first_steps=5,
        num_parameters=1234,
        samples_per_s=900.0,
        data_wait_ms_per_step=0.1,
        unit="images",
        units_per_s=900.0,
        metric=Classification.metric,
        score=0.9,
        evaluations=[
            Evaluation(step=0, train_s=0.0, scores={"accuracy": 0.1, "loss": 2.3}),
            Evaluation(step=NUM_STEPS, train_s=2.0, scores={"accuracy": 0.9, "loss": 0.4}),
        ],
    )  # fmt: skip


def make_history() -> History:
    steps = range(1, NUM_STEPS + 1)
    return History(
        loss=[1 / step for step in steps],
        step_s=[0.05 for _ in steps],
        learning_rate=[1e-3 * step for step in steps],
    )


def make_failure() -> RunRecord:
    record = make_record("torch")
    record.status = "failed"
    record.failure = Failure(kind="ValueError", message="a loss of nan", traceback="…")
    record.phases = record.memory = record.num_steps = None
    record.metric = record.score = record.unit = record.units_per_s = None
    record.samples_per_s = record.data_wait_ms_per_step = None
    record.evaluations = []
    return record


def write_run(store: Path, *, record: RunRecord, history: History | None) -> Path:
    """The run's folder, without a history if that is None."""
    folder = run_folder(store, record.machine_class, record.run_id)
    if history is not None:
        folder.write_history(history)
    folder.finish(record)
    return folder.path
