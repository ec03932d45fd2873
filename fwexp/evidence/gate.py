"""The certificate's gate: whether a workload may be compared at all, and if not, why."""

from fwexp.evidence.aggregate import Workload
from fwexp.parity.certificate import Certificate


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
    """Why nothing may be compared, with stage, block and amount; empty where it may."""
    own = certificates_for(workload, certificates)
    if not own:
        return "no parity certificate: the two implementations are not shown to be the same"
    return "; ".join(tell_failure(c) for c in own if not c.passed)


def tell_failure(certificate: Certificate) -> str:
    """Each failed stage of a certificate: where, by how much, against which tolerance."""
    failed = [
        f"{stage.name} differs at {stage.where or 'an unnamed place'} by {stage.difference:.1e} "
        f"(tolerance {stage.tolerance:.0e})" + (f": {stage.detail}" if stage.detail else "")
        for stage in certificate.stages
        if not stage.passed
    ]
    return "parity certificate failed: " + ("; ".join(failed) or "no stage is named")
