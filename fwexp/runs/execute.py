"""Execute one run in this process, and leave its history and record in its folder."""

import hashlib
import time
import traceback
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from fwexp import data as datasets
from fwexp.config.load import from_plain
from fwexp.config.schema import Config
from fwexp.meters.clock import StepClock, num_first_steps
from fwexp.meters.environment import environment
from fwexp.meters.memory import PeakMeter
from fwexp.models.initialization import initial_weights, weights_sha256
from fwexp.models.registry import load_spec
from fwexp.runs.locks import device_lock, hold
from fwexp.runs.metrics import accuracy, cross_entropy
from fwexp.runs.record import (
    Evaluation,
    Failure,
    History,
    Memory,
    Phases,
    RunRecord,
    is_finished,
)
from fwexp.runs.store import Store, write_json
from fwexp.runs.task import Progress, Tell
from fwexp.trainers import make_trainer
from fwexp.trainers.devices import check_effective, requested
from fwexp.trainers.protocol import Job, Trainer
from fwexp.trainers.schedule import evaluation_steps, learning_rates, num_steps, sample_order

MAX_DRAINED_BATCHES = 50


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What the driver hands to the process of a run."""

    run_id: str
    config: dict[str, Any]
    digests: dict[str, str]
    machine_class: str
    commit: str | None  # fwexp's own
    store: str
    retry: bool  # run it although it has failed before


@dataclass(kw_only=True)
class Timing:
    """Moments of this run, by time.monotonic(), and what its server already knew."""

    dispatched_at: float
    started_at: float
    import_s: float
    import_rss_mib: float
    waited_s: float = 0.0  # for a lock another process held
    data_s: float = 0.0
    build_s: float = 0.0
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def execute(arguments: dict[str, Any], extra: dict[str, float], tell: Tell) -> None:
    """Run once and write the record, unless another driver has just done so."""
    request, timing = RunRequest(**arguments), Timing(**extra)
    config, store = from_plain(request.config), Store(request.store)
    folder = store.run_folder(request.machine_class, request.run_id)
    waiting_since = time.monotonic()
    with hold(folder / "lock"), hold(device_lock(config.hardware.name)):
        timing.waited_s = time.monotonic() - waiting_since
        records, _ = store.read_records(request.machine_class, [request.run_id])
        if is_finished(records.get(request.run_id), retry=request.retry):
            return  # by another driver, since this one asked
        (folder / "record.json").unlink(missing_ok=True)
        write_json(folder / "config.json", request.config)
        record = _run(request, config, timing, folder, tell)
        write_json(folder / "record.json", asdict(record))


def _run(
    request: RunRequest, config: Config, timing: Timing, folder: Path, tell: Tell
) -> RunRecord:
    record = RunRecord(
        run_id=request.run_id,
        status="failed",
        config=request.config,
        digests=request.digests,
        machine_class=request.machine_class,
        environment={**environment(), "commit": request.commit},
        started_at=timing.since,
        finished_at="",
        import_s=timing.import_s,
    )
    try:
        _train(record, config, timing, folder, tell)
        record.status = "done"
    except Exception as error:  # whatever a run raises becomes its record's failure
        traceback.print_exc()
        record.failure = Failure(
            kind=type(error).__name__,
            message=str(error),
            traceback=traceback.format_exc(),
        )
    record.finished_at = datetime.now(UTC).isoformat(timespec="seconds")
    return record


def _train(record: RunRecord, config: Config, timing: Timing, folder: Path, tell: Tell) -> None:
    meter = PeakMeter()
    tick = time.monotonic()
    data = datasets.load(config.data)
    timing.data_s = time.monotonic() - tick
    data_peak = meter.lap()

    tick = time.monotonic()
    job = make_job(config, data)
    trainer = make_trainer(job)
    timing.build_s = time.monotonic() - tick
    build_peak = meter.lap()

    observer = _Watch(trainer, job, tell)
    trainer.fit(observer)
    train_peak = meter.lap()
    effective = trainer.effective()
    record.effective = asdict(effective)
    check_effective(requested(config), effective)
    _check_finite(observer, trainer)

    record.memory = Memory(
        import_rss_mib=timing.import_rss_mib,
        data_peak_mib=data_peak,
        build_peak_mib=build_peak,
        train_peak_mib=train_peak,
    )
    _fill(record, job, observer, timing)
    record.data_wait_ms_per_step = _data_wait_ms(trainer, len(job.order))
    write_json(folder / "history.json", asdict(_history(job, observer, trainer)))


def make_job(config: Config, data: datasets.DataSet) -> Job:
    """The training that a configuration stands for: weights, order and rates all decided."""
    spec = load_spec(config.model, config.data)
    steps = num_steps(config.training, len(data.x_train))
    order = sample_order(
        num_train=len(data.x_train),
        batch_size=config.training.batch_size,
        num_steps=steps,
        seed=config.seed,
    )
    return Job(
        config=config,
        spec=spec,
        data=data,
        weights=initial_weights(spec.variables(), seed=config.seed),
        order=order,
        learning_rates=learning_rates(config, steps),
    )


class _Watch:
    """Times the steps and evaluates at the declared ones."""

    def __init__(self, trainer: Trainer, job: Job, tell: Tell) -> None:
        self.trainer = trainer
        self.job = job
        self.evaluations: list[Evaluation] = []
        num_steps = len(job.order)
        num_train = len(job.data.x_train)
        self._due = set(
            evaluation_steps(job.config.training, num_train=num_train, num_steps=num_steps)
        )
        self._progress = Progress(tell, num_steps=num_steps)
        self.clock = StepClock(num_steps)

    def before_step(self, step: int) -> None:
        if step == 0:
            self._evaluate(0)

    def after_step(self, step: int) -> None:
        done = step + 1
        if done in self._due:
            self.trainer.synchronize()
        self.clock.end_step(step)
        if done in self._due:
            self._evaluate(done)
        self._progress.step(done)

    def _evaluate(self, step: int) -> None:
        self.clock.pause()
        logits, labels = self.trainer.test_logits(), self.job.data.y_test
        self.evaluations.append(
            Evaluation(
                step=step,
                train_s=self.clock.train_s,
                accuracy=accuracy(logits, labels),
                loss=cross_entropy(logits, labels),
            )
        )
        self.clock.resume()


def _check_finite(observer: _Watch, trainer: Trainer) -> None:
    """A run whose loss is no number has not trained: it fails, whatever its last accuracy."""
    losses = np.array(trainer.losses())
    if not np.isfinite(losses).all():
        first = int(np.flatnonzero(~np.isfinite(losses))[0]) + 1
        raise ArithmeticError(
            f"the training loss is {losses[first - 1]} from step {first} on; "
            "try a smaller optimizer.learning_rate"
        )


def _fill(record: RunRecord, job: Job, observer: _Watch, timing: Timing) -> None:
    step_s = observer.clock.step_s
    first = num_first_steps(step_s)
    steady_s = float(step_s[first:].sum())
    record.phases = Phases(
        start_s=timing.started_at - timing.dispatched_at,
        data_s=timing.data_s,
        build_s=timing.build_s,
        first_steps_s=float(step_s[:first].sum()),
        steady_s=steady_s,
        evaluation_s=observer.clock.paused_s,
        total_s=time.monotonic() - timing.dispatched_at - timing.waited_s,
    )
    record.num_steps = len(step_s)
    record.num_first_steps = first
    record.samples_per_s = (len(step_s) - first) * job.order.shape[1] / steady_s
    record.evaluations = observer.evaluations
    record.accuracy = observer.evaluations[-1].accuracy
    trainable = [name for name, v in job.spec.variables().items() if v.trainable]
    record.num_parameters = sum(job.weights[name].size for name in trainable)
    record.hashes = {
        "initial_weights": weights_sha256(job.weights),
        "order": _sha256(job.order),
        "learning_rates": _sha256(job.learning_rates),
    }


def _data_wait_ms(trainer: Trainer, num_steps: int) -> float:
    """The input pipeline drained alone, after training: ms a batch."""
    num_batches = min(num_steps, MAX_DRAINED_BATCHES)
    started = time.perf_counter()
    trainer.drain(num_batches)
    return (time.perf_counter() - started) * 1000 / num_batches


def _history(job: Job, observer: _Watch, trainer: Trainer) -> History:
    return History(
        loss=trainer.losses(),
        step_s=observer.clock.step_s.tolist(),
        learning_rate=job.learning_rates.tolist(),
    )


def _sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
