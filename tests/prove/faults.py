"""Kill the driver, a server, a run; damage records: what the sweep typed again makes of it."""

import json
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.proc import is_running, wait_until
from tests.prove.proof import Proof
from tests.prove.small_sweep import NUM_RUNS, SmallSweep, runs_of, servers_of

SEED = 20261109
NUM_KILLS = 10  # of each kind
TOGETHER_S = 0.02  # lines that come closer are one: a run's end, and the next one's begin
SURVIVAL_S = 10.0  # what is still there after it counts as a survivor


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One SIGKILL, and what came of it."""

    target: str
    num_lines: int  # of progress that the command had printed
    delay_s: float  # from the last of them
    under_way: str
    num_survivors: int
    first_code: int
    num_before: int  # records when the sweep was typed again
    again_code: int
    num_after: int
    num_redone: int  # of the records that were there before: done again
    is_equal: bool  # every score and loss, to the last bit

    @property
    def passed(self) -> bool:
        unharmed = self.num_survivors == 0 and self.num_redone == 0
        return unharmed and self.again_code == 0 and self.num_after == NUM_RUNS and self.is_equal


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One damaged record, and what came of it."""

    name: str
    said: str  # by the sweep typed again; empty: it was not named
    is_redone: bool
    is_equal: bool

    @property
    def passed(self) -> bool:
        return bool(self.said) and self.is_redone and self.is_equal


def main() -> Proof:
    """Holds when nothing was lost."""
    with tempfile.TemporaryDirectory(prefix="fwexp-faults-") as scratch:
        folder = Path(scratch)
        reference = SmallSweep(folder / "undisturbed")
        gaps_s = _gaps_s(reference)
        kills = list(_kills(reference, folder, gaps_s=gaps_s))
        damages, code = _damages(reference, folder / "damaged")
    passed = code == 0 and all(k.passed for k in kills) and all(d.passed for d in damages)
    text = "\n".join(_page(kills, damages, gaps_s=gaps_s, passed=passed))
    return Proof(text=text, holds=passed)


def _gaps_s(sweep: SmallSweep) -> list[float]:
    """How long the undisturbed command takes from its start, and from each of its lines, on."""
    driver = sweep.start()
    times = [time.monotonic()]
    while driver.poll() is None:
        times += [time.monotonic()] * (sweep.num_lines() + 1 - len(times))
        time.sleep(0.005)
    ended = sweep.end(driver)
    assert ended.code == 0, ended.err
    times.append(time.monotonic())
    return [later - earlier for earlier, later in pairwise(times)]


def _kills(reference: SmallSweep, folder: Path, *, gaps_s: list[float]) -> Iterator[Kill]:
    rng = random.Random(SEED)
    followed = [k for k, gap_s in enumerate(gaps_s) if gap_s > TOGETHER_S]
    for target, find in TARGETS.items():
        for number in range(NUM_KILLS):
            kill = None
            while kill is None:  # there was nothing to kill any more: draw another moment
                sweep = SmallSweep(Path(tempfile.mkdtemp(dir=folder, prefix=f"{target}-{number}-")))
                num_lines = rng.choice(followed)
                delay_s = rng.uniform(0.0, gaps_s[num_lines])
                kill = _kill(sweep, target, find, num_lines, delay_s, rng, reference)
            print(f"{'ok ' if kill.passed else 'BAD'} {kill}", flush=True)
            yield kill


Find = Callable[[int], list[int]]
TARGETS: dict[str, Find] = {
    "driver": lambda driver: [driver] if is_running(driver) else [],
    "server": servers_of,
    "run": runs_of,
}


def _kill(
    sweep: SmallSweep,
    target: str,
    find: Find,
    num_lines: int,
    delay_s: float,
    rng: random.Random,
    reference: SmallSweep,
) -> Kill | None:
    driver = sweep.start()
    wait_until(
        lambda: sweep.num_lines() >= num_lines or driver.poll() is not None,
        what=f"line {num_lines}",
        timeout_s=600,
    )
    time.sleep(delay_s)
    wait_until(lambda: find(driver.pid) or driver.poll() is not None, what=f"a {target}")
    found, below = find(driver.pid), [*servers_of(driver.pid), *runs_of(driver.pid)]
    if not found:
        sweep.end(driver)
        return None
    os.kill(rng.choice(found), signal.SIGKILL)
    under_way = sweep.under_way()
    first = sweep.end(driver)
    survivors = _survivors(below)
    before = sweep.times()
    again = sweep.type()
    after = sweep.times()
    return Kill(
        target=target,
        num_lines=num_lines,
        delay_s=delay_s,
        under_way=under_way,
        num_survivors=len(survivors),
        first_code=first.code,
        num_before=len(before),
        again_code=again.code,
        num_after=len(after),
        num_redone=sum(after.get(run_id) != written for run_id, written in before.items()),
        is_equal=sweep.results() == reference.results(),
    )


