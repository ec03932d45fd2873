"""A run's checkpoint on disk: whole or absent, and used only where it can be resumed exactly."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fwexp.errors import StoreError
from fwexp.files import read_json, write_json
from fwexp.identity.files import file_sha256
from fwexp.meters.environment import cpu_model, instruction_sets
from fwexp.store.record import Evaluation, Interruption

FILE = "checkpoint.json"


class UnusableCheckpoint(Exception):
    """A checkpoint that cannot be resumed exactly; one line says why."""


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """What decides the last bit of a sum on a CPU."""

    cpu: str
    instruction_sets: list[str]
    num_threads: int


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a run's training has given so far; index i of a series is optimizer step i + 1."""

    losses: list[float]
    step_s: list[float]
    evaluations: list[Evaluation]
    evaluation_s: float
    checkpoint_s: float
    audit_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What it takes to resume, except the trainer's own files."""

    run_id: str
    step: int  # optimizer steps done
    arithmetic: Arithmetic
    trained: Trained
    started_at: str  # of the first attempt, as the three phases
    start_s: float
    data_s: float
    build_s: float
    elapsed_s: float  # from the first dispatch, waits for locks and interruptions left out
    interruptions: list[Interruption]  # before this one
    saved_at: str  # ISO 8601, UTC
    host: str
    random_state: dict[str, Any]  # Python's and NumPy's


@dataclass(frozen=True, kw_only=True)
class _Written:
    checkpoint: Checkpoint
    files: dict[str, str]  # the sha256 of each of the trainer's own, by name


def arithmetic(*, num_threads: int) -> Arithmetic:
    """This machine's."""
    sets = instruction_sets()
    return Arithmetic(cpu=cpu_model(), instruction_sets=sets, num_threads=num_threads)


def write_checkpoint(folder: Path, checkpoint: Checkpoint, save: Callable[[Path], None]) -> None:
    """Write it to the folder, with the files that `save` writes; the previous one is removed when
    this one is whole on disk. Raises OSError, and keeps the previous one, if it cannot."""
    folder.mkdir(exist_ok=True)
    target = folder / str(checkpoint.step)
    with TemporaryDirectory(dir=folder, prefix=".partial-") as name:
        partial = Path(name)
        save(partial)
        files = {path.name: file_sha256(path) for path in partial.iterdir()}
        write_json(partial / FILE, _Written(checkpoint=checkpoint, files=files))
        for path in (*partial.iterdir(), partial):
            _sync(path)
        partial.rename(target)
    _sync(folder)
    for other in folder.iterdir():  # older ones, and those a killed process left unfinished
        if other != target:
            shutil.rmtree(other, ignore_errors=True)


def has_checkpoint(folder: Path) -> bool:
    """Whether the folder has one, usable or not."""
    return bool(_steps(folder))


def read_checkpoint(folder: Path, *, run_id: str, here: Arithmetic) -> tuple[Checkpoint, Path]:
    """The folder's last checkpoint, and where the trainer's files are.

    Raises UnusableCheckpoint if it is torn, another run's, or from different arithmetic.
    """
    path = folder / str(max(_steps(folder), default=0))
    try:
        written = read_json(path / FILE, _Written, what="a run's checkpoint")
        if written is None:
            raise UnusableCheckpoint(f"{path}: torn (it has no {FILE})")
        found = {name: file_sha256(path / name) for name in written.files}
    except StoreError as error:
        raise UnusableCheckpoint(str(error)) from error
    except OSError as error:
        raise UnusableCheckpoint(f"{path}: torn ({error})") from error
    checkpoint = written.checkpoint
    if torn := [name for name in found if found[name] != written.files[name]]:
        raise UnusableCheckpoint(f"{path}: torn ({', '.join(torn)} differs from what was written)")
    if checkpoint.run_id != run_id:
        raise UnusableCheckpoint(f"{path}: belongs to the run {checkpoint.run_id}")
    if foreign := _differences(checkpoint.arithmetic, here):
        raise UnusableCheckpoint(f"{path}: saved where rounding differs ({'; '.join(foreign)})")
    return checkpoint, path


def _steps(folder: Path) -> list[int]:
    """The checkpoints' folders: two if a process was killed before it removed the older one."""
    return [int(path.name) for path in folder.glob("[0-9]*")]


def _differences(there: Arithmetic, here: Arithmetic) -> list[str]:
    found = []
    if there.num_threads != here.num_threads:
        found.append(f"{there.num_threads} threads there, {here.num_threads} here")
    if there.cpu != here.cpu:
        found.append(f"{there.cpu} there, {here.cpu} here")
    if changed := sorted({*there.instruction_sets} ^ {*here.instruction_sets}):
        found.append(f"only one of the two has {', '.join(changed)}")
    return found


def _sync(path: Path) -> None:
    """Until the file, or the folder's list of files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
