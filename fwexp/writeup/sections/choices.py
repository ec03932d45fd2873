"""The recommendation for each workload, with the ratios behind it."""

from functools import partial

from fwexp.evidence.assess import Evidence
from fwexp.writeup.charts import ratio_chart
from fwexp.writeup.section import Chart, Section, Table


def choices(evidence: Evidence) -> list[Section]:
    """Which framework to choose for each workload, and why."""
    return [
        Section(
            key="choices",
            title="Recommendation by workload",
            table=Table(
                columns=["Workload", "Choose", "Reason"],
                rows=[[c.workload, c.winner.label(), c.because] for c in evidence.decision.choices],
            ),
            chart=Chart(
                draw=partial(ratio_chart, evidence),
                caption="Dots: the ratio on each workload. Lines: its interval over runs. "
                "Grey band: ratios declared to count as the same.",
            ),
        )
    ]