def _survivors(pids: list[int]) -> list[int]:
    deadline = time.monotonic() + SURVIVAL_S
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return [pid for pid in pids if is_running(pid)]


def _damages(reference: SmallSweep, folder: Path) -> tuple[list[Damage], int]:
    """One damage a run of a finished sweep, all at once; and the exit code of the next sweep."""
    sweep = reference.copy(folder)
    files = sweep.record_files()
    chosen = dict(zip(DAMAGES, files, strict=True))
    for name, run_id in chosen.items():
        _harm(files[run_id], DAMAGES[name], other=next(i for i in files if i != run_id))
    before = sweep.times()
    again = sweep.type()
    after, results, wanted = sweep.times(), sweep.results(), reference.results()
    return [
        Damage(
            name=name,
            said=_words_on(again.err, run_id),
            is_redone=after[run_id] != before.get(run_id),
            is_equal=results[run_id] == wanted[run_id],
        )
        for name, run_id in chosen.items()
    ], again.code


Harm = Callable[[dict[str, Any], str], Any]
DAMAGES: dict[str, Harm] = {
    "torn in the middle": lambda _, text: text[: len(text) // 2],
    "emptied": lambda _, __: "",
    "overwritten with noise": lambda _, __: bytes(range(128, 256)),
    "another run's record": lambda plain, _: plain["other"],
    "of another machine class": lambda plain, _: plain["own"] | {"machine_class": "Another"},
    "done, but without its score": lambda plain, _: plain["own"] | {"score": None},
    "JSON, but no record": lambda _, __: [1, 2, 3],
}


def _harm(path: Path, harm: Harm, *, other: str) -> None:
    text = path.read_text()
    plain = {"own": json.loads(text), "other": {**json.loads(text), "run_id": other}}
    harmed = harm(plain, text)
    if isinstance(harmed, bytes):
        path.write_bytes(harmed)
    else:
        path.write_text(harmed if isinstance(harmed, str) else json.dumps(harmed))


def _words_on(err: str, run_id: str) -> str:
    """What was said of the run's record, without the way to it."""
    marker = f"{run_id}/record.json: "
    said = next((line for line in err.splitlines() if marker in line), "")
    return said.partition(marker)[2]


def _page(
    kills: list[Kill], damages: list[Damage], *, gaps_s: list[float], passed: bool
) -> Iterator[str]:
    yield "# Faults: what a sweep loses when something is killed or damaged"
    yield ""
    num_passed = sum(kill.passed for kill in kills)
    yield (
        f"{'Nothing was lost' if passed else 'SOMETHING WAS LOST'}: after {num_passed} of "
        f"{len(kills)} kills and {sum(d.passed for d in damages)} of {len(damages)} damaged "
        f"records, the sweep typed again ended with the same {NUM_RUNS} records as an undisturbed "
        "one, every score and every step's loss equal to the last bit, no finished run done "
        "again, and no process left behind."
    )
    yield ""
    yield (
        f"The sweep: torch and tf × 4 seeds, mlp on digits, 600 steps each, {sum(gaps_s):.0f} s "
        f"undisturbed, from imports and certificate to write-up. Ten SIGKILLs each, after a random "
        f"one of its {len(gaps_s) - 1} lines of progress and a random part of the time to the next "
        f"(seed {SEED}). A run here is any process forked for one, or for a certificate. Measured "
        "by `python -m tests.prove faults`."
    )
    yield ""
    yield from _table(
        ("killed", "after line", "and", "while", "left running", "exit", "records",
         "typed again: exit", "records", "done again", "equal", ""),
        [
            (k.target, k.num_lines, f"{k.delay_s:.2f} s", _short(k.under_way), k.num_survivors,
             k.first_code, k.num_before, k.again_code, k.num_after, k.num_redone,
             _yes(k.is_equal), "" if k.passed else "FAILED")
            for k in kills
        ],
    )  # fmt: skip
    yield ""
    yield (
        "`exit` is the disturbed command's own: -9 killed; 1 a run was interrupted; 2 a server "
        "or a certificate's process died before the runs; 0 nothing was under way that it needed. "
        "`done again` counts finished runs that were run a second time."
    )
    yield ""
    yield "A finished sweep with every record damaged, typed again:"
    yield ""
    yield from _table(
        ("record", "what was said of it", "run again", "equal", ""),
        [
            (d.name, f"`{d.said}`", _yes(d.is_redone), _yes(d.is_equal),
             "" if d.passed else "FAILED")
            for d in damages
        ],
    )  # fmt: skip


def _short(text: str) -> str:
    """A line of the driver's, without the hash that ends a run's id."""
    return f"`{text if len(text) < 60 else text[:57] + '…'}`"


def _yes(value: bool) -> str:
    return "yes" if value else "NO"


def _table(titles: tuple[str, ...], rows: list[tuple[object, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |"
