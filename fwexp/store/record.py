"""The outcome of one run: the local truth, one JSON file."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from fwexp.config.schema import Config
from fwexp.meters.environment import Environment
from fwexp.meters.load import Load
from fwexp.store.configs import check_config
from fwexp.store.migrations import SCHEMA
from fwexp.store.quantities import Amount, Count, Number, Some, check_moment
from fwexp.tasks.metric import Metric
from fwexp.text import cut

FREE = ("failure", "environment")  # their texts come from elsewhere, and are cleaned when shown
REQUIRED = {  # the fields a record must have, by status
    "done": (
        *("phases", "memory", "num_steps", "samples_per_s", "unit", "units_per_s"),
        *("metric", "score", "evaluations"),
    ),
    "failed": ("failure",),
}


@dataclass(kw_only=True)
class Evaluation:
    """The model's state on the test set after `step` optimizer steps."""

    step: Count
    train_s: Amount  # training time until here, evaluations excluded
    scores: dict[str, Number]  # the task's metrics by name, and the "loss"
    took_s: Amount | None = None  # None: before it was recorded


def _check_evaluations(evaluations: list[Evaluation], metric: Metric) -> None:
    for evaluation in evaluations:
        for name in (metric.name, "loss"):
            if name not in evaluation.scores:
                raise ValueError(f"its evaluation at step {evaluation.step} has no {name}")
    for one, other in pairwise(evaluations):
        if other.step <= one.step or other.train_s < one.train_s:
            raise ValueError(f"its evaluation at step {other.step} comes after step {one.step}")


@dataclass(kw_only=True)
class Phases:
    """Where the wall time went, in seconds."""

    start_s: Amount  # dispatch until the data is read: the fork, and what a run needs to begin
    data_s: Amount  # reading and hashing the data set
    build_s: Amount  # model, optimizer, initial weights, trainer
    first_steps_s: Amount  # compilation and warm-up: the steps before the stable ones
    steady_s: Amount  # the stable steps
    evaluation_s: Amount
    checkpoint_s: Amount = 0.0  # saving checkpoints
    audit_s: Amount = 0.0  # keeping states for the audit; in no other figure
    # dispatch until training and its evaluations are over; waits for a lock and interruptions not
    total_s: Amount


@dataclass(kw_only=True)
class Memory:
    """Resident memory in MiB: what the imports hold, and what each phase added at its peak.

    What was added leaves out pages of files: the libraries' code counts with the imports. Of
    several processes on the first node it is the sum, imports counted once: they share them.
    """

    import_rss_mib: Amount  # of the warm server the run was forked from
    data_peak_mib: Amount
    build_peak_mib: Amount
    train_peak_mib: Amount


@dataclass(kw_only=True)
class Interruption:
    """A run's process ended, and another resumed from its checkpoint."""

    step: Count  # optimizer steps done in what was saved; later ones were done again
    saved_at: str  # ISO 8601, UTC
    resumed_at: str
    lost_s: Number  # between the two, by the clocks of both machines: queue and imports included


def in_all(memories: list[Memory]) -> Memory:
    """The memory of processes that were forked from one server and ran at the same time."""
    return Memory(
        import_rss_mib=memories[0].import_rss_mib,
        data_peak_mib=sum(memory.data_peak_mib for memory in memories),
        build_peak_mib=sum(memory.build_peak_mib for memory in memories),
        train_peak_mib=sum(memory.train_peak_mib for memory in memories),
    )


@dataclass(frozen=True, kw_only=True)
class Effective:
    """What a framework really used, read back from it."""

    device: str  # cpu | gpu | tpu
    compute_dtype: str  # of the outputs the training step computed
    tf32: bool
    compiled: bool  # torch.compile or XLA
    num_threads: Some  # per replica
    num_replicas: int
    num_interop_threads: int | None = None  # per replica, too: operations at the same time
    batch_statistics: str  # over what BatchNorm takes them: whole batch | per replica


