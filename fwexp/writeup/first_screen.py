"""The first screen: the numbers that carry the recommendation, and the warnings."""

from dataclasses import dataclass

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.assess import Answer, Evidence
from fwexp.evidence.questions import is_score
from fwexp.evidence.settings import turning_settings
from fwexp.evidence.verdicts import Finding, Verdict
from fwexp.writeup.findings import format_alone, format_estimate, format_verdict
from fwexp.writeup.numbers import format_interval, percent, tell

MAX_LINES = 3  # workloads in one key figure; more are told as a range


@dataclass(frozen=True, kw_only=True)
class KeyLine:
    workload: str
    value: str
    interval: str
    verdict: str
    settled: bool


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One of the few numbers on the first screen."""

    title: str
    meaning: str
    basis: str
    lines: list[KeyLine]


def key_figures(evidence: Evidence) -> list[KeyFigure]:
    """The scores, the deciding time, that of longer trainings or of a step, and the cost."""
    scores = [answer for answer in evidence.answers if is_score(answer.question)]
    deciding = evidence.decision.speed_key
    keys = dict.fromkeys([deciding, "horizon" if deciding == "target" else "step", "cost"])
    others = [evidence.answer(key) for key in keys]
    return [_key_figure(answer, evidence) for answer in [*scores, *others]]


def _key_figure(answer: Answer, evidence: Evidence) -> KeyFigure:
    ratio = answer.scale.ratio
    meaning = "TensorFlow ÷ PyTorch" if ratio else "TensorFlow − PyTorch, points"
    if all(finding.verdict is Verdict.ALONE for finding in answer.findings):
        meaning = "mean ± standard deviation over runs"
    findings = [f for f in answer.findings if f.verdict is not Verdict.VOID]
    level = percent(evidence.manifest.comparison.confidence)
    lines = [_key_line(finding, answer, level=level) for finding in findings[:MAX_LINES]]
    if len(findings) > MAX_LINES:
        more = len(findings) - MAX_LINES
        lines.append(
            KeyLine(
                workload=f"and {more} more below",
                value="",
                interval="",
                verdict="",
                settled=True,
            )
        )
    return KeyFigure(
        title=answer.question.title, meaning=meaning, basis=answer.question.basis, lines=lines
    )


def _key_line(finding: Finding, answer: Answer, *, level: str) -> KeyLine:
    if finding.verdict is Verdict.ALONE:
        return KeyLine(
            workload=finding.workload,
            value=format_alone(finding, answer),
            interval=f"N = {finding.n}",
            verdict=str(finding.verdict),
            settled=True,
        )
    settled = finding.verdict not in (Verdict.INCONCLUSIVE, Verdict.UNKNOWN)
    value = format_estimate(finding, answer)
    interval = format_interval(finding.outer, ratio=answer.scale.ratio)
    return KeyLine(
        workload=finding.workload,
        value=f"{value}×" if answer.scale.ratio and finding.estimate is not None else value,
        interval=f"{level} interval {interval}, N = {finding.n}" if finding.outer else "",
        verdict=format_verdict(finding, answer),
        settled=settled,
    )


def turning(evidence: Evidence) -> list[str]:
    """The settings that could turn the deciding verdicts on time; told under the recommendation."""
    deciding = evidence.answer(evidence.decision.speed_key)
    margin = deciding.scale.margin
    return turning_settings(evidence.workloads, deciding.findings, margin=margin)


def warnings(evidence: Evidence) -> list[str]:
    """What a reader must know before trusting the page; empty for a clean sweep."""
    problems = [run.problem for w in evidence.workloads for run in w.runs if run.problem]
    told = [
        f"{problems.count(kind)} of {len(evidence.manifest.runs)} runs: {kind}"
        for kind in dict.fromkeys(problems)
    ]
    told += [f"{label}: comparison void; {reason}" for label, reason in evidence.void.items()]
    told += [
        f"{label}: exploratory; its terms were declared after runs that they judge"
        for label in evidence.declared.exploratory
    ]
    disturbed = sum(bool(run.timing_problem) for w in evidence.workloads for run in w.runs)
    if disturbed:
        told.append(
            f"{disturbed} of {len(evidence.manifest.runs)} runs: disturbed or interrupted; their "
            "scores count, their times do not (reasons below)"
        )
    if evidence.disturbed:
        num = len(evidence.disturbed)
        signs = "1 sign" if num == 1 else f"{num} signs"
        told.append(f"{signs} of a disturbed run or block, listed below; no run is excluded for it")
    told += [
        f"{result.workload}: {result.num_reached} of {result.num_runs} {NAMES[result.framework]} "
        f"runs reached the quality target of {tell(result.quality_target)}"
        for result in evidence.quality
        if not result.holds
    ]
    if evidence.complaints:
        num = len(evidence.complaints)
        told.append(f"{num} {'record' if num == 1 else 'records'} cannot be read; listed below")
    return told
