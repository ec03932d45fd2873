"""The gate: whether a workload may be compared, and if not, why."""

import math

from fwexp.evidence.aggregate import Workload
from fwexp.evidence.comparable import why_mixed
from fwexp.store.certificate import Certificate, Stage


def why_void(workload: Workload) -> str:
    """Why the workload may not be compared, with stage, block and amount; empty if it may, or
    if only one framework was run."""
    if not workload.needs_certificate:
        return ""
    if workload.certificate is None:
        return "no parity certificate: the two implementations have not been shown to match"
    if not workload.certificate.passed:
        return format_failure(workload.certificate)
    if reason := why_mixed(workload):
        return reason
    problems = workload.audit.problems
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{problems[0]}{more}" if problems else ""


def format_failure(certificate: Certificate) -> str:
    """A certificate's first failed stage: where, by how much, against which tolerance.

    Later failures may follow from it; the page's table has them all.
    """
    failed = next((stage for stage in certificate.stages if not stage.passed), None)
    return f"parity certificate failed: {_format_stage(failed) if failed else 'no stage named'}"


def _format_stage(stage: Stage) -> str:
    where = stage.where or "an unknown place"
    place = f"{stage.name}, {where}"
    if math.isfinite(stage.difference):
        place = f"{stage.name} differs at {where} by {stage.difference:.1e}"
        place += f" (tolerance {stage.tolerance:.0e})"
    return f"{place}: {stage.detail}" if stage.detail else place
