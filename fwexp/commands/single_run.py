"""`fwexp framework=tf model=cnn …`: one run, with a bar, ending in a short summary."""

import sys
from dataclasses import replace

from fwexp.commands.run_summary import print_summary
from fwexp.config.resolve import resolve
from fwexp.config.schema import Config
from fwexp.data import preparation
from fwexp.errors import FwexpError
from fwexp.launch.launcher import load_launcher, missing_runs
from fwexp.launch.plan import Plan
from fwexp.launch.planning import plan_run
from fwexp.store.store import Store
from fwexp.tracking.track import track


def run_one(config: Config) -> int:
    """Run it, unless the store has it already, and print its summary; 0 when it is done."""
    name = config.launcher.name
    if name != "local":
        raise FwexpError(
            f"launcher={name} is for sweeps, and a single run is a sweep of one: type fwexp -m and "
            "then the same."
        )
    launcher = load_launcher(config)
    planned = plan_run(resolve(config, num_cores=launcher.num_cores(config)))
    launcher.check(planned.config)
    machine_class = launcher.machine_class(planned.config)
    run_id = planned.run_id
    plan = Plan(
        name=run_id, title=run_id, command="", machine_class=machine_class, blocks=[[planned]]
    )
    store = Store(planned.config.store)
    store.check_writable()
    missing = missing_runs(plan, store, retry=True)
    preparation.prepare(planned.config.data)
    launcher.start(plan, store, missing, compare=False)
    folder = store.run(machine_class, run_id)
    record = folder.read_record()
    if record is None:
        print(f"the run was interrupted: {run_id}", file=sys.stderr)
        return 1
    # a stored record may have been made for another target than the one asked for now
    record = replace(record, config=planned.config)
    print_summary(record, planned.config.pricing, folder.path, is_new=bool(missing.runs))
    track(store.path, folders=[folder.path], tracking=planned.config.tracking, group="single")
    return 0 if record.status == "done" else 1
