"""A stand-in of the W&B service on loopback, driven by the real client alone."""

import gzip
import json
import math
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from graphql import FieldNode, FragmentSpreadNode, OperationDefinitionNode, parse
from graphql.language import DocumentNode, SelectionSetNode

from tests.tracking.service_data import Data, Plain, StoredRun, encoded

KEY = "0123456789abcdef0123456789abcdef01234567"  # of 40 characters, as the client wants
METRICS = "/sdk/otel/"  # the client's own, which nobody needs
EMPTY: Mapping[str, str] = {}


@dataclass(kw_only=True)
class Fault:
    """What goes wrong with requests, `times` times or until it is taken away."""

    kind: str  # hang | drop | slow | lost: taken, but not answered | a status, as 403, 429 or 500
    only: str = ""  # a part of the path or content that it spoils; any without
    times: int | None = None
    after_rows: int = 0  # of all runs together: the fault begins when they are stored
    after_requests: int = 0  # or when so many were answered
    seen: int = 0
    slow_s: float = 0.2
    retry_after_s: int | None = None  # what a status asks the client to wait
    met: int = 0  # how many requests it has spoilt


@dataclass(kw_only=True)
class Service:
    """The service: what it keeps, its address, and the fault that is on."""

    data: Data = field(default_factory=Data)
    port: int = 0
    fault: Fault | None = None
    requests: list[str] = field(default_factory=list)  # the operations and paths, in order
    asked_at: float = math.inf  # the first request, on the clock of files
    lock: threading.RLock = field(default_factory=threading.RLock)
    released: threading.Event = field(default_factory=threading.Event)
    _http: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a user's environment would hold."""
        return {"WANDB_BASE_URL": self.url, "WANDB_API_KEY": KEY, "NO_PROXY": "127.0.0.1"}

    def runs(self) -> dict[str, StoredRun]:
        """Its runs by their id, of whichever entity and project."""
        with self.lock:
            return {name: run for (_, _, name), run in self.data.runs.items()}

    def num_rows(self) -> int:
        with self.lock:
            return sum(len(run.rows) for run in self.data.runs.values())

    def has_open_runs(self) -> bool:
        """Whether there are runs that have not ended."""
        return any(run.state == "running" for run in self.runs().values())

    def start(self) -> None:
        """Listen, at the same port as before where there was one."""
        handler = type("Handler", (_Handler,), {"service": self})
        self._http = _Http(("127.0.0.1", self.port), handler)
        self._http.service = self
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def refuse(self) -> None:
        """Stop listening: connections are refused until `start`."""
        self.released.set()
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def recover(self) -> None:
        """Take the fault away; whoever hangs is let go."""
        self.fault = None
        self.released.set()
        self.released = threading.Event()

    def spoil(self, request: str) -> Fault | None:
        """The fault that a request meets."""
        with self.lock:
            self.asked_at = min(self.asked_at, time.time())
            fault = self.fault
            if fault is None or fault.only not in request or self.num_rows() < fault.after_rows:
                return None
            fault.seen += 1
            if fault.seen <= fault.after_requests:
                return None
            if fault.times is not None and fault.met >= fault.times:
                return None
            fault.met += 1
            return fault


