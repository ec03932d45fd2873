"""The plan: a sweep turned into validated, deduplicated runs, before anything starts."""

from dataclasses import dataclass

from fwexp.config.schema import Config
from fwexp.identity.sources import Sources


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    run_id: str
    config: Config
    sources: Sources
    digests: dict[str, str]
    workload: str  # the same for runs that differ only in framework and seed


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The runs of a command, in blocks, in the order in which they start."""

    name: str
    title: str
    command: str
    machine_class: str
    blocks: list[list[PlannedRun]]

    @property
    def runs(self) -> list[PlannedRun]:
        return [run for block in self.blocks for run in block]

    @property
    def first(self) -> Config:
        return self.runs[0].config


def one_per_device(configs: list[Config]) -> list[Config]:
    """One configuration per framework, hardware and precision: what a probe depends on."""
    return list(
        {(c.framework.name, c.hardware.name, c.precision.name): c for c in configs}.values()
    )
