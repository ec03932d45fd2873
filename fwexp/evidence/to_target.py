"""How long a program of its own takes until its model reaches the target."""

import math

from fwexp.store.record import RunRecord


def time_to_target_s(record: RunRecord) -> float | None:
    """Training seconds until the first evaluation at the target; infinite if none reaches it."""
    place = _place(record)
    if place is None:
        return None
    return math.inf if place < 0 else record.evaluations[place].train_s


def whole_time_to_target_s(record: RunRecord, *, import_s: float | None) -> float | None:
    """The same from the start of the program: import, start, data, build and evaluations too."""
    train_s, phases = time_to_target_s(record), record.phases
    if train_s is None or math.isinf(train_s):
        return train_s  # a miss is infinite time, not a missing run
    if import_s is None or phases is None:
        return None
    before_s = import_s + phases.start_s + phases.data_s + phases.build_s
    return before_s + train_s + _evaluations_s(record, until=_place(record) or 0)


def _place(record: RunRecord) -> int | None:
    """Which evaluation is the first at the target; -1 if none is, None where there is no target."""
    target, metric = record.config.training.target, record.metric
    if not record.evaluations or target is None or metric is None:
        return None
    reached = [metric.reaches(e.scores[metric.name], target) for e in record.evaluations]
    return reached.index(True) if any(reached) else -1


def _evaluations_s(record: RunRecord, *, until: int) -> float:
    """What the evaluations took up to that one; a share of all where they were not timed singly."""
    assert record.phases is not None
    took = [evaluation.took_s for evaluation in record.evaluations]
    known = [s for s in took[: until + 1] if s is not None]
    if len(known) == until + 1:
        return sum(known)
    return record.phases.evaluation_s * (until + 1) / len(took)