class _Http(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    service: Service

    def handle_error(self, *_: object) -> None:
        """A client that was killed has left its connection; anything else fails the test."""
        if not isinstance(error := sys.exception(), ConnectionError):
            self.service.data.problems.append(f"the stand-in broke: {error!r}")


class _Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"
    is_mute = False  # its answer is lost

    def do_POST(self) -> None:
        body = self._body()
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if not self._survives_fault(body.decode()) or not self._has_key():
            return
        with self.service.lock:
            if self.path == "/graphql":
                self._answer_graphql(json.loads(body))
            elif self.path.endswith("/file_stream"):
                self._answer_stream(json.loads(body))
            else:
                self._unknown()

    def do_PUT(self) -> None:
        body = self._body()
        if not self._survives_fault():
            return
        with self.service.lock:
            _, _, entity, project, run, name = self.path.split("/", 5)
            self.service.data.runs[entity, project, run].files[name] = body
            self._reply(200, {})

    def _body(self) -> bytes:
        """What the client sends; ConnectionResetError where it was killed in the middle."""
        num_bytes = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(num_bytes)
        if len(body) < num_bytes:
            raise ConnectionResetError
        return body

    def do_GET(self) -> None:
        if self._survives_fault():
            if self.path == "/":
                self._reply(200, {})
            else:
                self._unknown()

    def _survives_fault(self, content: str = "") -> bool:
        fault = self.service.spoil(self.path + content)
        if fault is None:
            return True
        if fault.kind == "slow":
            time.sleep(fault.slow_s)
            return True
        if fault.kind == "lost":
            self.is_mute = self.close_connection = True
            return True
        if fault.kind.isdigit():
            wait = fault.retry_after_s
            headers = EMPTY if wait is None else {"Retry-After": str(wait)}
            self._reply(int(fault.kind), {"error": "as the test wants it"}, headers)
        else:
            if fault.kind == "hang":
                self.service.released.wait(600)
            self.close_connection = True
        return False

    def _has_key(self) -> bool:
        """Whether the client said who it is, but for its own metrics."""
        told = self.headers.get("Authorization", "")
        if told == f"Basic {encoded(f'api:{KEY}')}" or self.path.startswith(METRICS):
            return True
        self.service.data.problems.append(f"{self.path}: no key, or another")
        self._reply(401, {})
        return False

    def _answer_graphql(self, body: Plain) -> None:
        document = parse(body["query"])
        operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        name = operation.name.value if operation.name else ""
        self.service.requests.append(name)
        whole = self.service.data.perform(name, body.get("variables") or {})
        if whole is None:
            self._reply(400, {"errors": [{"message": f"unknown: {name}"}]})
            return
        if name == "CreateRunFiles":
            for file in whole["createRunFiles"]["files"]:
                file["uploadUrl"] = self.service.url + file["uploadUrl"]
        self._reply(200, {"data": _selected(whole, operation.selection_set, document)})

    def _answer_stream(self, body: Plain) -> None:
        self.service.requests.append("file_stream")
        _, _, entity, project, name, _ = self.path.split("/")
        self.service.data.stream(self.service.data.runs[entity, project, name], body)
        self._reply(200, {"exitcode": None, "limits": {}})

    def _unknown(self) -> None:
        if not self.path.startswith(METRICS):
            self.service.data.problems.append(f"the client asked for an unknown {self.path}")
        self._reply(404, {})

    def _reply(self, status: int, plain: Any, headers: Mapping[str, str] = EMPTY) -> None:
        if self.is_mute:
            return
        content = json.dumps(plain).encode()
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client was killed meanwhile

    def log_message(self, *_: object) -> None:
        pass


def _selected(node: Any, selection: SelectionSetNode | None, document: DocumentNode) -> Any:
    """The fields that the query names; those that the stand-in does not have are null."""
    if selection is None or node is None:
        return node
    if isinstance(node, list):
        return [_selected(item, selection, document) for item in node]
    chosen: dict[str, Any] = {}
    for part in selection.selections:
        if isinstance(part, FieldNode):
            name = part.alias.value if part.alias else part.name.value
            chosen[name] = _selected(node.get(part.name.value), part.selection_set, document)
        elif isinstance(part, FragmentSpreadNode):
            (fragment,) = (
                d for d in document.definitions if getattr(d, "name", None) is not None
                and d.name.value == part.name.value
            )  # fmt: skip
            chosen |= _selected(node, fragment.selection_set, document)
        else:  # an inline fragment
            chosen |= _selected(node, part.selection_set, document)
    return chosen


@contextmanager
def serve() -> Iterator[Service]:
    """The service until the test ends, which fails if the client did what it does not know."""
    service = Service()
    service.start()
    try:
        yield service
    finally:
        service.refuse()
    assert service.data.problems == []
