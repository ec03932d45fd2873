"""The charts, as SVG text: dots with intervals, accuracy over time, ratios on a log axis."""

import math
from collections.abc import Iterable
from typing import Any

import altair as alt
import vl_convert

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Workload
from fwexp.evidence.assess import Evidence
from fwexp.evidence.statistics import MIN_PAIRS, mean_interval
from fwexp.evidence.verdicts import Finding, Verdict

COLOURS = {"PyTorch": "#c2452d", "TensorFlow": "#1f6a9a"}
NEITHER = "not shown to differ materially"
FAVOURS = COLOURS | {NEITHER: "#7b8490"}
TICKS = [0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10]
FONT = "sans-serif"
Row = dict[str, Any]


def accuracy_chart(evidence: Evidence) -> str:
    """Test accuracy over training seconds, a thin line a run and a thick one their mean."""
    rows = [row for workload in _compared(evidence) for row in _curve_rows(workload)]
    if not rows:
        return ""
    base = alt.Chart().encode(
        x=alt.X("seconds:Q", title="training time, s (evaluations excluded)"),
        y=alt.Y("accuracy:Q", title="test accuracy, %").scale(zero=False),
        color=_colour(),
    )
    is_mean = alt.datum.run == "mean"
    thin = base.mark_line(strokeWidth=0.8, opacity=0.4).encode(detail="run:N")
    mean = base.mark_line(strokeWidth=2.4, point=alt.OverlayMarkDef(size=28))
    chart = (
        alt.layer(
            thin.transform_filter(~is_mean),
            mean.transform_filter(is_mean),
            data=alt.InlineData(values=rows),
        )
        .properties(width=400, height=210)
        .facet(alt.Facet("workload:N", title=None, sort=_order(rows, "workload")), columns=2)
        .resolve_scale(x="independent", y="independent")
    )
    return _svg(chart)


def throughput_chart(evidence: Evidence) -> str:
    """Samples a second: a small dot a run, the mean with its interval."""
    confidence = evidence.manifest.comparison["confidence"]
    runs: list[Row] = []
    means: list[Row] = []
    for workload in _compared(evidence):
        for framework in FRAMEWORKS:
            rates = [
                run.record.samples_per_s
                for run in workload.used(framework)
                if run.record and run.record.samples_per_s
            ]
            key = {"workload": workload.label, "framework": NAMES[framework]}
            runs += [key | {"rate": rate} for rate in rates]
            means += [key | _mean_row(rates, confidence=confidence)] * (len(rates) >= MIN_PAIRS)
    if not runs:
        return ""
    lowest, highest = min(row["rate"] for row in runs), max(row["rate"] for row in runs)
    scale = alt.Scale(type="log", domain=[lowest / 1.3, highest * 1.3], nice=False)
    y = alt.Y("workload:N", title=None, sort=None)
    offset = alt.YOffset("framework:N", sort=list(COLOURS), scale=alt.Scale(paddingInner=0.4))
    title = "training throughput, samples per second (log axis)"
    rate = alt.X(
        "rate:Q", title=title, scale=scale, axis=alt.Axis(labelOverlap="greedy", tickCount=6)
    )
    dots = alt.Chart(alt.InlineData(values=runs)).mark_point(size=22, filled=True, opacity=0.35)
    spans = alt.Chart(alt.InlineData(values=means)).mark_rule(strokeWidth=2)
    marks = alt.Chart(alt.InlineData(values=means)).mark_point(size=80, filled=True, opacity=1)
    chart = alt.layer(
        dots.encode(x=rate, y=y, yOffset=offset, color=_colour(), shape=_shape()),
        spans.encode(
            x=alt.X("low:Q", title=title), x2="high:Q", y=y, yOffset=offset, color=_colour()
        ),
        marks.encode(x=rate, y=y, yOffset=offset, color=_colour(), shape=_shape()),
    ).properties(width=700, height=alt.Step(26))
    return _svg(chart)


