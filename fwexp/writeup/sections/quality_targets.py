"""Whether every run reached the quality target declared for it."""

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.assess import Evidence
from fwexp.evidence.quality_targets import QualityResult
from fwexp.writeup.numbers import tell
from fwexp.writeup.section import Section, Table


def quality_targets(evidence: Evidence) -> list[Section]:
    """Each framework's worst score against the target, workload by workload."""
    return [
        Section(
            key="quality",
            title="Did the models learn?",
            basis="measured",
            lead="A quality target is declared before the runs, above what a trivial baseline "
            "reaches. The speed of a model that misses it says little.",
            table=Table(
                columns=["Workload", "Framework", "Target", "Baseline", "Worst run", "Reached by"],
                figures=[2, 4, 5],
                rows=[_row(result) for result in evidence.quality],
            ),
        )
    ]


def _row(result: QualityResult) -> list[str]:
    return [
        result.workload,
        NAMES[result.framework],
        tell(result.quality_target),
        result.baseline,
        tell(result.worst) if result.worst is not None else "–",
        f"{result.num_reached} of {result.num_runs}",
    ]
