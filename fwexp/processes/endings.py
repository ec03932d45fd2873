"""Why a process ended, from its exit code and its log."""

import re
import signal

HEADER = re.compile(r"(?P<margin>[ |+-]*?)(Exception Group )?Traceback \(most recent call last\):$")
FATAL = "Fatal Python error: "  # faulthandler's, of a crash in native code
HARMLESS = ("Exception ignored ", "--- Logging error ---")  # before a traceback that ends nothing


def why_it_ended(code: int, log: str) -> str:
    """The error that a failed process's log tells, with the signal that killed it, if one did.

    `code` is its exit code, negative where a signal killed it; `log` all that it printed.
    """
    told = error_line(log)
    if code >= 0:
        return told or f"exit code {code}"
    killed = f"killed by {signal.Signals(-code).name}"
    return f"{killed}: {told}" if told.startswith(FATAL) else killed


def error_line(log: str) -> str:
    """The first line of the exception whose traceback a log shows last, or the crash it tells.

    Empty where there is neither: what else was printed, at exit too, is no cause.
    """
    lines = log.splitlines()
    found = ""
    for k, line in enumerate(lines):
        header = HEADER.match(line)
        if line.startswith(FATAL):
            found = line
        elif header and not (k and lines[k - 1].startswith(HARMLESS)):
            found = _raised(lines[k + 1 :], margin=len(header["margin"])) or found
    return found


def _raised(lines: list[str], *, margin: int) -> str:
    """The first line after a traceback's frames, which are indented."""
    own = (line[margin:] for line in lines)
    return next((line.strip() for line in own if line.strip() and not line.startswith(" ")), "")
