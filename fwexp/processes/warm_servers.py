"""Warm servers on this machine, and a forked process per call."""

import json
import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from fwexp.errors import FwexpError
from fwexp.processes.endings import error_line
from fwexp.processes.messages import Call, encode

Hear = Callable[[dict[str, Any]], None]
# What every server runs with, besides the driver's variables.
SERVER_VARIABLES = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}


class ServerDied(FwexpError):
    """The warm server died while starting or working on a call."""


class WarmServer:
    """A server that has imported some modules; `call` restarts it if it has died."""

    def __init__(self, name: str, modules: Sequence[str], *, log: Path) -> None:
        self.name = name
        self.modules = modules
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False
        self.import_s = math.nan  # until it is ready

    def start(self) -> None:
        """Start importing the modules, without waiting."""
        self.close()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        environment |= SERVER_VARIABLES
        # -P: the working directory stays where the driver has it on its path
        command = [sys.executable, "-P", "-m", "fwexp.processes.server", str(os.getpid())]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *self.modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
            )
        self._ready = False

    def wait_ready(self) -> None:
        """Wait until the modules are imported; raises ServerDied if that fails."""
        if self._process is None or self._process.poll() is not None:
            self.start()
        while not self._ready:
            event = self._hear()
            self._ready = event["event"] == "ready"
            self.import_s = event["import_s"]

    def call(self, function: str, arguments: dict[str, Any], *, log: Path, hear: Hear) -> int:
        """The exit code of a fresh process that made the call; negative: killed by that signal."""
        self.wait_ready()
        log.parent.mkdir(parents=True, exist_ok=True)
        call = Call(
            function=function, arguments=arguments, log=str(log), dispatched_at=time.monotonic()
        )
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(encode(asdict(call)))
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._death() from error
        try:
            while (event := self._hear())["event"] != "ended":
                hear(event)
        except BaseException:
            self.close()  # this call's remaining events are not for the next one
            raise
        return int(event["code"])

    def time_import(self) -> float:
        """The seconds in which another fresh process imports the same modules."""
        other = WarmServer(self.name, self.modules, log=self.log.with_suffix(".import.log"))
        try:
            other.wait_ready()
        finally:
            other.close()
        return other.import_s

    def close(self, *, has_died: bool = False) -> None:
        """End the server and whatever it still runs; its log is removed unless it died."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
            if not has_died:
                self.log.unlink(missing_ok=True)

    def _hear(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._death()
        event: dict[str, Any] = json.loads(line)
        return event

    def _death(self) -> ServerDied:
        self.close(has_died=True)
        told = error_line(self.log.read_text(errors="replace"))
        words = f"the {self.name} server died: {told}" if told else f"the {self.name} server died"
        return ServerDied(f"{words}; see {self.log}")


class WarmServers:
    """The servers of one command; all end when it does."""

    def __init__(self, modules: Mapping[str, Sequence[str]], *, logs: Path) -> None:
        mine = f"{socket.gethostname()}-{os.getpid()}"  # jobs on several nodes share the folder
        self._servers = {
            name: WarmServer(name, imports, log=logs / f"server-{name}-{mine}.log")
            for name, imports in modules.items()
        }

    def __getitem__(self, name: str) -> WarmServer:
        return self._servers[name]

    def __enter__(self) -> Self:
        return self

    def wait_ready(self) -> None:
        """Import all modules, one server after another: no import disturbs a timed run, or the
        time of another import."""
        for server in self._servers.values():
            server.wait_ready()

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.close()
