"""What a command does for its tracker once its runs are over."""

import sys
from collections.abc import Sequence
from pathlib import Path

from fwexp.config.counted import counted
from fwexp.config.schema import Tracking
from fwexp.tracking.wandb.mirror import start_mirror, wait_for_mirror


def track(store: Path, *, folders: Sequence[Path], tracking: Tracking, group: str) -> None:
    """Hand the finished runs and sweeps to the tracker, and print the outcome.

    Any failure is only a warning: the records are complete, and the same command tries again.
    """
    if tracking.name == "none":
        return
    if tracking.name == "tensorboard":
        _write_for_tensorboard(store / "tensorboard", folders=folders, group=group)
        return
    online = tracking.name == "wandb_online"
    mirror = start_mirror(
        store,
        folders=folders,
        project=tracking.project,
        group=group,
        answer_timeout_s=tracking.answer_timeout_s if online else None,
    )
    outcome = wait_for_mirror(mirror)
    if outcome.num_mirrored:
        print(f"{counted(outcome.num_mirrored, 'W&B offline run')} written under the store")
    if outcome.warning:
        print(outcome.warning, file=sys.stderr)
    if outcome.upload:
        is_warning = outcome.upload.startswith("warning")
        print(outcome.upload, file=sys.stderr if is_warning else sys.stdout)


def _write_for_tensorboard(logs: Path, *, folders: Sequence[Path], group: str) -> None:
    from fwexp.tracking.tensorboard import write_runs

    runs = [folder for folder in folders if (folder / "record.json").is_file()]
    num, skipped = write_runs(runs, into=logs / group)
    if num:
        print(f"{counted(num, 'run')} written for TensorBoard: tensorboard --logdir {logs}")
    if skipped:
        share = f"{len(skipped)} of {len(runs)} runs"
        reason = next(iter(skipped.values()))
        print(f"warning: {share} not written for TensorBoard: {reason}", file=sys.stderr)
