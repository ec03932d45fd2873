"""The process that writes finished runs and sweeps as W&B offline runs, and may upload them."""

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
from fwexp.tracking.wandb.content import wandb_run
from fwexp.tracking.wandb.offline import write_offline_run
from fwexp.tracking.wandb.service import ServiceError, confine_wandb, connect
from fwexp.tracking.wandb.sync import sync_folders
from fwexp.tracking.wandb.sync_state import is_pending, note_offline_run

LOCK = "mirror.lock"  # two commands on one store must not mirror a run twice
STALLS = 3  # times the declared answer time; `fwexp sync` is more patient


@dataclass(kw_only=True)
class MirrorResult:
    mirrored: list[Path] = field(default_factory=list)
    skipped: dict[Path, str] = field(default_factory=dict)  # folder -> why


def mirror_folders(folders: Iterable[Path], *, project: str, group: str) -> MirrorResult:
    """The pending folders, each now with its offline run, or with the reason why not."""
    result = MirrorResult()
    for folder in filter(is_pending, folders):
        try:
            offline = write_offline_run(
                folder, content=wandb_run(folder), project=project, group=group
            )
            note_offline_run(folder, offline=offline)
        except (StoreError, OSError, wandb.Error) as error:
            result.skipped[folder] = f"{type(error).__name__}: {error}"
        else:
            result.mirrored.append(folder)
    return result


def upload_now(folders: Sequence[Path], *, store: Path, project: str, answer_s: float) -> str:
    """What became of uploading the offline runs, in words for the user."""
    try:
        stall_s = STALLS * answer_s
        service = connect(project=project, answer_s=answer_s, patience_s=math.ceil(stall_s))
        result = sync_folders(folders, store=store, service=service, say=print, stall_s=stall_s)
    except ServiceError as error:
        return f"warning: W&B runs stay offline: {error}; run fwexp sync later"
    uploaded = f"{len(result.uploaded)} uploaded to {service.url}/{service.path}"
    if not result.failed:
        return uploaded
    reason = next(iter(result.failed.values()))
    return (
        f"warning: some W&B runs stay offline: {uploaded}, {len(result.failed)} not ({reason}); "
        "run fwexp sync later"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """0 if every folder named on standard input, one per line, was mirrored; 1 if not."""
    parser = argparse.ArgumentParser(
        prog="python -m fwexp.tracking.wandb.mirror_process", description=__doc__
    )
    parser.add_argument("--driver", type=int, required=True, help="the process that it ends with")
    parser.add_argument("--folder", type=Path, required=True, help="for wandb's own files")
    parser.add_argument("--project", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--online-s", type=float, help="upload if the service answers in time")
    parser.add_argument("--upload-report", type=Path, help="for what the user should know of it")
    options = parser.parse_args(argv)
    die_with_parent(options.driver)
    folders = [Path(line) for line in sys.stdin.read().splitlines()]
    online, original = options.online_s is not None, dict(os.environ)
    confine_wandb(os.environ, folder=options.folder)  # whatever the service's address is
    with hold(options.folder / LOCK):
        result = mirror_folders(folders, project=options.project, group=options.group)
    for reason in result.skipped.values():
        print(f"skipped: {reason}")
    print(f"{len(result.mirrored)} mirrored, {len(result.skipped)} skipped, of {len(folders)}")
    if online:
        wandb.teardown()  # forgets what it has read of the environment
        os.environ.clear()
        os.environ.update(original)
        confine_wandb(os.environ, folder=options.folder, online=True)
        mirrored = [folder for folder in folders if folder not in result.skipped]
        report = upload_now(
            mirrored,
            store=options.folder.parent,
            project=options.project,
            answer_s=options.online_s,
        )
        options.upload_report.write_text(report)
    return 1 if result.skipped else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # wandb would wait for a pending answer; its wandb-core ends with us
