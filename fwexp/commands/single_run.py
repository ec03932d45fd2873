"""`fwexp framework=tf model=cnn …`: one run, with a bar, ending in a short summary."""

import sys
from dataclasses import replace

from fwexp.commands.run_summary import print_summary
from fwexp.config.plain import to_plain
from fwexp.config.resolve import resolve, usable_cores
from fwexp.config.schema import Config
from fwexp.data import preparation
from fwexp.errors import FwexpError
from fwexp.launch.drive import drive, missing_runs
from fwexp.launch.plan import Plan, plan_run
from fwexp.meters import probe
from fwexp.store.store import Store
from fwexp.tracking.track import track


def run_one(config: Config) -> int:
    """Run it, unless the store has it already, and print its summary; 0 when it is done."""
    if config.launcher.name == "slurm":
        raise FwexpError(
            "launcher=slurm is for sweeps, and a run on Slurm is a sweep of one: type fwexp -m and "
            "then the same."
        )
    planned = plan_run(resolve(config, num_cores=usable_cores()))
    machine_class = probe.machine_class(planned.config)
    name = planned.run_id
    plan = Plan(name=name, title=name, command="", machine_class=machine_class, blocks=[[planned]])
    store = Store(planned.config.store)
    store.check_writable()
    preparation.prepare(planned.config.data)
    missing = missing_runs(plan, store, retry=True)
    outcome = drive(plan, store, missing, compare=False)
    record = store.read_record(machine_class, name)
    if record is None:
        print(f"the run was interrupted: {outcome.interrupted[0]}", file=sys.stderr)
        return 1
    # a stored record may have been made for another target than the one asked for now
    record = replace(record, config=to_plain(planned.config))
    folder = store.run_folder(machine_class, name)
    print_summary(record, planned.config.pricing, folder, is_new=bool(missing.todo))
    track(store.path, folders=[folder], tracking=planned.config.tracking, group="single")
    return 0 if record.status == "done" else 1
