"""The certificate's gate: whether a workload may be compared at all, and if not, why."""

import math

from fwexp.evidence.aggregate import Workload
from fwexp.store.certificate import Certificate, Stage


def certificates_for(workload: Workload, certificates: list[Certificate]) -> list[Certificate]:
    """The certificates that stand for this workload's model, optimizer, data and precision."""
    groups = ("model", "optimizer", "data", "precision")
    wanted = tuple(workload.config[group]["name"] for group in groups)
    named = [c for c in certificates if (c.model, c.optimizer, c.data, c.precision) == wanted]
    counts = {run.record.num_parameters for run in workload.runs if run.record} - {None}
    # one model in two widths has two certificates of one name: the parameter count tells them apart
    same_size = [c for c in named if c.num_parameters in counts]
    return same_size or [c for c in named if not counts or not c.passed]


def why_void(workload: Workload, certificates: list[Certificate]) -> str:
    """Why nothing may be compared, with stage, block and amount; empty where it may, and where
    one framework ran alone: there is nothing to compare."""
    if workload.only:
        return ""
    own = certificates_for(workload, certificates)
    if not own:
        return "no parity certificate: the two implementations are not shown to be the same"
    return "; ".join(tell_failure(c) for c in own if not c.passed)


def tell_failure(certificate: Certificate) -> str:
    """The first stage of a certificate that failed: where, by how much, against which tolerance.

    The later ones may follow from it; the page's table has them all.
    """
    failed = next((stage for stage in certificate.stages if not stage.passed), None)
    return f"parity certificate failed: {_tell_stage(failed) if failed else 'no stage is named'}"


def _tell_stage(stage: Stage) -> str:
    where = stage.where or "an unnamed place"
    place = f"{stage.name}, {where}"
    if math.isfinite(stage.difference):
        place = f"{stage.name} differs at {where} by {stage.difference:.1e}"
        place += f" (tolerance {stage.tolerance:.0e})"
    return f"{place}: {stage.detail}" if stage.detail else place
