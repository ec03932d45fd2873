"""`fwexp publish NAME`: the write-up as a W&B Report that stakeholders can open."""

import argparse
import os
from pathlib import Path

from fwexp.evidence.read import read_evidence
from fwexp.files import write_text
from fwexp.store.store import Store
from fwexp.tracking.wandb.service import confine_wandb, connect


def command(argv: list[str]) -> int:
    """`fwexp publish NAME`: 0, or an error that says what is missing."""
    parser = argparse.ArgumentParser(
        prog="fwexp publish",
        description="Create or update the W&B Report of a sweep that fwexp sync has uploaded.",
    )
    parser.add_argument("name", help="a sweep that has run")
    parser.add_argument("--store", default="store", metavar="DIR", help="the folder of the records")
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help="only write the Report's spec there, without a service",
    )
    given = parser.parse_args(argv)
    store = Store(given.store)
    evidence = read_evidence(store, given.name)
    from fwexp.tracking.wandb import report  # imports wandb: not for a wrong name

    project = report.project_of(evidence)
    if given.to is not None:
        entity, ids = os.environ.get("WANDB_ENTITY", ""), report.wandb_ids(store, evidence)
        built = report.build_report(evidence, wandb_ids=ids, entity=entity, project=project)
        write_text(given.to, report.spec_text(built))
        print(f"spec: {given.to}")
        return 0
    confine_wandb(os.environ, folder=store.path / "wandb", online=True)
    url = report.publish(store, evidence, service=connect(project=project))
    print(f"report: {url}")
    return 0
