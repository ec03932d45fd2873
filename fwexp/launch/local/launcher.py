"""The local launcher: it drives the runs itself and returns when they have ended."""

import os

from fwexp.config.resolve import usable_cores
from fwexp.config.schema import Config
from fwexp.launch.drive import drive
from fwexp.launch.launcher import Lost, Missing, Outcome, Queue, all_launchers
from fwexp.launch.plan import Plan
from fwexp.meters import probe
from fwexp.runs.nodes import find_start
from fwexp.store.store import Store


class LocalLauncher:
    """Nothing outlives its command, so it has no queue."""

    def check(self, config: Config) -> None:
        if config.hardware.nodes > 1 and "TORCHELASTIC_RUN_ID" not in os.environ:
            for launcher in all_launchers():  # it may itself run in a scheduler's job
                os.environ.update(launcher.node_variables())
        find_start(config)

    def node_variables(self) -> dict[str, str]:
        return {}

    def num_cores(self, config: Config) -> int:  # noqa: ARG002
        return usable_cores()

    def machine_class(self, config: Config) -> str:
        return probe.machine_class(config)

    def start(self, plan: Plan, store: Store, missing: Missing, *, compare: bool) -> Outcome:
        return drive(plan, store, missing, compare=compare)

    def queue(self, store: Store, sweep: str) -> Queue:  # noqa: ARG002
        return Queue()

    def lost(self, store: Store, sweep: str, run_ids: list[str]) -> dict[str, Lost]:  # noqa: ARG002
        return {}

    def cancel(self, store: Store, sweep: str) -> int:  # noqa: ARG002
        return 0
