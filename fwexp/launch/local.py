"""Warm servers on this machine: one a framework, and a forked process for each task."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from fwexp.errors import FwexpError
from fwexp.runs.task import Task, encode

Hear = Callable[[dict[str, Any]], None]


class ServerDied(FwexpError):
    """The warm server ended while it was starting or had a task."""


class WarmServer:
    """One framework's server; `perform` starts it anew if it has died."""

    def __init__(self, framework: str, *, log: Path) -> None:
        self.framework = framework
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False

    def start(self) -> None:
        """Begin to import the framework, without waiting for it."""
        self.close()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        environment |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                # -P: the folder it is typed in stays where the driver has it on its path
                [sys.executable, "-P", "-m", "fwexp.runs.server", self.framework, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
            )
        self._ready = False

    def wait_ready(self) -> None:
        """Until the framework is imported; raises ServerDied when that fails."""
        if self._process is None or self._process.poll() is not None:
            self.start()
        while not self._ready:
            self._ready = self._hear()["event"] == "ready"

    def perform(self, job: str, arguments: dict[str, Any], *, log: Path, hear: Hear) -> int:
        """The exit code of a fresh process that did the job; negative: killed by that signal."""
        self.wait_ready()
        log.parent.mkdir(parents=True, exist_ok=True)
        task = Task(job=job, arguments=arguments, log=str(log), dispatched_at=time.monotonic())
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(encode(asdict(task)))
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._death() from error
        try:
            while (event := self._hear())["event"] != "ended":
                hear(event)
        except BaseException:
            self.close()  # what this task still tells is not for the next one
            raise
        return int(event["code"])

    def close(self, *, has_died: bool = False) -> None:
        """End the server, and with it whatever it still runs; its log goes unless it has died."""
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
        last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
        words = "".join(f": {line}" for line in last)
        return ServerDied(
            f"the {self.framework} server died{words}; the whole of it is in {self.log}"
        )


class WarmServers:
    """The servers of one command; all end when it does."""

    def __init__(self, frameworks: list[str], *, logs: Path) -> None:
        mine = f"{socket.gethostname()}-{os.getpid()}"  # jobs on many nodes share the folder
        self._servers = {f: WarmServer(f, log=logs / f"server-{f}-{mine}.log") for f in frameworks}

    def __getitem__(self, framework: str) -> WarmServer:
        return self._servers[framework]

    def __enter__(self) -> Self:
        for server in self._servers.values():
            server.start()
        return self

    def wait_ready(self) -> None:
        """Until every framework is imported, so that no import disturbs a timed run."""
        for server in self._servers.values():
            server.wait_ready()

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.close()
