"""The ratio of times over the length of training: a line with its interval for each workload."""

import altair as alt

from fwexp.evidence.assess import Evidence
from fwexp.evidence.lengths import Lengths, RatioAt
from fwexp.writeup.style import to_svg

EVERY = 4  # of the curve's points: the eye does not see more
Row = dict[str, str | float]


def length_chart(evidence: Evidence) -> str:
    """TensorFlow ÷ PyTorch over the number of steps, both axes logarithmic."""
    margin = evidence.manifest.comparison.ratio_margin
    limits: Row = {"from": 1 / margin, "to": margin, "one": 1.0}
    compared = [found for found in evidence.horizon.lengths if found.torch]
    rows = [row | limits for found in compared for row in _rows(found)]
    if not rows:
        return ""
    chart = (
        alt.layer(*_layers(), data=alt.InlineData(values=rows))
        .properties(width=400, height=170)
        .facet(alt.Facet("workload:N", title=None, sort=[c.workload for c in compared]), columns=2)
        .resolve_scale(x="independent", y="independent")
    )
    return to_svg(chart)


def _layers() -> list[alt.Chart]:
    axis = alt.Axis(format="~s", labelOverlap="greedy", tickCount=6)
    steps = alt.X("steps:Q", title="optimizer steps (log axis)", axis=axis).scale(
        type="log", nice=False
    )

    def y(field: str) -> alt.Y:
        scale = alt.Scale(type="log", nice=False, padding=8)
        return alt.Y(f"{field}:Q", title="TensorFlow ÷ PyTorch (log axis)", scale=scale)

    curve = alt.Chart().transform_filter(alt.datum.kind == "curve").encode(x=steps)
    layers = [
        curve.mark_area(color="#e8ebef").encode(y=y("from"), y2="to:Q"),
        curve.mark_line(color="#59616b", strokeDash=[3, 3], strokeWidth=1).encode(y=y("one")),
        curve.mark_area(color="#7b8490", opacity=0.35).encode(y=y("low"), y2="high:Q"),
        curve.mark_line(color="#1d2329", strokeWidth=1.5).encode(y=y("ratio")),
    ]
    for kind, shape in (("as run", "circle"), ("horizon", "square")):
        of_kind = alt.Chart().transform_filter(alt.datum.kind == kind)
        mark = of_kind.mark_point(size=60, filled=True, opacity=1, color="#1d2329", shape=shape)
        layers.append(mark.encode(x=steps, y=y("ratio")))
    return layers


def _rows(found: Lengths) -> list[Row]:
    points = [("curve", point) for point in found.curve()[::EVERY]]
    points += [("as run", found.at(found.num_steps)), ("horizon", found.at(found.steps_at_horizon))]
    return [_row(found.workload, kind, point) for kind, point in points]


def _row(workload: str, kind: str, point: RatioAt) -> Row:
    ends = point.interval
    return {
        "workload": workload,
        "kind": kind,
        "steps": point.steps,
        "ratio": point.ratio,
        "low": ends.low if ends else point.ratio,
        "high": ends.high if ends else point.ratio,
    }
