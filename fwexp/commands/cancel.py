"""`fwexp cancel NAME`: cancel a sweep's queued and running jobs; finished runs are kept."""

import argparse
import time

from fwexp.config.counted import counted
from fwexp.launch.launcher import Queue, all_launchers
from fwexp.launch.sweep_status import sweep_status
from fwexp.store.store import Store

GONE_S = 120.0  # a scheduler waits about 30 s before it kills a job
POLL_S = 0.5


def command(argv: list[str]) -> int:
    """`fwexp cancel NAME`: 0 when no job of the sweep is left."""
    parser = argparse.ArgumentParser(prog="fwexp cancel", description=__doc__)
    parser.add_argument("name", help="a sweep that was submitted")
    parser.add_argument("--store", default="store", metavar="DIR", help="where the records are")
    given = parser.parse_args(argv)
    store = Store(given.store)
    manifest = store.read_manifest(given.name)
    num_jobs = sum(launcher.cancel(store, given.name) for launcher in all_launchers())
    if not num_jobs:
        print(
            f"{given.name}: none of its jobs is queued or running. Stop a sweep that runs in a "
            "terminal with Ctrl-C there."
        )
        return 0
    if not _wait_gone(store, given.name):
        print(f"{given.name}: its jobs are still ending; fwexp status {given.name} shows when")
        return 1
    done = sweep_status(store, given.name).counts.get("done", 0)
    print(
        f"{given.name}: cancelled {counted(num_jobs, 'job')}; {done} of {len(manifest.runs)} runs "
        f"are done and kept. To go on, type: {manifest.command}"
    )
    return 0


def _has_jobs(queue: Queue) -> bool:
    """Whether it has any, or does not answer."""
    return bool(queue.jobs or queue.warning)


def _wait_gone(store: Store, name: str) -> bool:
    """Whether its jobs are gone from all launchers, after waiting a while."""
    deadline = time.monotonic() + GONE_S
    while any(_has_jobs(launcher.queue(store, name)) for launcher in all_launchers()):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
