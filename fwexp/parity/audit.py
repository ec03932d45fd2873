"""Audit runs: each framework replays steps of the other's, and scores its final weights."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config
from fwexp.errors import ParityError, StoreError
from fwexp.files import read_json
from fwexp.parity.protocol import for_framework
from fwexp.parity.replay import Replays
from fwexp.processes.warm_servers import ServerDied, WarmServers
from fwexp.store.audit import Audit
from fwexp.store.record import RunRecord
from fwexp.store.run_folder import RunFolder
from fwexp.store.store import Store

REPLAY = "fwexp.parity.replay:replay"
OTHER = {"torch": "tf", "tf": "torch"}
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Auditable:
    """A workload whose runs can be audited: its implementations have been certified."""

    config: Config
    certificate: str  # its key
    folders: list[RunFolder]  # of its runs, both frameworks'


def audit(
    workload: Auditable, *, store: Store, servers: WarmServers, say: Say, again: bool = False
) -> list[Audit]:
    """The audits of the workload's finished runs; those there already are kept unless `again`.

    Raises ParityError where a replay itself breaks down.
    """
    found, todo = list[Audit](), dict[str, list[tuple[RunFolder, RunRecord]]]()
    for folder, record in _finished(workload.folders):
        known = None if again else _known(folder, record, certificate=workload.certificate)
        if known is None:
            todo.setdefault(record.config.framework.name, []).append((folder, record))
        else:
            found.append(known)
    for framework, runs in todo.items():
        replayed_by = OTHER[framework]
        say(f"auditing {len(runs)} {framework} runs of {workload.config.model.name} …")
        config = for_framework(workload.config, replayed_by)
        checks = _replay(config, [folder for folder, _ in runs], store, servers).checks
        for folder, record in runs:
            made = Audit(
                run_id=folder.run_id,
                finished_at=record.finished_at,
                certificate=workload.certificate,
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                steps=folder.samples.steps(),
                checks=checks[folder.run_id],
            )
            folder.write_audit(made)
            found.append(made)
    return found


def has_audits(workload: Auditable) -> bool:
    """Whether nothing is left to audit."""
    return all(
        _known(folder, record, certificate=workload.certificate)
        for folder, record in _finished(workload.folders)
    )


def describe_audits(audits: Iterable[Audit], *, config: Config) -> str:
    """One line: all passed, or the first check that failed."""
    audits = list(audits)
    failed = [(audit, audit.failed) for audit in audits if audit.failed]
    title = f"audit of {config.model.name} × {config.optimizer.name} × {config.data.name}"
    if not failed:
        num_steps = sum(len(audit.steps) for audit in audits)
        return f"{title}: passed, {len(audits)} runs, {num_steps} steps replayed"
    first, check = failed[0]
    assert check
    return f"{title}: FAILED in {len(failed)} of {len(audits)} runs: {first.run_id}, {check.text()}"


def _finished(folders: Iterable[RunFolder]) -> Iterator[tuple[RunFolder, RunRecord]]:
    """The runs that are done and have kept something to audit."""
    for folder in folders:
        try:
            record = folder.read_record()
        except StoreError:  # named where records are read
            continue
        if record and record.status == "done" and folder.samples.path.exists():
            yield folder, record


def _known(folder: RunFolder, record: RunRecord, *, certificate: str) -> Audit | None:
    """The audit of this very record, by these very implementations."""
    try:
        found = folder.read_audit()
    except StoreError:  # torn: made again
        return None
    if found is None or found.finished_at != record.finished_at:
        return None
    return found if found.certificate == certificate else None


def _replay(
    config: Config, folders: list[RunFolder], store: Store, servers: WarmServers
) -> Replays:
    framework, model = config.framework.name, config.model.name
    with tempfile.TemporaryDirectory(prefix="fwexp-audit-") as folder:
        to = Path(folder) / "replays.json"
        log = store.logs / f"audit-{framework}-{model}-{Path(folder).name.rpartition('-')[2]}.log"
        arguments = {
            "config": to_plain(config),
            "folders": [str(folder.path) for folder in folders],
            "to": str(to),
        }
        try:
            code = servers[framework].call(REPLAY, arguments, log=log, hear=lambda _: None)
        except ServerDied as error:
            raise ParityError(f"audit of {model}: {error}") from error
        replays = read_json(to, Replays, what="replays")
        if code != 0 or replays is None:
            raise ParityError(f"audit of {model}: the replay by {framework} failed; see {log}")
        log.unlink()
    return replays