@dataclass(kw_only=True)
class Failure:
    kind: str
    message: str
    traceback: str

    def text(self) -> str:
        """What failed, as one line that may be shown."""
        return cut(f"{self.kind}: {self.message}")

    def first_line(self) -> str:
        """The first line of that."""
        return cut(f"{self.kind}: {self.message}".splitlines()[0])


@dataclass(kw_only=True)
class RunRecord:
    """One run's outcome. `status` is "done", or "failed": then `failure` says why and the
    measured fields are None."""

    run_id: str
    status: str
    config: Config
    digests: dict[str, str]  # what the id was made of: sources, data, versions, variables
    machine_class: str  # times are compared within one only
    environment: Environment
    started_at: str  # ISO 8601, UTC
    finished_at: str
    failure: Failure | None = None
    effective: Effective | None = None
    phases: Phases | None = None
    import_s: Amount | None = None  # once per warm server, shared by its runs
    more_imports_s: list[Amount] = field(default_factory=list)  # other processes', shared likewise
    memory: Memory | None = None
    load: Load | None = None
    num_steps: Count | None = None
    num_first_steps: Count | None = None  # those of `phases.first_steps_s`
    num_parameters: Count | None = None
    samples_per_s: Amount | None = None  # samples of the steady steps / steady_s
    unit: str | None = None  # the field's own unit of speed: images, tokens, samples
    units_per_s: Amount | None = None  # of the steady steps
    data_wait_ms_per_step: Amount | None = None  # the input pipeline drained alone
    metric: Metric | None = None  # the task's headline metric
    score: Number | None = None  # that metric at the last evaluation
    evaluations: list[Evaluation] = field(default_factory=list)
    interruptions: list[Interruption] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)  # initial weights, sample order, rates
    schema: int = SCHEMA

    def check(self) -> None:
        """Raise ValueError if anything its status promises is missing."""
        if self.status not in REQUIRED:
            raise ValueError(f"its status is {self.status!r}")
        lacking = [name for name in REQUIRED[self.status] if getattr(self, name) in (None, [])]
        if lacking:
            raise ValueError(f"its status is {self.status!r}, but it has no {', '.join(lacking)}")
        if check_moment(self.finished_at) < check_moment(self.started_at):
            raise ValueError(f"it finished at {self.finished_at}, before it started")
        for interruption in self.interruptions:
            check_moment(interruption.saved_at)
            check_moment(interruption.resumed_at)
        check_config(self.config)
        if self.status == "done":
            self._check_figures()

    def _check_figures(self) -> None:
        """Raise ValueError for figures that no run has."""
        if not self.num_steps:
            raise ValueError("it made no steps")
        if self.num_first_steps is not None and self.num_first_steps > self.num_steps:
            raise ValueError(f"{self.num_first_steps} of its {self.num_steps} steps were first")
        if self.metric is not None:
            _check_evaluations(self.evaluations, self.metric)
            if not self.metric.measures(self.score):
                raise ValueError(f"its {self.metric.name} is {self.score}")

    @property
    def started(self) -> datetime:
        return check_moment(self.started_at)

    @property
    def finished(self) -> datetime:
        return check_moment(self.finished_at)

    def format_speed(self) -> str:
        """The speed once warm in words: 6,400 tokens/s."""
        speed = self.units_per_s
        assert speed is not None
        return f"{speed:,.0f} {self.unit}/s" if speed >= 10 else f"{speed:.2g} {self.unit}/s"


@dataclass(kw_only=True)
class History:
    """A run's per-step series, beside its record; index i is optimizer step i + 1."""

    loss: list[Number]
    step_s: list[Amount]  # wall time of the step: input, compute, trainer
    learning_rate: list[Number]

    def check(self) -> None:
        """Raise ValueError where the series differ in length."""
        lengths = {name: len(series) for name, series in vars(self).items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"its series differ in length: {lengths}")


def is_finished(record: RunRecord | None, *, retry: bool) -> bool:
    """Whether a run is finished; a failed one is not if it is to be retried."""
    return record is not None and (record.status == "done" or not retry)
