"""What the sweep says nothing about."""

from collections.abc import Mapping

from fwexp.evidence.assess import Evidence
from fwexp.evidence.scaling import replicas_of
from fwexp.hardware.kind import HardwareKind
from fwexp.hardware.precision import PRECISIONS, PrecisionKind
from fwexp.hardware.table import HARDWARE
from fwexp.writeup.section import Section

KNOWN: dict[str, Mapping[str, HardwareKind | PrecisionKind]] = {
    "hardware": HARDWARE,
    "precision": PRECISIONS,
}
NEVER = [
    "compiled execution (torch.compile, XLA)",
    "energy",
    "deployment and inference",
    "each framework's own best practice (the idiomatic regime)",
    "learning curve, community, hiring: judgements, not measurements",
    "any model or data set not named above",
]


def not_measured(evidence: Evidence) -> list[Section]:
    """The hardware, precisions and aspects that this sweep does not cover."""
    lacking = []
    for group, options in KNOWN.items():
        held = {getattr(workload.config, group).name for workload in evidence.workloads}
        other = [kind.title for name, kind in options.items() if name not in held]
        lacking += [f"other {group}: {', '.join(other)}"] if other else []
    if all(replicas_of(workload) == 1 for workload in evidence.workloads):
        lacking.append("multiple devices or machines")
    points = [*lacking, *NEVER]
    return [Section(key="not-measured", title="What was not measured", points=points)]
