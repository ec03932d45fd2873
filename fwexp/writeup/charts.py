"""The charts, as SVG text: dots with intervals, scores over time, ratios on a log axis."""

import math
from collections.abc import Iterable
from typing import Any

import altair as alt

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Workload
from fwexp.evidence.assess import Answer, Evidence
from fwexp.evidence.statistics import MIN_PAIRS, mean_interval
from fwexp.evidence.verdicts import Finding, Verdict
from fwexp.writeup.style import COLOURS, colour, shape, to_svg

NEITHER = "no material difference shown"
FAVOURS = COLOURS | {NEITHER: "#7b8490"}
TICKS = [0.02, 0.05, 0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50]
Row = dict[str, Any]


def score_chart(evidence: Evidence, answer: Answer) -> str:
    """A test score over training seconds: a thin line per run, a thick one for their mean."""
    asked = {finding.workload for finding in answer.findings}
    compared = [workload for workload in _compared(evidence) if workload.label in asked]
    rows = [row for workload in compared for row in _curve_rows(workload)]
    if not rows:
        return ""
    base = alt.Chart().encode(
        x=alt.X("seconds:Q", title="training time, s (evaluations excluded)"),
        y=alt.Y("score:Q", title=_score_title(answer)).scale(zero=False),
        color=colour(),
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
    return to_svg(chart)


def throughput_chart(evidence: Evidence) -> str:
    """Samples per second: a small dot per run, and the mean with its interval."""
    runs, means = _throughput_rows(evidence)
    if not runs:
        return ""
    ends = [row["rate"] for row in runs] + [row[end] for row in means for end in ("low", "high")]
    scale = alt.Scale(type="log", domain=[min(ends) / 1.2, max(ends) * 1.2], nice=False)
    axis = alt.Axis(labelOverlap="greedy", tickCount=6)
    title = f"training throughput, {_units(evidence)} per second (log axis)"
    y = alt.Y("workload:N", title=None, sort=None)
    offset = alt.YOffset("framework:N", sort=list(COLOURS), scale=alt.Scale(paddingInner=0.4))
    base = alt.Chart().encode(y=y, yOffset=offset, color=colour())
    rate = alt.X("rate:Q", title=title, scale=scale, axis=axis)
    dots = base.mark_point(size=22, filled=True, opacity=0.35).encode(x=rate, shape=shape())
    marks = base.mark_point(size=80, filled=True, opacity=1).encode(x=rate, shape=shape())
    spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    # an empty layer is left out: Vega-Lite would draw one mark for no data at all
    is_mean = alt.datum.kind == "mean"
    layers = [dots.transform_filter(~is_mean)]
    layers += [layer.transform_filter(is_mean) for layer in (spans, marks) if means]
    data = alt.InlineData(values=[*runs, *means])
    return to_svg(alt.layer(*layers, data=data).properties(width=700, height=alt.Step(26)))


def _throughput_rows(evidence: Evidence) -> tuple[list[Row], list[Row]]:
    """A row per run, and one per mean where there are enough runs for an interval."""
    confidence = evidence.manifest.comparison.confidence
    runs: list[Row] = []
    means: list[Row] = []
    for workload in _compared(evidence):
        for framework in FRAMEWORKS:
            rates = [
                run.record.units_per_s
                for run in workload.timed(framework)
                if run.record and run.record.units_per_s
            ]
            key = {"workload": workload.label, "framework": NAMES[framework]}
            runs += [key | {"kind": "run", "rate": rate} for rate in rates]
            if len(rates) >= MIN_PAIRS:
                means.append(key | {"kind": "mean"} | _mean_row(rates, confidence=confidence))
    return runs, means


def _units(evidence: Evidence) -> str:
    """What the runs count: images, tokens, or several of these."""
    runs = [run.record for w in _compared(evidence) for run in w.runs if run.record]
    return " or ".join(dict.fromkeys(record.unit for record in runs if record.unit))


def ratio_chart(evidence: Evidence) -> str:
    """Every ratio with its interval on a log axis, the margin shaded around 1."""
    margin = evidence.manifest.comparison.ratio_margin
    limits = {"from": 1 / margin, "to": margin, "one": 1}
    rows = [
        _ratio_row(answer.question.title, finding) | limits
        for answer in evidence.answers
        if answer.scale.ratio
        for finding in answer.findings
        if finding.estimate is not None
    ]
    if not rows:
        return ""
    header = alt.Header(labelAngle=0, labelAlign="left", labelLimit=220)
    questions = alt.Row("question:N", title=None, sort=_order(rows, "question"), header=header)
    layers = _ratio_layers(rows, labels=[workload.label for workload in evidence.workloads])
    chart = (
        alt.layer(*layers, data=alt.InlineData(values=rows))
        .properties(width=600, height=alt.Step(22))
        .facet(row=questions, spacing=4)
    )
    return to_svg(chart)


def _ratio_layers(rows: list[Row], *, labels: list[str]) -> list[alt.Chart]:
    """The margin's band, the line of no difference, the intervals and the dots."""
    ends = [row[end] for row in rows for end in ("low", "high", "from", "to")]
    domain = [min(ends) / 1.05, max(ends) * 1.05]
    scale = alt.Scale(type="log", domain=domain, nice=False)
    axis = alt.Axis(values=[tick for tick in TICKS if domain[0] <= tick <= domain[1]], format="~g")
    title = "◂ TensorFlow needs less  |  TensorFlow ÷ PyTorch, log axis  |  PyTorch needs less ▸"
    y = alt.Y("workload:N", title=None, sort=labels)
    favours = alt.Color("favours:N", title="needs less:", sort=list(FAVOURS)).scale(
        domain=list(FAVOURS), range=list(FAVOURS.values())
    )

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", title=title, scale=scale, axis=axis)

    base = alt.Chart()
    return [
        base.mark_rect(color="#e8ebef").encode(x=x("from"), x2="to:Q"),
        base.mark_rule(color="#59616b", strokeDash=[3, 3]).encode(x=x("one")),
        base.mark_rule(strokeWidth=2).encode(x=x("low"), x2="high:Q", y=y, color=favours),
        base.mark_point(size=70, filled=True, opacity=1).encode(x=x("ratio"), y=y, color=favours),
    ]


def _compared(evidence: Evidence) -> list[Workload]:
    return [workload for workload in evidence.workloads if workload.label not in evidence.void]


def _curve_rows(workload: Workload) -> Iterable[Row]:
    metric = workload.metric
    assert metric is not None  # it is among the findings of a score
    for framework in FRAMEWORKS:
        by_step: dict[int, list[tuple[float, float]]] = {}
        key = {"workload": workload.label, "framework": NAMES[framework]}
        used = workload.timed(framework)
        for run in used:
            for e in run.record.evaluations if run.record else []:
                score = metric.points * e.scores[metric.name]
                by_step.setdefault(e.step, []).append((e.train_s, score))
                yield key | _point(f"seed {run.seed}", e.train_s, score)
        for points in by_step.values():
            if len(points) == len(used):  # a mean over fewer runs would jump
                seconds, score = (sum(column) / len(points) for column in zip(*points, strict=True))
                yield key | _point("mean", seconds, score)


def _point(run: str, seconds: float, score: float) -> Row:
    return {"run": run, "seconds": round(seconds, 4), "score": round(score, 4)}


def _score_title(answer: Answer) -> str:
    name = answer.question.key.removeprefix("score ")
    unit = answer.question.unit
    return f"test {name}" if unit == name else f"test {name}, {unit}"


def _mean_row(rates: list[float], *, confidence: float) -> Row:
    """The geometric mean with its interval."""
    logs = [math.log(rate) for rate in rates]
    interval = mean_interval(logs, confidence=confidence)
    return {
        "rate": math.exp(sum(logs) / len(logs)),
        "low": math.exp(interval.low),
        "high": math.exp(interval.high),
    }


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
