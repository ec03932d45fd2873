"""How much faster several devices train than one."""

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.assess import Evidence
from fwexp.evidence.scaling import Scaling
from fwexp.writeup.numbers import format_interval, tell
from fwexp.writeup.section import Section, Table


def scaling(evidence: Evidence) -> list[Section]:
    """The speed on several devices over as many times the speed on one."""
    return [
        Section(
            key="scaling",
            title="How well does training scale?",
            basis="measured",
            lead="Efficiency: samples per second on n devices, divided by n times those on one; "
            "1 is perfect. With the same batch in total, each device does less work per step; with "
            "the same batch per device, as much. Steady steps, paired by seed; geometric mean.",
            table=Table(
                columns=[
                    "Workload",
                    "Framework",
                    "Devices",
                    "Same batch",
                    "N",
                    "Efficiency",
                    "Interval",
                ],
                figures=[2, 4, 5, 6],
                rows=[_row(found) for found in evidence.scalings],
            ),
        )
    ]


def _row(found: Scaling) -> list[str]:
    return [
        found.workload,
        NAMES[found.framework],
        str(found.num_replicas),
        found.batch,
        str(len(found.efficiencies)),
        "–" if found.estimate is None else tell(found.estimate),
        format_interval(found.interval, ratio=True),
    ]
