"""What a job's log says of a run that it lost."""

from collections.abc import Iterable
from pathlib import Path

from fwexp.processes.endings import error_line

SLURM_ERRORS = ("slurmstepd: error: ", "srun: error: ")  # srun's only repeat it


def why_lost(log: Path, run_id: str) -> str:
    """The run's own end, an error, or Slurm's word, after a colon; empty where nothing is logged.

    Where there is none of them, the last line is quoted as what it is: it need not be the cause.
    """
    if not log.is_file():
        return ""
    text = log.read_text(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = _end_of(run_id, lines) or error_line(text) or _slurms_word(lines)
    if told:
        return f": {told}"
    return f"; its log names no error, its last line is: {lines[-1]}" if lines else ""


def _end_of(run_id: str, lines: list[str]) -> str:
    ends = [line.partition(f"{run_id}: ")[2] for line in lines if f"] {run_id}: " in line]
    return _last(ends)


def _slurms_word(lines: list[str]) -> str:
    by_source = (_last(k for k in lines if k.startswith(source)) for source in SLURM_ERRORS)
    return next(filter(None, by_source), "")


def _last(lines: Iterable[str]) -> str:
    return next(reversed([*lines]), "")
