"""Whether every run reached the quality target declared for it."""

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.assess import Evidence
from fwexp.evidence.quality_targets import Level
from fwexp.writeup.numbers import tell
from fwexp.writeup.section import Section, Table


def quality_targets(evidence: Evidence) -> list[Section]:
    """Each framework's worst score against the target, workload by workload."""
    return [
        Section(
            key="levels",
            title="Did the models learn?",
            basis="measured",
            lead="A quality target is declared before the runs, above what a trivial baseline "
            "reaches. The speed of a model that misses it says little.",
            table=Table(
                columns=["Workload", "Framework", "Target", "Baseline", "Worst run", "Reached by"],
                figures=[2, 4, 5],
                rows=[_row(level) for level in evidence.levels],
            ),
        )
    ]


def _row(level: Level) -> list[str]:
    return [
        level.workload,
        NAMES[level.framework],
        tell(level.level),
        level.baseline,
        tell(level.worst) if level.worst is not None else "–",
        f"{level.num_reached} of {level.num_runs}",
    ]
