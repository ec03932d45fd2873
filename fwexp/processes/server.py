"""A warm server: it imports some modules once, then forks a clean process per call.

Started by the driver as `python -m fwexp.processes.server DRIVER_PID MODULE…`; reads one call per
line on stdin, writes one event per line on stdout. It never runs anything itself, so a child is as
clean as a fresh process, and starts in about 0.01 s.
"""

import ctypes
import faulthandler
import gc
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pkgutil import resolve_name
from typing import Any, NoReturn

from fwexp.meters.memory import rss_mib
from fwexp.processes.messages import STOPS, Call, Interrupted, encode

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Be killed when the parent dies, even by SIGKILL; exit at once if it is already dead."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def serve(modules: Sequence[str], *, driver: int) -> None:
    """Import the modules, say so, and fork a child for each line until stdin ends."""
    die_with_parent(driver)
    signal.pthread_sigmask(
        signal.SIG_BLOCK, STOPS
    )  # before a library such as NumPy starts a thread
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver to handle
    events = os.dup(1)
    os.dup2(2, 1)  # nothing a library prints may be mistaken for an event
    started = time.monotonic()
    for module in modules:
        importlib.import_module(module)
    imported = {"import_s": time.monotonic() - started, "import_rss_mib": rss_mib()}
    gc.collect()
    gc.freeze()  # children then share these pages, as no collection writes to them
    os.write(events, encode({"event": "ready", **imported}))
    for line in sys.stdin.buffer:
        server, pending = os.getpid(), STOPS & signal.sigpending()
        child = os.fork()
        if child == 0:
            for number in pending:  # a fork does not inherit them
                signal.raise_signal(number)
            _be_child(Call(**json.loads(line)), imported, events, server)
        _, status = os.waitpid(child, 0)
        os.write(events, encode({"event": "ended", "code": os.waitstatus_to_exitcode(status)}))


def _be_child(call: Call, imported: dict[str, float], events: int, server: int) -> NoReturn:
    code = 1
    try:
        die_with_parent(server)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        log = os.open(call.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        faulthandler.enable()  # a crash leaves its stack in the log
        extra = {**imported, "dispatched_at": call.dispatched_at}
        function = resolve_name(call.function)
        function(call.arguments, extra, lambda event: _tell(events, event))
        code = 0
    except Interrupted as stop:
        print(stop)
        code = os.EX_TEMPFAIL
    except BaseException:  # a forked child must never return into the server's loop
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell(events: int, event: dict[str, Any]) -> None:
    try:
        os.write(events, encode(event))
    except (
        BrokenPipeError
    ):  # the driver is dead, and this process about to be: not the run's failure
        os._exit(1)


if __name__ == "__main__":
    serve(sys.argv[2:], driver=int(sys.argv[1]))
