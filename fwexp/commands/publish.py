"""`fwexp publish NAME`: the write-up as a W&B Report that stakeholders can open."""

import argparse
import json
import os
from contextlib import suppress
from pathlib import Path

from fwexp.evidence.assess import Evidence
from fwexp.evidence.read import read_evidence
from fwexp.store.files import write_json, write_text
from fwexp.store.store import Store
from fwexp.tracking.ledger import open_ledger
from fwexp.tracking.marker import wandb_id
from fwexp.tracking.offline import confine_wandb
from fwexp.tracking.service import PROJECT, Service, ServiceError, connect, told_as_service_errors


def command(argv: list[str]) -> int:
    """`fwexp publish NAME`: 0, or an error that says what is lacking."""
    parser = argparse.ArgumentParser(
        prog="fwexp publish",
        description="Make the W&B Report of a sweep that fwexp sync has uploaded, or renew it.",
    )
    parser.add_argument("name", help="a sweep that has run")
    parser.add_argument("--store", default="store", metavar="DIR", help="where the records lie")
    parser.add_argument(
        "--to", type=Path, metavar="FILE", help="write the Report's spec there; no service is asked"
    )
    given = parser.parse_args(argv)
    store = Store(given.store)
    evidence = read_evidence(store, given.name)
    project = _project(evidence)
    if given.to is not None:
        write_text(given.to, _spec(store, evidence, project))
        print(f"spec: {given.to}")
        return 0
    confine_wandb(os.environ, folder=store.path / "wandb", online=True)
    service = connect(project=project)
    _publish(store, evidence, service)
    return 0


def _project(evidence: Evidence) -> str:
    workloads = evidence.manifest.workloads.values()
    return next((workload.config.tracking.project for workload in workloads), PROJECT)


def _spec(store: Store, evidence: Evidence, project: str) -> str:
    from fwexp.tracking.report_spec import build_report, spec_text

    ids, entity = _wandb_ids(store, evidence), os.environ.get("WANDB_ENTITY", "")
    report = build_report(evidence, wandb_ids=ids, entity=entity, project=project)
    return spec_text(report)


def _publish(store: Store, evidence: Evidence, service: Service) -> None:
    """Make the Report, or renew the one that was noted, and tell its address."""
    from fwexp.tracking.report_spec import build_report

    name, ids = evidence.manifest.name, _wandb_ids(store, evidence)
    lacking = set(ids.values()) - set(service.find(ids.values()))
    if lacking:
        raise ServiceError(
            f"{service.url}/{service.path} lacks {len(lacking)} of the {len(ids)} runs of {name}: "
            f"type fwexp sync {name} first"
        )
    report = build_report(evidence, wandb_ids=ids, entity=service.entity, project=service.project)
    note = open_ledger(store.path, service=service).folder / f"report-{name}.json"
    with suppress(FileNotFoundError, ValueError, KeyError):  # none yet, or torn: it is a new one
        report.id = json.loads(note.read_text())["id"]
    with told_as_service_errors(service.url):
        report.save()
    print(f"report: {report.url}")
    write_json(note, {"id": report.id, "url": report.url})


def _wandb_ids(store: Store, evidence: Evidence) -> dict[str, str]:
    """What W&B calls the runs that have a record, by run id."""
    machine_class = evidence.manifest.machine_class
    runs = [
        run.run_id for workload in evidence.workloads for run in workload.runs if run.has_record
    ]
    return {run_id: wandb_id(store.run(machine_class, run_id).path) for run_id in runs}
