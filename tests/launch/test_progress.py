"""What a person sees while runs go on."""

from dataclasses import replace

import pytest

from fwexp.launch.progress import Display
from fwexp.store.record import Failure
from tests.store.test_store import DONE, FAILED


def test_a_log_gets_a_line_for_each_thing(capsys: pytest.CaptureFixture[str]) -> None:
    with Display(4) as display:
        display.begin("importing torch")
        display.hear({"event": "progress", "step": 3, "num_steps": 6})
        display.hear({"event": "waiting"})
        display.count()
        display.end("r1", DONE)
        display.end("r2", FAILED)
        display.end("r3", None, note="interrupted: killed by signal 9")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "importing torch",
        "waiting for another run on this device to finish; the wait is not timed",
        "[2/4] r1: 50 % accuracy, 2.5 s, 10 images/s",
        "[3/4] r2: FAILED: E: m",
        "[4/4] r3: interrupted: killed by signal 9",
    ]


@pytest.mark.parametrize(("message", "shown"), [("", "E:"), ("[a]\nb", "E: [a]")])
def test_a_failure_is_shown_by_its_first_line(
    capsys: pytest.CaptureFixture[str], message: str, shown: str
) -> None:
    failure = Failure(kind="E", message=message, traceback="")
    with Display(1) as display:
        display.end("r", replace(FAILED, failure=failure))
    assert capsys.readouterr().err == f"[1/1] r: FAILED: {shown}\n"


def test_a_run_without_a_record_was_interrupted(capsys: pytest.CaptureFixture[str]) -> None:
    with Display(1) as display:
        display.end("r", None)
    assert capsys.readouterr().err == "[1/1] r: interrupted, no record\n"
