"""`fwexp cancel NAME`: take a sweep's jobs out of Slurm's queue; what is done stays."""

import argparse
import time

from fwexp.launch.slurm.queue import cancel_jobs, queued_tasks
from fwexp.launch.slurm.submission import cancel_file, read_submissions
from fwexp.launch.sweep_status import stand
from fwexp.store.store import Store

GONE_S = 120.0  # Slurm itself waits some 30 s before it kills what does not end
POLL_S = 0.5


def command(argv: list[str]) -> int:
    """`fwexp cancel NAME`: 0 when no job of the sweep is left."""
    parser = argparse.ArgumentParser(prog="fwexp cancel", description=__doc__)
    parser.add_argument("name", help="a sweep that was submitted")
    parser.add_argument("--store", default="store", metavar="DIR", help="where the records lie")
    given = parser.parse_args(argv)
    store = Store(given.store)
    manifest = store.read_manifest(given.name)
    submissions = read_submissions(store, given.name)
    tasks = queued_tasks(submissions)
    if not tasks:
        print(
            f"{given.name}: no job of it is queued or running. A sweep that runs in a terminal "
            "ends by Ctrl-C there."
        )
        return 0
    names = {task.job_name for task in tasks}
    for submission in submissions:
        if any(array.job_name in names for array in submission.arrays):
            cancel_file(store, given.name, submission.key).touch()
    cancel_jobs(task.job_id.partition("_")[0] for task in tasks)
    if not _wait_gone(store, given.name):
        print(f"{given.name}: Slurm still ends its jobs; fwexp status {given.name} tells when")
        return 1
    done = stand(store, given.name).counts.get("done", 0)
    print(
        f"{given.name}: cancelled {len(tasks)} jobs; {done} of {len(manifest.runs)} runs are done "
        f"and stay. To go on, type: {manifest.command}"
    )
    return 0


def _wait_gone(store: Store, name: str) -> bool:
    """Whether Slurm has none of its jobs any more, after some time at most."""
    deadline = time.monotonic() + GONE_S
    while queued_tasks(read_submissions(store, name)):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
