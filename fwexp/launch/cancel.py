"""`fwexp cancel NAME`: take a sweep's jobs out of Slurm's queue; what is done stays."""

import argparse

from fwexp.launch.slurm.queue import cancel_jobs, queued_tasks
from fwexp.launch.slurm.submission import read_submissions
from fwexp.launch.standing import stand
from fwexp.runs.store import Store


def command(argv: list[str]) -> int:
    """`fwexp cancel NAME`: 0 when no job of the sweep is left."""
    parser = argparse.ArgumentParser(prog="fwexp cancel", description=__doc__)
    parser.add_argument("name", help="a sweep that was submitted")
    parser.add_argument("--store", default="store", metavar="DIR", help="where the records lie")
    given = parser.parse_args(argv)
    store = Store(given.store)
    manifest = store.read_manifest(given.name)
    tasks = queued_tasks(read_submissions(store, given.name))
    if not tasks:
        print(
            f"{given.name}: no job of it is queued or running. A sweep that runs in a terminal "
            "ends by Ctrl-C there."
        )
        return 0
    cancel_jobs(task.job_id.partition("_")[0] for task in tasks)
    done = stand(store, given.name).counts.get("done", 0)
    print(
        f"{given.name}: cancelled {len(tasks)} jobs; {done} of {len(manifest.runs)} runs are done "
        f"and stay. To go on, type: {manifest.command}"
    )
    return 0
