"""The parity certificates, stage by stage."""

from fwexp.evidence.assess import Evidence
from fwexp.store.certificate import Certificate, Stage
from fwexp.writeup.section import Section, Table


def certificates(evidence: Evidence) -> list[Section]:
    """Every stage of every certificate with its largest difference, and what is void."""
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
        )
    ]


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
