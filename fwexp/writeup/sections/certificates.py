"""The parity certificates, stage by stage, and the runs' audits."""

from fwexp.config.counted import counted
from fwexp.evidence.aggregate import Workload
from fwexp.evidence.assess import Evidence
from fwexp.evidence.run_audit import RunAudit
from fwexp.store.certificate import Certificate, Stage
from fwexp.writeup.section import Section, Table


def certificates(evidence: Evidence) -> list[Section]:
    """Every stage of every certificate with its largest difference, what is void, and what was
    audited of the runs."""
    found = evidence.certificates
    return [
        Section(
            key="certificates",
            title="Do both implementations compute the same thing?",
            basis="measured",
            lead="A comparison counts only if the model's two implementations agree at every "
            "stage.",
            table=Table(
                columns=[
                    "Model",
                    "Optimizer",
                    "Stage",
                    "Largest difference",
                    "Tolerance",
                    "Result",
                    "Where",
                ],
                figures=[3, 4],
                rows=[_row(c, stage) for c in found for stage in c.stages],
            ),
            notes=[f"{label}: {reason}." for label, reason in evidence.void.items()]
            + [_smaller(c) for c in found if c.stand_in],
        ),
        Section(
            key="audits",
            title="Did the runs compute what was certified?",
            basis="measured",
            lead="Each run keeps its state before and after a few steps drawn from its id. The "
            "other framework makes these steps again and scores the final weights. Runs of one "
            "seed must share data, weights, order and learning rates, and their losses may part "
            "no faster than those of two runs that one rounding of the weights sets apart.",
            table=Table(
                columns=["Workload", "Runs audited", "Steps replayed", "Losses compared", "Result"],
                figures=[],
                rows=[_audited(w) for w in evidence.workloads if w.needs_certificate],
            ),
        ),
    ]


def _audited(workload: Workload) -> list[str]:
    audit = workload.audit
    compared = f"{counted(audit.num_paired, 'pair')}, {counted(audit.reach, 'step')} each"
    return [
        workload.label,
        f"{audit.num_audited} of {audit.num_runs}",
        str(audit.num_steps),
        compared if audit.num_paired else "none",
        _result(audit),
    ]


def _result(audit: RunAudit) -> str:
    if audit.problems:
        return f"failed: {audit.problems[0]}"
    return "passed" if audit.num_audited == audit.num_runs > 0 else "not all were audited"


def _row(certificate: Certificate, stage: Stage) -> list[str]:
    return [
        certificate.model,
        certificate.optimizer,
        stage.name,
        f"{stage.difference:.1e}" if stage.difference else "0",
        f"{stage.tolerance:.0e}" if stage.tolerance else "exact",
        "passed" if stage.passed else "failed",
        f"{stage.where} {stage.detail}".strip() if not stage.passed else stage.where,
    ]


def _smaller(certificate: Certificate) -> str:
    return (
        f"The step-by-step stages of {certificate.model} are those of {certificate.stand_in}, a "
        "smaller size of the same code: 20 steps of the full size in float64 are too expensive."
    )
