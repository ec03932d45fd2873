"""The process that copies finished runs and sweeps to Weights & Biases' offline format."""

import argparse
import math
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import wandb

from fwexp.errors import StoreError
from fwexp.processes.locks import hold
from fwexp.processes.server import die_with_parent
from fwexp.tracking.copies import copy_of
from fwexp.tracking.marker import is_pending, write_marker
from fwexp.tracking.offline import confine_wandb, write_offline_run
from fwexp.tracking.service import ServiceError, connect
from fwexp.tracking.sync import sync_folders

LOCK = "mirror.lock"  # two drivers on one store must not copy a run twice
STALLS = 3  # times the declared answer time; `fwexp sync` is more patient


@dataclass(kw_only=True)
class MirrorResult:
    mirrored: list[Path] = field(default_factory=list)
    skipped: dict[Path, str] = field(default_factory=dict)  # folder -> why


def mirror_runs(folders: Iterable[Path], *, project: str, group: str) -> MirrorResult:
    """The pending ones of the folders, each copied and marked; one that cannot be is named."""
    result = MirrorResult()
    for folder in filter(is_pending, folders):
        try:
            _mirror(folder, project=project, group=group)
        except (StoreError, OSError, wandb.Error) as error:
            result.skipped[folder] = f"{type(error).__name__}: {error}"
        else:
            result.mirrored.append(folder)
    return result


def _mirror(folder: Path, *, project: str, group: str) -> None:
    marker = write_offline_run(folder, copy=copy_of(folder), project=project, group=group)
    write_marker(folder, marker=marker)


def upload_now(folders: Sequence[Path], *, store: Path, project: str, answer_s: float) -> str:
    """What became of uploading the copies, in words for the user."""
    try:
        stall_s = STALLS * answer_s
        service = connect(project=project, answer_s=answer_s, patience_s=math.ceil(stall_s))
        result = sync_folders(folders, store=store, service=service, say=print, stall_s=stall_s)
    except ServiceError as error:
        return f"warning: W&B stays offline: {error}; later: fwexp sync"
    told = f"{len(result.uploaded)} uploaded to {service.url}/{service.path}"
    if not result.failed:
        return told
    reason = next(iter(result.failed.values()))
    return (
        f"warning: W&B stays offline in part: {told}, {len(result.failed)} not ({reason}); "
        "later: fwexp sync"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """0 if every folder named on standard input, one a line, has its copy; 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m fwexp.tracking.mirror", description=__doc__)
    parser.add_argument("--driver", type=int, required=True, help="the process that it ends with")
    parser.add_argument("--folder", type=Path, required=True, help="for wandb's own files")
    parser.add_argument("--project", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--online-s", type=float, help="upload to a service that answers in time")
    parser.add_argument("--told", type=Path, help="for what the user should know of the upload")
    options = parser.parse_args(argv)
    die_with_parent(options.driver)
    folders = [Path(line) for line in sys.stdin.read().splitlines()]
    online, theirs = options.online_s is not None, dict(os.environ)
    confine_wandb(os.environ, folder=options.folder)  # whatever the service's address is
    with hold(options.folder / LOCK):
        result = mirror_runs(folders, project=options.project, group=options.group)
    for reason in result.skipped.values():
        print(f"skipped: {reason}")
    print(f"{len(result.mirrored)} copied, {len(result.skipped)} skipped, of {len(folders)}")
    if online:
        wandb.teardown()  # what it has read of the environment counts no more
        os.environ.clear()
        os.environ.update(theirs)
        confine_wandb(os.environ, folder=options.folder, online=True)
        store = options.folder.parent
        there = [folder for folder in folders if folder not in result.skipped]
        told = upload_now(there, store=store, project=options.project, answer_s=options.online_s)
        options.told.write_text(told)
    return 1 if result.skipped else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # wandb would wait for an answer under way; its wandb-core ends with us
