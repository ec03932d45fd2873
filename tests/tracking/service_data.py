"""What the stand-in of the W&B service keeps, and the operations that it knows."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ENTITY = "team"
Plain = dict[str, Any]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@dataclass(kw_only=True)
class StoredRun:
    """A run as the service has it; `rows` are those of its history, by their place."""

    entity: str
    project: str
    name: str  # what the client calls the run's id
    fields: Plain = field(default_factory=dict)  # group, jobType, displayName, tags
    config: Plain = field(default_factory=dict)
    summary: Plain = field(default_factory=dict)
    rows: list[Plain] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)  # by row, when it is, as of time.monotonic()
    files: dict[str, bytes] = field(default_factory=dict)
    state: str = "running"

    def node(self) -> Plain:
        """The run as GraphQL's fields; a field that is not here is null."""
        rows = self.rows[: sum(at <= time.monotonic() for at in self.counted)]
        project = {"id": self.project, "name": self.project, "entity": {"name": self.entity}}
        return {
            "id": encoded(f"Run:v1:{self.name}:{self.project}:{self.entity}"),
            "projectId": "1",
            "name": self.name,
            "state": self.state,
            "readOnly": False,
            "createdAt": "2026-01-01T00:00:00Z",
            "config": json.dumps(self.config),
            "summaryMetrics": json.dumps(self.summary),
            "systemMetrics": "{}",
            "historyLineCount": len(rows),
            "historyKeys": {"lastStep": max((r["_step"] for r in rows), default=-1)},
            "historyTail": json.dumps([json.dumps(row) for row in rows[-1:]]),
            "eventsLineCount": 0,
            "eventsTail": "[]",
            "logLineCount": 0,
            "project": project,
            "user": {"name": "Lead", "username": "lead"},
            **self.fields,
        }


@dataclass(kw_only=True)
class Data:
    """Everything that was sent, and what was wrong with it."""

    runs: dict[tuple[str, str, str], StoredRun] = field(default_factory=dict)
    views: dict[str, Plain] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    late_s: float = 0.0  # rows that are taken count so much later
    num_resent: int = 0  # rows that came again, at the same place

    def perform(self, operation: str, given: Plain) -> Plain | None:
        """The operation's answer, with more fields than any client asks for; None: unknown."""
        known = OPERATIONS.get(operation)
        if known is None:
            self.problems.append(f"the client asked for an unknown operation: {operation}")
            return None
        return known(self, given)

    def find(self, given: Plain) -> StoredRun | None:
        name = given.get("name") or given.get("run") or given.get("runName")
        return self.runs.get((given["entity"] or ENTITY, given["project"], str(name)))

    def stream(self, run: StoredRun, body: Plain) -> None:
        """Take what a client sends of a running run; its offsets are those of the real service."""
        for name, part in body.get("files", {}).items():
            if name == "wandb-history.jsonl":
                self._take_rows(run, part["offset"], [json.loads(line) for line in part["content"]])
            elif name == "wandb-summary.json":
                run.summary = json.loads(part["content"][-1])
        if body.get("complete"):
            run.state = "finished" if body.get("exitcode") == 0 else "failed"

    def _take_rows(self, run: StoredRun, offset: int, rows: list[Plain]) -> None:
        before = run.rows[offset : offset + len(rows)]
        if offset > len(run.rows):
            self.problems.append(f"{run.name}: rows from {offset} on, after {len(run.rows)}")
        if any(a != b for a, b in zip(before, rows, strict=False)):
            self.problems.append(f"{run.name}: other rows over those from {offset} on")
        run.rows[offset : offset + len(rows)] = rows
        self.num_resent += len(before)
        run.counted += [time.monotonic() + self.late_s] * (len(run.rows) - len(run.counted))


def _upsert_run(data: Data, given: Plain) -> Plain:
    key = (given.get("entity") or ENTITY, given["project"], given["name"])
    inserted = key not in data.runs
    run = data.runs.setdefault(key, StoredRun(entity=key[0], project=key[1], name=key[2]))
    if inserted or given.get("groupName"):
        run.fields = {
            "group": given.get("groupName"),
            "jobType": given.get("jobType"),
            "displayName": given.get("displayName"),
            "tags": given.get("tags") or [],
        }
    run.config = json.loads(given.get("config") or "null") or run.config
    run.summary = json.loads(given.get("summaryMetrics") or "null") or run.summary
    return {"upsertBucket": {"bucket": run.node(), "inserted": inserted}}


def _resume(data: Data, given: Plain) -> Plain:
    run = data.find(given)
    return {"model": {"name": given["project"], "bucket": run.node() if run else None}}


def _run(data: Data, given: Plain) -> Plain:
    run = data.find(given)
    return {"project": {"run": run.node() if run else None, "internalId": "1"}}


