"""A script: the runs of both frameworks at five seeds, which no certificate has allowed.

`python -P ungated.py STORE OVERRIDES…`, by its path, in a copy of the project with a trap in it.
"""

import sys

from fwexp.data import preparation
from fwexp.launch.drive import drive
from fwexp.launch.launcher import missing_runs
from fwexp.launch.planning import plan_runs
from fwexp.store.store import Store

AXES = {
    "framework": ["framework=torch", "framework=tf"],
    "seed": [f"seed={seed}" for seed in range(5)],
}


def main(store: str, *overrides: str) -> None:
    """Leave the records in the store."""
    plan = plan_runs(
        AXES,
        [*overrides, f"store={store}", "hardware.num_threads=1", "tracking=none"],
        name="ungated",
        title="Ungated",
        command="",
    )
    preparation.prepare(plan.first.data)
    into = Store(store)
    drive(plan, into, missing_runs(plan, into, retry=False), compare=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
