"""What was submitted, on disk before Slurm gets it: which task does which runs."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fwexp.errors import StoreError
from fwexp.files import read_json, write_json
from fwexp.store.store import Store

Pack = dict[str, str | None]  # run id -> `finished_at` of the failed record that it replaces
CERTIFY, RUN = "certify", "run"


@dataclass(frozen=True, kw_only=True)
class Array:
    """One job array; its task k does the k-th pack, one run after another on one node."""

    job_name: str  # unique in squeue
    does: str  # certify: make the certificates of these runs' workloads | run: run them
    packs: list[Pack]


@dataclass(frozen=True, kw_only=True)
class Submission:
    """The arrays of one `fwexp sweep`."""

    key: str
    sweep: str
    submitted_at: str  # ISO 8601, UTC
    arrays: list[Array]


def new_submission(sweep: str, arrays: Sequence[tuple[str, list[Pack]]]) -> Submission:
    """A submission with a key of its own; `arrays` are what each does, and its packs."""
    key = secrets.token_hex(4)
    return Submission(
        key=key,
        sweep=sweep,
        submitted_at=datetime.now(UTC).isoformat(),
        arrays=[
            Array(job_name=f"fwexp-{sweep}-{key}-{number}", does=does, packs=packs)
            for number, (does, packs) in enumerate(arrays)
        ],
    )


def jobs_folder(store: Store, sweep: str) -> Path:
    """The folder of a sweep's submissions, each with its jobs' logs."""
    return store.sweep_folder(sweep) / "jobs"


def logs_folder(store: Store, sweep: str, key: str) -> Path:
    """Where submitit keeps the scripts, pickles and logs of a submission's jobs."""
    return jobs_folder(store, sweep) / key


def id_file(store: Store, sweep: str, key: str, job_name: str) -> Path:
    """The file with Slurm's id of an array, once Slurm has accepted it."""
    return logs_folder(store, sweep, key) / f"{job_name}.id"


def cancel_file(store: Store, sweep: str, key: str) -> Path:
    """The file that exists once the user has cancelled a submission."""
    return logs_folder(store, sweep, key) / "cancelled"


def write_submission(store: Store, submission: Submission) -> None:
    folder = logs_folder(store, submission.sweep, submission.key)
    write_json(folder / "submission.json", submission)


def read_submission(store: Store, sweep: str, key: str) -> Submission:
    """The submission; StoreError if its file is torn or missing."""
    path = logs_folder(store, sweep, key) / "submission.json"
    try:
        found = read_json(path, Submission, what="a submission")
    except StoreError as error:
        raise StoreError(
            f"{error}. scancel its jobs, which squeue --format=%j lists as "
            f"fwexp-{sweep}-{key}-…, remove its folder, and type the command again: what is done "
            "stays"
        ) from error
    if found is None:
        raise StoreError(f"{path}: missing")
    return found


def read_submissions(store: Store, sweep: str) -> tuple[list[Submission], list[str]]:
    """All of a sweep's submissions, oldest first, and a complaint per torn one."""
    found, complaints = [], []
    for file in sorted(jobs_folder(store, sweep).glob("*/submission.json")):
        try:
            found.append(read_submission(store, sweep, file.parent.name))
        except StoreError as error:
            complaints.append(str(error))
    return sorted(found, key=lambda submission: submission.submitted_at), complaints


def read_sound_submissions(store: Store, sweep: str) -> list[Submission]:
    """The same; StoreError if one is torn, as its jobs could be anywhere."""
    found, complaints = read_submissions(store, sweep)
    if complaints:
        raise StoreError(complaints[0])
    return found
