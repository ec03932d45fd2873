"""Execute one run in this process; write its history and record to its folder."""

import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fwexp.config.plain import from_plain
from fwexp.config.schema import Config
from fwexp.data import dataset
from fwexp.errors import LaterVersionError, StoreError
from fwexp.hardware.table import HARDWARE
from fwexp.identity.loaded import check_loaded, check_unchanged
from fwexp.identity.sources import Sources
from fwexp.meters.device_use import device_use
from fwexp.meters.environment import environment
from fwexp.meters.load import LoadMeter
from fwexp.meters.memory import PeakMeter
from fwexp.processes.locks import device_lock, hold
from fwexp.processes.messages import Tell
from fwexp.runs.attempt import Attempt
from fwexp.runs.measurements import data_wait_ms, history, measure
from fwexp.runs.nodes import find_node, find_start
from fwexp.runs.ranks import Unwatched, run_in_ranks
from fwexp.runs.recipe import make_recipe
from fwexp.runs.sampler import Sampler, steps_to_audit
from fwexp.runs.secondary_node import run_secondary
from fwexp.runs.timing import Timing
from fwexp.runs.watch import Watch, check_finite
from fwexp.store.record import Failure, Memory, RunRecord, in_all, is_finished
from fwexp.store.run_folder import RunFolder, run_folder
from fwexp.trainers.devices import check_effective, requested
from fwexp.trainers.registry import make_trainer
from fwexp.trainers.replicas import has_ranks, rank

NUM_LOG_LINES = 50  # of a crash, in its record


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What the driver passes to a run's process."""

    run_id: str
    config: Config
    sources: Sources
    digests: dict[str, str]
    machine_class: str
    commit: str | None  # fwexp's
    store: str
    replaces: str | None  # `finished_at` of the failed record to replace, if any
    more_imports_s: list[float] = field(default_factory=list)  # of the same modules as the server's

    @property
    def folder(self) -> RunFolder:
        return run_folder(self.store, self.machine_class, self.run_id)


def execute(arguments: dict[str, Any], extra: dict[str, float], tell: Tell) -> None:
    """Run once and write the record, unless another driver has just done so.

    Resumes from the run's checkpoint if there is one. Raises Interrupted, and leaves one, when a
    signal asks the run to stop.
    """
    request, timing = from_plain(arguments, RunRequest), Timing(**extra)
    config, folder = request.config, request.folder
    waiting_since = time.monotonic()

    def wait() -> None:
        tell({"event": "waiting"})

    device = device_lock(config.hardware)
    if find_start(config).index > 0:
        with hold(device, on_wait=wait):
            record = _begin(request, import_s=timing.import_s)
            run_secondary(
                lambda: _train_in_ranks(request, record, timing, tell),
                is_recorded=lambda: _is_already_done(request),
            )
        return
    with hold(folder.lock, on_wait=wait), hold(device, on_wait=wait):
        if HARDWARE[config.hardware.name].metering == "nvidia-smi":
            timing.device_before = device_use(num_devices=config.hardware.devices)
        timing.left_out_s = time.monotonic() - waiting_since
        if _is_already_done(request):
            return
        folder.begin(config)
        folder.finish(_run(request, timing, tell))


def record_crash(arguments: dict[str, Any], extra: dict[str, float], _: Tell) -> None:
    """Write the record of a run whose process was killed by arguments["signal"]."""
    signal = arguments.pop("signal")
    request = from_plain(arguments, RunRequest)
    folder = request.folder
    with hold(folder.lock):
        if _is_already_done(request):
            return
        record = _begin(request, import_s=extra["import_s"])
        record.failure = Failure(
            kind="Crash",
            message=f"its process was killed by {signal}; see {folder.log}",
            traceback="\n".join(folder.log.read_text().splitlines()[-NUM_LOG_LINES:]),
        )
        record.finished_at = _now()
        folder.finish(record)


