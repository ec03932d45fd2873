"""What a further node does of a run, and how long it waits for the first one's record."""

import itertools
import signal

import pytest

from fwexp.processes.messages import STOPS, Interrupted
from fwexp.runs import secondary_node as module
from fwexp.runs.ranks import RankFailed
from fwexp.runs.secondary_node import run_secondary


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_S", 0.001)


def asked(times: int) -> itertools.count:
    """How often the record was looked for before it is there."""
    return itertools.count(-times)


def test_a_recorded_run_is_not_followed() -> None:
    run_secondary(lambda: pytest.fail("trained"), is_recorded=lambda: True)


def test_it_trains_and_waits_for_the_record() -> None:
    trained, looks = [], asked(3)
    run_secondary(lambda: trained.append(1), is_recorded=lambda: next(looks) >= 0)
    assert (trained, next(looks)) == ([1], 1)


def fail() -> None:
    raise RankFailed("rank 1 of 2: RuntimeError: Connection closed by peer")


def test_a_failure_is_the_first_nodes_to_record(capfd: pytest.CaptureFixture[str]) -> None:
    looks = asked(3)
    run_secondary(fail, is_recorded=lambda: next(looks) >= 0)
    assert "Connection closed by peer" in capfd.readouterr().err


def test_a_failure_of_which_no_record_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.0)
    with pytest.raises(RankFailed, match="Connection closed by peer"):
        run_secondary(fail, is_recorded=lambda: False)


def test_a_signal_ends_the_wait() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        with pytest.raises(Interrupted) as raised:
            run_secondary(lambda: signal.raise_signal(signal.SIGUSR2), is_recorded=lambda: False)
    finally:
        signal.sigwait({signal.SIGUSR2})
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert str(raised.value) == "stopped by SIGUSR2, as the first node is to be"
