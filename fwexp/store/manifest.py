"""What a sweep declared before it ran: its workloads, runs, blocks and margins, dated."""

from dataclasses import dataclass, field, replace

from fwexp.config.schema import Comparison, Config, Framework, Pricing
from fwexp.store.migrations import SCHEMA


@dataclass(kw_only=True)
class DeclaredWorkload:
    """Everything but framework and seed, and the certificate that its comparison needs."""

    config: Config  # its framework is "", its seed 0
    certificate: str | None = None  # its key; None: only one framework, nothing to compare

    @property
    def target(self) -> float | None:
        """The score that training time is measured to."""
        return self.config.training.target

    @property
    def quality_target(self) -> float | None:
        """The score below which a run has not learnt."""
        return self.config.training.quality_target


@dataclass(kw_only=True)
class DeclaredRun:
    workload: str  # a key of the manifest's workloads
    framework: str
    seed: int


@dataclass(kw_only=True)
class Manifest:
    name: str
    title: str
    command: str  # what to type to run it again
    declared_at: str  # ISO 8601, UTC
    sha256: str  # of what is declared in here: of the runs, the ids
    comparison: Comparison
    pricing: Pricing
    machine_class: str  # a run counts as done on this machine class only
    workloads: dict[str, DeclaredWorkload] = field(default_factory=dict)
    runs: dict[str, DeclaredRun] = field(default_factory=dict)  # by run id
    blocks: list[list[str]] = field(default_factory=list)  # run ids, in the order they start
    schema: int = SCHEMA

    def config_of(self, run_id: str) -> Config:
        """The run's configuration as this sweep declared it."""
        run = self.runs[run_id]
        config = self.workloads[run.workload].config
        return replace(config, framework=Framework(name=run.framework), seed=run.seed)

    @property
    def certificates(self) -> list[str]:
        """The keys of all certificates that its comparisons need."""
        keys = (workload.certificate for workload in self.workloads.values())
        return [key for key in keys if key is not None]
