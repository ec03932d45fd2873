"""The processes of one run on this node, one per device: forked, watched, and ended together.

The process that forks them runs nothing itself. So, whatever a rank waits for in its framework,
a dead rank is noticed, the others are killed, and the run fails.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any

from fwexp.config.schema import Config
from fwexp.processes.messages import STOPS, Interrupted
from fwexp.processes.server import die_with_parent
from fwexp.runs.nodes import Node
from fwexp.trainers.replicas import num_replicas

Work = Callable[[list[int]], Any]  # given the ranks' process ids: the first gets all the others'

POLL_S = 0.2
GRACE_S = 0.5  # for a failure's cause to arrive, if another rank reported first


class RankFailed(RuntimeError):
    """One of a run's processes failed or died, and the others were ended with it."""


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """How a rank ended, and when by time.monotonic(), as it reported itself if it could."""

    at: float
    result: Any = None
    failure: str = ""
    stopped: str = ""


@dataclass(frozen=True, kw_only=True)
class _Rank:
    name: str  # "rank 1 of 2"
    process: ForkProcess
    answer: Connection


class Unwatched:
    """The observer of a rank other than the first: it only trains."""

    def before_step(self, step: int) -> None: ...

    def after_step(self, step: int) -> None: ...


def run_in_ranks(config: Config, node: Node, work: Work) -> list[Any]:
    """What `work` returned in each of this node's ranks, in order.

    Each is a fork of this process, with the variables that torchrun would set. Raises RankFailed
    if one fails or dies, Interrupted if one was asked to stop; no rank outlives the call.
    """
    ranks: list[_Rank] = []
    try:
        for local_rank in reversed(range(config.hardware.devices)):
            others = [rank.process.pid or 0 for rank in ranks]
            place = variables(config, node, local_rank=local_rank)
            ranks.insert(0, _start(place, partial(work, others)))
        return _watch(ranks)
    finally:
        for rank in ranks:
            rank.process.kill()
        for rank in ranks:
            rank.process.join()
            rank.answer.close()


def variables(config: Config, node: Node, *, local_rank: int) -> dict[str, str]:
    """The environment that tells a rank its place, in torchrun's variables."""
    hardware = config.hardware
    numbers = {
        "RANK": node.index * hardware.devices + local_rank,
        "LOCAL_RANK": local_rank,
        "GROUP_RANK": node.index,
        "WORLD_SIZE": num_replicas(config),
        "LOCAL_WORLD_SIZE": hardware.devices,
        "GROUP_WORLD_SIZE": hardware.nodes,
        "MASTER_PORT": node.port,
        # unless it is set, Lightning chooses torch's number of threads
        "OMP_NUM_THREADS": hardware.num_threads,
    }
    found = {name: str(number) for name, number in numbers.items()}
    # otherwise gloo uses the interface of the host name, which may not resolve
    inside = {"GLOO_SOCKET_IFNAME": "lo"} if hardware.nodes == 1 else {}
    return {**found, "MASTER_ADDR": node.address, **inside}


def _start(place: dict[str, str], work: Callable[[], Any]) -> _Rank:
    context = get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_be_rank, args=(place, writer, os.getpid(), work))
    process.start()
    writer.close()  # only the rank has it: it closes with the rank
    name = f"rank {place['RANK']} of {place['WORLD_SIZE']}"
    return _Rank(name=name, process=process, answer=reader)


def _be_rank(
    place: dict[str, str], answer: Connection, parent: int, work: Callable[[], Any]
) -> None:
    die_with_parent(parent)
    os.environ.update(place)
    outcome: dict[str, Any]
    try:
        outcome = {"result": work(), "at": time.monotonic()}
    except Interrupted as stop:
        outcome = {"stopped": str(stop), "at": time.monotonic()}
    except Exception as error:  # whatever a rank raises becomes the run's failure
        outcome = {"failure": f"{type(error).__name__}: {error}", "at": time.monotonic()}
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    answer.send(_Outcome(**outcome))


def _watch(ranks: list[_Rank]) -> list[Any]:
    """The ranks' results, once all have one; RankFailed or Interrupted as soon as one fails."""
    outcomes: dict[str, _Outcome] = {}
    passed_on: set[int] = set()
    while len(outcomes) < len(ranks):
        asked = (STOPS & signal.sigpending()) - passed_on
        for number in asked:  # the first rank saves, and stops the run
            os.kill(ranks[0].process.pid or 0, number)
        passed_on |= asked
        _collect(ranks, outcomes)
        if any(outcome.failure or outcome.stopped for outcome in outcomes.values()):
            time.sleep(GRACE_S)
            _collect(ranks, outcomes)
            _give_up(outcomes)
    return [outcomes[rank.name].result for rank in ranks]


def _collect(ranks: list[_Rank], outcomes: dict[str, _Outcome]) -> None:
    """Add the outcomes that are there or arrive within a moment."""
    waiting = {rank.answer: rank for rank in ranks if rank.name not in outcomes}
    for answer in connection.wait(list(waiting), timeout=POLL_S):
        assert isinstance(answer, Connection)
        rank = waiting[answer]
        try:
            outcomes[rank.name] = answer.recv()
        except EOFError:
            rank.process.join()
            # first: the others' errors follow from it
            outcomes[rank.name] = _Outcome(at=0.0, failure=_describe_death(rank.process.exitcode))


def _give_up(outcomes: dict[str, _Outcome]) -> None:
    name, first = min(
        ((name, o) for name, o in outcomes.items() if o.failure or o.stopped),
        key=lambda found: found[1].at,
    )
    if first.stopped:
        raise Interrupted(first.stopped)
    raise RankFailed(f"{name}: {first.failure}")


def _describe_death(code: int | None) -> str:
    assert code is not None
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return f"its process was killed by {how}; the others were ended with it"