def _is_already_done(request: RunRequest) -> bool:
    """Whether another driver has done the run since this one planned it."""
    try:
        record = request.folder.read_record()
    except LaterVersionError:
        return True
    except StoreError:  # torn: the run replaces it
        return False
    return is_finished(record, retry=record is not None and record.finished_at == request.replaces)


def _begin(request: RunRequest, *, import_s: float) -> RunRecord:
    return RunRecord(
        run_id=request.run_id,
        status="failed",
        config=request.config,
        digests=request.digests,
        machine_class=request.machine_class,
        environment=environment(commit=request.commit),
        started_at=_now(),
        finished_at="",
        import_s=import_s,
        more_imports_s=request.more_imports_s,
    )


def _run(request: RunRequest, timing: Timing, tell: Tell) -> RunRecord:
    record = _begin(request, import_s=timing.import_s)
    try:
        if has_ranks(request.config):
            record = _train_in_ranks(request, record, timing, tell)
        else:
            _train(request, record, timing, tell)
        record.status = "done"
    except Exception as error:  # whatever a run raises becomes its record's failure
        traceback.print_exc()
        record.failure = Failure(
            kind=type(error).__name__,
            message=str(error),
            traceback=traceback.format_exc(),
        )
    record.finished_at = _now()
    return record


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _train_in_ranks(
    request: RunRequest, record: RunRecord, timing: Timing, tell: Tell
) -> RunRecord:
    """The first rank's record, with the memory of all ranks on this node."""

    def work(others: list[int]) -> RunRecord:
        _train(request, record, timing, tell, others=others)
        return record

    node = find_node(record.config, run_id=record.run_id)
    found = run_in_ranks(record.config, node, work)
    first: RunRecord = found[0]
    first.memory = in_all([rank.memory for rank in found])
    return first


def _train(
    request: RunRequest,
    record: RunRecord,
    timing: Timing,
    tell: Tell,
    *,
    others: Sequence[int] = (),
) -> None:
    before, config = frozenset(sys.modules), request.config
    attempt = Attempt(record, timing, request.folder, num_threads=config.hardware.num_threads)
    meter = PeakMeter()
    timing.start_s = timing.since_dispatch_s()
    tick = time.monotonic()
    data = dataset.load(config.data)
    timing.data_s = time.monotonic() - tick
    data_peak = meter.lap()

    tick = time.monotonic()
    recipe = make_recipe(config, data)
    trainer = make_trainer(recipe)
    timing.build_s = time.monotonic() - tick
    build_peak = meter.lap()
    check_unchanged(request.sources)
    built = frozenset(sys.modules)

    attempt.restore(trainer)
    meter.lap()  # that memory is not part of training's peak
    sampler = Sampler(
        trainer,
        request.folder.samples,
        steps_to_audit(recipe, run_id=request.run_id),
        elapsed_s=timing.since_dispatch_s,
        resumed_at=attempt.first_step,
    )
    observer = Watch(trainer, recipe, tell, attempt, sampler)
    leads = rank(config) == 0
    load = LoadMeter(before=timing.device_before, children=others)
    trainer.fit(observer if leads else Unwatched(), first_step=attempt.first_step)
    load.stop()
    train_peak = meter.lap()
    effective = trainer.effective()
    record.effective = effective
    check_effective(requested(config), effective)
    record.memory = Memory(
        import_rss_mib=timing.import_rss_mib,
        data_peak_mib=data_peak,
        build_peak_mib=build_peak,
        train_peak_mib=train_peak,
    )
    if leads:
        trained = observer.trained()
        check_finite(trained.losses, trained.evaluations)
        measure(record, recipe, trained, timing)
        record.load = load.load()
        record.data_wait_ms_per_step = data_wait_ms(trainer, len(recipe.order) - attempt.first_step)
        request.folder.write_history(history(recipe, trained))
        sampler.keep_last()
    check_unchanged(request.sources, loaded=built)
    check_loaded(request.sources, before=before)
