"""One run's record and history, read from the store and checked against each other."""

from pathlib import Path

from fwexp.errors import StoreError
from fwexp.store.record import History, RunRecord
from fwexp.store.store import Store


def read_run(run: Path) -> tuple[RunRecord, History]:
    """The record and the series of a run folder, which are empty where a failed run left none.

    StoreError if a file is torn, or if the two do not fit together.
    """
    machine_class, run_id = run.parts[-2:]
    store = Store(run.parents[2])  # STORE/runs/<machine class>/<run id>
    record = store.read_record(machine_class, run_id)
    if record is None:
        raise StoreError(f"{run}: has no record.json")
    try:
        history = store.read_history(machine_class, run_id)
    except TypeError as error:
        raise StoreError(f"{run / 'history.json'}: not a run's history ({error})") from error
    if history is None:
        return record, _no_history(record, run=run)
    _check(history, record=record, run=run)
    return record, history


def _no_history(record: RunRecord, *, run: Path) -> History:
    if record.status == "done":
        raise StoreError(f"{run}: has no history.json, though its record says done")
    return History(loss=[], step_s=[], learning_rate=[])


def _check(history: History, *, record: RunRecord, run: Path) -> None:
    path = run / "history.json"
    lengths = {name: len(series) for name, series in vars(history).items()}
    if len(set(lengths.values())) > 1:
        raise StoreError(f"{path}: its series differ in length: {lengths}")
    num_steps = len(history.loss)
    if record.num_steps is not None and record.num_steps != num_steps:
        raise StoreError(f"{path}: holds {num_steps} steps, its record {record.num_steps}")
    last = max((evaluation.step for evaluation in record.evaluations), default=0)
    if last > num_steps:
        raise StoreError(f"{path}: ends at step {num_steps}, its record evaluates at {last}")
