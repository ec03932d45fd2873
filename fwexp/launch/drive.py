"""Drive a plan's runs to completion: certificates first, then block by block."""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from typing import Any

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config
from fwexp.errors import ParityError, StoreError
from fwexp.launch.imports import time_imports
from fwexp.launch.launcher import Missing, MissingRun, Outcome
from fwexp.launch.plan import Plan, PlannedRun
from fwexp.launch.progress import Display
from fwexp.launch.servers import framework_servers
from fwexp.meters.environment import commit
from fwexp.parity.audit import Auditable, audit, describe_audits, has_audits
from fwexp.parity.certify import certify, describe
from fwexp.parity.key import certificate_key
from fwexp.processes.locks import device_lock, hold
from fwexp.processes.warm_servers import ServerDied, WarmServers
from fwexp.runs.execute import RunRequest
from fwexp.store.run_folder import run_folder
from fwexp.store.store import Store

RUN, RECORD_CRASH = "fwexp.runs.execute:execute", "fwexp.runs.execute:record_crash"
# Crashes of the process itself; any other signal came from outside and interrupted a sound run.
CRASHES = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)


def drive(
    plan: Plan,
    store: Store,
    missing: Missing,
    *,
    compare: bool = True,
    stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Run what is missing of the plan; a failed or interrupted run does not stop the others.

    `stop` is asked before each run; once it is true no more are started. Raises Interrupted if it
    becomes true while waiting for the device.
    """
    todo = missing.runs
    workloads = {run.workload: run.config for run in plan.runs} if compare else {}
    frameworks = {item.run.config.framework.name for item in todo.values()}
    auditable = _auditable(plan, store) if compare else {}
    if workloads and (frameworks or not _is_checked(workloads, auditable, store)):
        frameworks = {"torch", "tf"}
    lock = device_lock(plan.first.hardware)
    with Display(len(plan.runs)) as display, ExitStack() as stack:
        for complaint in missing.complaints:
            display.say(f"{complaint}; the run is repeated")
        if frameworks:
            display.begin(f"importing {' and '.join(sorted(frameworks))}")
        # Imports would disturb another driver's timed run, so they wait for it.
        with hold(lock, on_wait=display.wait, stop=stop) if frameworks else nullcontext():
            servers = stack.enter_context(framework_servers(sorted(frameworks), logs=store.logs))
            servers.wait_ready()
            imports = time_imports(plan, todo, servers, store, say=display.begin) if compare else {}
        passed = _certify(workloads, store, servers, display)
        _perform(plan, todo, passed, imports, store, servers, display, stop)
        for key, workload in auditable.items():
            if passed[key] and not stop():
                passed[key] = _audit(workload, store, servers, display)
    return _outcome(plan, store, passed)


def has_certificate(config: Config, store: Store) -> bool:
    try:
        return store.read_certificate(certificate_key(config)) is not None
    except StoreError:
        return False  # torn: it is remade


def _auditable(plan: Plan, store: Store) -> dict[str, Auditable]:
    """By workload; one whose runs are of one framework is compared with nothing."""
    found: dict[str, list[PlannedRun]] = {}
    for run in plan.runs:
        found.setdefault(run.workload, []).append(run)
    return {
        key: Auditable(
            config=runs[0].config,
            certificate=certificate_key(runs[0].config),
            folders=[store.run(plan.machine_class, run.run_id) for run in runs],
        )
        for key, runs in found.items()
    }


def _is_checked(
    workloads: dict[str, Config], auditable: dict[str, Auditable], store: Store
) -> bool:
    """Whether every workload has its certificate, and every run its audit."""
    return all(has_certificate(config, store) for config in workloads.values()) and all(
        has_audits(workload) for workload in auditable.values()
    )


def _audit(workload: Auditable, store: Store, servers: WarmServers, display: Display) -> bool:
    """Whether no audit failed; one that cannot be made is missing, which the write-up tells."""
    try:
        audits = audit(workload, store=store, servers=servers, say=display.begin)
    except ParityError as error:
        display.say(f"{error}; its runs are not audited")
        return True
    if audits:
        display.say(describe_audits(audits, config=workload.config))
    return all(audit.failed is None for audit in audits)


def _certify(
    workloads: dict[str, Config], store: Store, servers: WarmServers, display: Display
) -> dict[str, bool]:
    """By workload, whether it may be compared: not if its certificate cannot be made."""
    passed: dict[str, bool] = {}
    for key, config in workloads.items():
        try:
            certificate = certify(config, store=store, servers=servers, say=display.begin)
        except ParityError as error:
            display.say(f"{error}; its comparison is void")
            passed[key] = False
            continue
        display.say(describe(certificate))
        passed[key] = certificate.passed
    return passed


def _perform(
    plan: Plan,
    todo: dict[str, MissingRun],
    passed: dict[str, bool],
    imports: dict[str, list[float]],
    store: Store,
    servers: WarmServers,
    display: Display,
    stop: Callable[[], bool],
) -> None:
    num_there = len(plan.runs) - len(todo)
    if num_there:
        display.say(f"{num_there} of {len(plan.runs)} runs are in the store already")
    fwexp_commit = commit() if todo else None
    for run in plan.runs:
        if run.run_id not in todo:
            display.count()
        elif not passed.get(run.workload, True):
            display.end(run.run_id, None, note="not run: its comparison is void")
        elif stop():
            display.say("asked to stop: the remaining runs are not started")
            break
        else:
            more_imports_s = imports.get(run.config.framework.name, [])
            request = _request(todo[run.run_id], plan, store, fwexp_commit, more_imports_s)
            note = _run(run, request, servers, display)
            record, _ = store.read_records(plan.machine_class, [run.run_id])
            display.end(run.run_id, record.get(run.run_id), note=note)


def _request(
    missing: MissingRun,
    plan: Plan,
    store: Store,
    fwexp_commit: str | None,
    more_imports_s: list[float],
) -> RunRequest:
    return RunRequest(
        run_id=missing.run.run_id,
        config=missing.run.config,
        sources=missing.run.sources,
        digests=missing.run.digests,
        machine_class=plan.machine_class,
        commit=fwexp_commit,
        store=str(store.path),
        replaces=missing.replaces,
        more_imports_s=more_imports_s,
    )


def _run(run: PlannedRun, request: RunRequest, servers: WarmServers, display: Display) -> str:
    """Run it in a separate process; a note if that process did not end by itself."""
    log = run_folder(request.store, request.machine_class, run.run_id).log
    display.begin(run.run_id)
    arguments: dict[str, Any] = to_plain(request)
    server = servers[run.config.framework.name]
    try:
        code = server.call(RUN, arguments, log=log, hear=display.hear)
        if -code in CRASHES:
            arguments["signal"] = signal.Signals(-code).name
            server.call(RECORD_CRASH, arguments, log=log, hear=display.hear)
            return ""
    except ServerDied as error:
        return f"interrupted: {error}"
    if code == os.EX_TEMPFAIL:
        return "interrupted by a signal; its progress is kept: type the command again to resume"
    if code < 0:
        return f"interrupted: killed by signal {-code}"
    return f"interrupted: exit code {code}, see {log}" if code else ""


def _outcome(plan: Plan, store: Store, passed: dict[str, bool]) -> Outcome:
    records, _ = store.read_records(plan.machine_class, [run.run_id for run in plan.runs])
    outcome = Outcome()
    for run in plan.runs:
        record = records.get(run.run_id)
        if not passed.get(run.workload, True):
            outcome.void.append(run.run_id)
        elif record is None:
            outcome.interrupted.append(run.run_id)
        else:
            (outcome.done if record.status == "done" else outcome.failed).append(run.run_id)
    return outcome