def _runs(data: Data, given: Plain) -> Plain:
    own = [r for r in data.runs.values() if (r.entity, r.project) == _place(given)]
    filters = json.loads(given.get("filters") or "{}")
    found = [run.node() for run in own if _matches(run.node(), filters)]
    start, count = int(given.get("cursor") or 0), given.get("perPage") or 50
    page = [
        {"node": node, "cursor": str(start + i + 1)}
        for i, node in enumerate(found[start : start + count])
    ]
    info = {"endCursor": str(start + count), "hasNextPage": start + count < len(found)}
    runs = {"edges": page, "pageInfo": info}
    if not own:
        return {"project": None}
    return {"project": {"internalId": "1", "readOnly": False, "runCount": len(found), "runs": runs}}


def _place(given: Plain) -> tuple[str, str]:
    return given.get("entity") or ENTITY, given["project"]


def _matches(node: Plain, filters: Plain) -> bool:
    """The few of MongoDB's words that our clients use."""
    for key, wanted in filters.items():
        if key == "$and":
            holds = all(_matches(node, part) for part in wanted)
        elif isinstance(wanted, dict):
            ((word, values),) = wanted.items()
            holds = {"$in": node[key] in values}[word]
        else:
            holds = node[key] == wanted
        if not holds:
            return False
    return True


def _history(data: Data, given: Plain) -> Plain:
    run = data.find(given)
    assert run is not None
    spec = json.loads(given["spec"]) if "spec" in given else {}
    low = spec.get("minStep", given.get("minStep", 0))
    high = spec.get("maxStep", given.get("maxStep", 1 << 60))
    keys = spec.get("keys", [])
    rows = [r for r in run.rows if low <= r["_step"] < high and all(k in r for k in keys)]
    if keys:
        rows = [{k: r[k] for k in keys} for r in rows]
        return {"project": {"run": {"sampledHistory": [rows]}}}
    return {"project": {"run": {"history": [json.dumps(row) for row in rows]}}}


def _live_history(data: Data, given: Plain) -> Plain:
    run = data.find(given)
    history = {"parquetUrls": [], "liveData": list(run.rows) if run else []}
    return {"project": {"run": {"parquetHistory": history}}}


def _create_files(_: Data, given: Plain) -> Plain:
    place = f"{given['entity'] or ENTITY}/{given['project']}/{given['run']}"
    files = [{"name": name, "uploadUrl": f"/storage/{place}/{name}"} for name in given["files"]]
    return {"createRunFiles": {"runID": given["run"], "uploadHeaders": [], "files": files}}


def _viewer(_: Data, __: Plain) -> Plain:
    teams = {"edges": [{"node": {"name": ENTITY}}]}
    viewer = {"id": encoded("User:1"), "entity": ENTITY, "username": "lead", "name": "Lead"}
    return {"viewer": {**viewer, "email": "", "flags": "{}", "teams": teams, "admin": False}}


def _projects(data: Data, _: Plain) -> Plain:
    names = dict.fromkeys((entity, project) for entity, project, _ in data.runs)
    nodes = [
        {
            "__typename": "Project",
            "id": str(number),
            "name": project,
            "entityName": entity,
            "createdAt": "2026-01-01T00:00:00Z",
            "isBenchmark": False,
        }
        for number, (entity, project) in enumerate(names)
    ]
    page = {"__typename": "PageInfo", "endCursor": None, "hasNextPage": False}
    return {"models": {"pageInfo": page, "edges": [{"node": node} for node in nodes]}}


def _upsert_view(data: Data, given: Plain) -> Plain:
    view_id = given.get("id") or encoded(f"View:{len(data.views) + 1}")
    project = {"id": "1", "name": given["projectName"], "entityName": given["entityName"]}
    data.views[view_id] = {**given, "id": view_id, "name": view_id, "project": project}
    return {"upsertView": {"view": data.views[view_id], "inserted": not given.get("id")}}


OPERATIONS: dict[str, Callable[[Data, Plain], Plain]] = {
    "Viewer": _viewer,
    "GetViewer": _viewer,
    "GetDefaultEntity": _viewer,
    "ServerFeaturesQuery": lambda _, __: {"serverInfo": {"features": []}},
    "OrganizationCoreWeaveOrganizationID": lambda _, __: {"entity": {"organization": None}},
    "UpsertBucket": _upsert_run,
    "RunResumeStatus": _resume,
    "CreateRunFiles": _create_files,
    "Run": _run,
    "Runs": _runs,
    "RunFullHistory": _history,
    "HistoryPage": _history,
    "SampledHistoryPage": _history,
    "RunParquetHistory": _live_history,
    "RunHistoryKeys": _run,
    "GetProjects": _projects,
    "ProjectInternalId": lambda _, __: {"project": {"id": "1", "internalId": "1"}},
    "upsertView": _upsert_view,
    "SpecificReport": lambda data, given: {"view": data.views.get(given["reportId"])},
}
