"""The certificate's gate: whether a workload may be compared at all, and if not, why."""

import math

from fwexp.evidence.aggregate import Workload
from fwexp.store.certificate import Certificate, Stage


def why_void(workload: Workload) -> str:
    """Why nothing may be compared, with stage, block and amount; empty where it may, and where
    one framework ran alone: there is nothing to compare."""
    if not workload.needs_certificate:
        return ""
    if workload.certificate is None:
        return "no parity certificate: the two implementations are not shown to be the same"
    return "" if workload.certificate.passed else tell_failure(workload.certificate)


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
