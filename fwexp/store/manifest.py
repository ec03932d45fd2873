"""What a sweep declared before it ran: its workloads, runs, blocks and margins, dated."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from fwexp.config.schema import Comparison, Config, Framework, Pricing
from fwexp.store.configs import check_workload
from fwexp.store.migrations import SCHEMA
from fwexp.store.quantities import Count, check_moment


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
    seed: Count


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

    def check(self) -> None:
        """Raise ValueError where it contradicts itself, or declares what cannot be compared."""
        check_moment(self.declared_at)
        _check_words(self)
        for workload in self.workloads.values():
            config = replace(workload.config, comparison=self.comparison, pricing=self.pricing)
            check_workload(config)
        for run_id, run in self.runs.items():
            if run.workload not in self.workloads:
                raise ValueError(f"it has no workload {run.workload}, which {run_id} is of")
            if run.framework not in ("torch", "tf"):
                raise ValueError(f"{run_id} is of the framework {run.framework}")
        blocked = Counter(run_id for block in self.blocks for run_id in block)
        for run_id, times in blocked.items():
            if run_id not in self.runs or times > 1:
                raise ValueError(f"its blocks hold {run_id}, {times} times")

    @property
    def certificates(self) -> list[str]:
        """The keys of all certificates that its comparisons need."""
        keys = (workload.certificate for workload in self.workloads.values())
        return [key for key in keys if key is not None]


def _check_words(manifest: Manifest) -> None:
    """What names a file or folder must be a plain word: it could climb out of the store."""
    keys = [key for key in manifest.certificates if key is not None]
    for word in (manifest.name, *manifest.runs, *manifest.workloads, *keys):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,200}", word):
            raise ValueError(f"{word!r} is no name")
    if not re.fullmatch(r"[0-9a-f]{8,64}", manifest.sha256):
        raise ValueError("its sha256 is none")
    if not re.search(r"[A-Za-z0-9]", manifest.machine_class):
        raise ValueError("it names no machine class")
    if not manifest.runs:
        raise ValueError("it declares no run")
