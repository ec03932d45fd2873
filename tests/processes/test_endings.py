"""A process's end is told by its own error, not by what its log happens to end with."""

import subprocess
import sys

import pytest

from fwexp.processes.endings import error_line, why_it_ended


def log_of(code: str) -> tuple[int, str]:
    """The exit code and the output of a Python process."""
    command = [sys.executable, "-X", "faulthandler", "-c", code]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


GROUP = "ExceptionGroup: several (2 sub-exceptions)"
AT_EXIT = "import atexit; atexit.register(print, 'I0000 a library: closing'); "


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (AT_EXIT + "raise ValueError('too bad\\nand more')", "ValueError: too bad"),
        (
            AT_EXIT + "import json; json.loads('x')",
            "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        ),
        (
            "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise KeyError('k')",
            "KeyError: 'k'",
        ),
        (
            "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise OSError('o') from e",
            "OSError: o",
        ),
        ("import ast; ast.parse('a b')", "SyntaxError: invalid syntax"),
        ("raise StopIteration", "StopIteration"),
        ("raise ExceptionGroup('several', [ValueError('v'), OSError('o')])", GROUP),
        (
            "class A:\n    def __del__(self):\n        raise OSError('in del')\n"
            "a = A()\nraise ValueError('the cause')",
            "ValueError: the cause",
        ),
    ],
)
def test_the_exceptions_own_line(code: str, expected: str) -> None:
    exit_code, log = log_of(code)
    assert why_it_ended(exit_code, log) == expected


def test_a_crash_in_native_code() -> None:
    code, log = log_of("import ctypes; ctypes.string_at(0)")
    assert why_it_ended(code, log) == ("killed by SIGSEGV: Fatal Python error: Segmentation fault")


def test_a_kill_is_not_explained_by_what_was_printed_before_it() -> None:
    logged = "import traceback, os, sys\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n"
    logged += "    traceback.print_exc()\nsys.stderr.flush()\nos.kill(os.getpid(), 9)"
    assert why_it_ended(*log_of(logged)) == "killed by SIGKILL"


@pytest.mark.parametrize("log", ["", "\n", "a warning, printed at exit\n"])
def test_where_nothing_is_told_the_code_is(log: str) -> None:
    assert error_line(log) == ""
    assert why_it_ended(3, log) == "exit code 3"


def test_a_traceback_that_is_cut_off_names_nothing() -> None:
    assert error_line("Traceback (most recent call last):\n  File 'x', line 1, in f\n") == ""