def ratio_chart(evidence: Evidence) -> str:
    """Every ratio with its interval on a log axis, the margin shaded around 1."""
    rows = [
        _ratio_row(answer.question.title, finding)
        for answer in evidence.answers
        if answer.scale.ratio
        for finding in answer.findings
        if finding.estimate is not None
    ]
    if not rows:
        return ""
    margin = evidence.manifest.comparison["ratio_margin"]
    ends = [row[end] for row in rows for end in ("low", "high")] + [margin**2, margin**-2]
    domain = [min(ends) / 1.05, max(ends) * 1.05]
    scale = alt.Scale(type="log", domain=domain, nice=False)
    ticks = [tick for tick in TICKS if domain[0] <= tick <= domain[1]]
    title = (
        "◂ TensorFlow needs less   |   TensorFlow ÷ PyTorch, log axis   |   PyTorch needs less ▸"
    )
    axis = alt.Axis(values=ticks, format="~g")
    x = alt.X("ratio:Q", title=title, scale=scale, axis=axis)
    y = alt.Y("workload:N", title=None, sort=[w.label for w in evidence.workloads])
    colour = alt.Color("favours:N", title="needs less:", sort=list(FAVOURS)).scale(
        domain=list(FAVOURS), range=list(FAVOURS.values())
    )
    base = alt.Chart()
    band = base.mark_rect(color="#e8ebef").encode(
        x=alt.X("from:Q", scale=scale, title=title, axis=axis), x2="to:Q"
    )
    one = base.mark_rule(color="#59616b", strokeDash=[3, 3]).encode(x=alt.X("one:Q", scale=scale))
    spans = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", scale=scale), x2="high:Q", y=y, color=colour
    )
    dots = base.mark_point(size=70, filled=True, opacity=1).encode(x=x, y=y, color=colour)
    limits = {"from": 1 / margin, "to": margin, "one": 1}
    chart = (
        alt.layer(
            band, one, spans, dots, data=alt.InlineData(values=[row | limits for row in rows])
        )
        .properties(width=600, height=alt.Step(22))
        .facet(
            row=alt.Row("question:N", title=None, sort=_order(rows, "question")).header(
                labelAngle=0, labelAlign="left", labelLimit=220
            ),
            spacing=4,
        )
    )
    return _svg(chart)


def _compared(evidence: Evidence) -> list[Workload]:
    return [workload for workload in evidence.workloads if workload.label not in evidence.void]


def _curve_rows(workload: Workload) -> Iterable[Row]:
    for framework in FRAMEWORKS:
        by_step: dict[int, list[tuple[float, float]]] = {}
        key = {"workload": workload.label, "framework": NAMES[framework]}
        used = workload.used(framework)
        for run in used:
            for e in run.record.evaluations if run.record else []:
                by_step.setdefault(e.step, []).append((e.train_s, 100 * e.accuracy))
                yield key | _point(f"seed {run.seed}", e.train_s, 100 * e.accuracy)
        for points in by_step.values():
            if len(points) == len(used):  # a mean over fewer runs would jump
                seconds, accuracy = (
                    sum(column) / len(points) for column in zip(*points, strict=True)
                )
                yield key | _point("mean", seconds, accuracy)


def _point(run: str, seconds: float, accuracy: float) -> Row:
    return {"run": run, "seconds": round(seconds, 4), "accuracy": round(accuracy, 3)}


def _mean_row(rates: list[float], *, confidence: float) -> Row:
    logs = [math.log(rate) for rate in rates]
    interval = mean_interval(logs, confidence=confidence) if len(rates) >= MIN_PAIRS else None
    if interval is None:
        return {}
    centre = math.exp(sum(logs) / len(logs))
    return {"rate": centre, "low": math.exp(interval.low), "high": math.exp(interval.high)}


def _ratio_row(question: str, finding: Finding) -> Row:
    assert finding.outer
    favours = NEITHER
    if finding.verdict is Verdict.MATERIAL:
        favours = NAMES["torch" if finding.larger == "tf" else "tf"]
    return {
        "question": question,
        "workload": finding.workload,
        "ratio": finding.estimate,
        "low": finding.outer.low,
        "high": finding.outer.high,
        "favours": favours,
    }


def _order(rows: list[Row], field: str) -> list[str]:
    return list(dict.fromkeys(row[field] for row in rows))


def _colour() -> alt.Color:
    legend = alt.Legend(symbolOpacity=1)
    return alt.Color("framework:N", title=None, sort=list(COLOURS), legend=legend).scale(
        domain=list(COLOURS), range=list(COLOURS.values())
    )


def _shape() -> alt.Shape:
    legend = alt.Legend(symbolOpacity=1)
    return alt.Shape("framework:N", title=None, sort=list(COLOURS), legend=legend).scale(
        domain=list(COLOURS), range=["circle", "square"]
    )


def _svg(chart: alt.TopLevelMixin) -> str:
    text = {"labelFont": FONT, "titleFont": FONT, "labelFontSize": 11, "titleFontSize": 11}
    quiet = {"labelColor": "#3b424a", "titleColor": "#3b424a", "titleFontWeight": "normal"}
    config = {
        "background": None,
        "font": FONT,
        "view": {"stroke": "#dfe3e8"},
        "axis": text
        | quiet
        | {"gridColor": "#eef0f3", "domainColor": "#b8bfc7", "tickColor": "#b8bfc7"},
        "legend": text | quiet | {"orient": "top", "symbolStrokeWidth": 2},
        "header": {"labelFont": FONT, "labelFontSize": 12, "labelColor": "#1d2329"},
    }
    svg = vl_convert.vegalite_to_svg(chart.to_dict(), config=config)
    return str(svg)
