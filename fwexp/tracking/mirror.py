"""The process that copies finished runs to Weights & Biases' offline format."""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import wandb

from fwexp.errors import StoreError
from fwexp.tracking.marker import is_pending, write_marker
from fwexp.tracking.offline import confine_wandb, write_offline_run
from fwexp.tracking.run_files import read_run


@dataclass(kw_only=True)
class MirrorResult:
    mirrored: list[Path] = field(default_factory=list)
    skipped: dict[Path, str] = field(default_factory=dict)  # run folder -> why


def mirror_runs(runs: Iterable[Path], *, project: str, group: str) -> MirrorResult:
    """The pending ones of the run folders, each copied and marked; one that cannot be is named."""
    result = MirrorResult()
    for run in filter(is_pending, runs):
        try:
            _mirror_run(run, project=project, group=group)
        except (StoreError, OSError, wandb.Error) as error:
            result.skipped[run] = f"{type(error).__name__}: {error}"
        else:
            result.mirrored.append(run)
    return result


def _mirror_run(run: Path, *, project: str, group: str) -> None:
    record, history = read_run(run)
    marker = write_offline_run(run, record=record, history=history, project=project, group=group)
    write_marker(run, marker=marker)


def while_the_driver_lives(runs: Iterable[Path]) -> Iterator[Path]:
    """The runs, up to the moment when the process that started this one is gone."""
    driver = os.getppid()
    for run in runs:
        if os.getppid() != driver:
            return
        yield run


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Two drivers on one store must not copy a run twice; the lock goes with the process."""
    with (folder / "mirror.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(argv: Sequence[str] | None = None) -> int:
    """0 if every run named on standard input, a folder a line, has its copy; 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m fwexp.tracking.mirror", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="for wandb's own files")
    parser.add_argument("--project", required=True)
    parser.add_argument("--group", required=True)
    options = parser.parse_args(argv)
    runs = [Path(line) for line in sys.stdin.read().splitlines()]
    confine_wandb(os.environ, folder=options.folder)
    with _one_at_a_time(options.folder):
        living = while_the_driver_lives(runs)
        result = mirror_runs(living, project=options.project, group=options.group)
    for reason in result.skipped.values():
        print(f"skipped: {reason}")
    print(f"{len(result.mirrored)} copied, {len(result.skipped)} skipped, of {len(runs)} runs")
    return 1 if result.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
