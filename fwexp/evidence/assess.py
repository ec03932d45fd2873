"""Everything a write-up says, computed once from the manifest, the records and the certificates."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from fwexp.evidence.aggregate import NAMES, Workload, aggregate
from fwexp.evidence.changes import (
    horizon_change,
    length_change,
    margin_change,
    price_change,
    seed_change,
)
from fwexp.evidence.choice import (
    Choice,
    choose,
    choose_by_speed,
    uncompared,
    unscored,
    weigh_failures,
)
from fwexp.evidence.comparable import why_confounded
from fwexp.evidence.cost import why_unpriced
from fwexp.evidence.decision import (
    Decision,
    Scope,
    brief,
    format_confidence,
    format_seeds,
    recommend,
)
from fwexp.evidence.declared import Declared, with_declared
from fwexp.evidence.disturbance import disturbances, slow_runs
from fwexp.evidence.failures import count_failures
from fwexp.evidence.floors import name_floor, tell_floor
from fwexp.evidence.gate import why_void
from fwexp.evidence.horizon import Horizon, horizon_of
from fwexp.evidence.imports import Imports, shared_errors
from fwexp.evidence.occasions import tell_occasions
from fwexp.evidence.pairs import RATIO_LEAST_SD, Pairs, pair_by_block, pair_by_seed
from fwexp.evidence.quality_targets import QualityResult, quality_results
from fwexp.evidence.questions import Question, is_score, questions
from fwexp.evidence.run_audit import audit_runs
from fwexp.evidence.scaling import Scaling, scalings
from fwexp.evidence.statistics import Interval, Shared, prediction_interval
from fwexp.evidence.verdicts import Finding, Scale, Verdict, alone, judge, unanswered, void
from fwexp.store.audit import Audit
from fwexp.store.certificate import Certificate
from fwexp.store.manifest import Manifest
from fwexp.store.record import History, RunRecord

MIN_WORKLOADS = 4  # below it nothing is said about other workloads


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One question's findings, one per workload, and what they say about other workloads."""

    question: Question
    scale: Scale
    findings: list[Finding]
    elsewhere: Interval | None  # of one more workload like these
    elsewhere_reason: str  # why there is no `elsewhere`; else empty


@dataclass(frozen=True, kw_only=True)
class Evidence:
    manifest: Manifest
    workloads: list[Workload]
    void: dict[str, str]  # workload -> why its comparison is void
    answers: list[Answer]
    decision: Decision
    changes: list[str]  # what would change the answer
    disturbed: list[str]
    horizon: Horizon  # the length it speaks for, and the ratio of times at every other
    quality: list[QualityResult] = field(default_factory=list)
    scalings: list[Scaling] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)  # records that could not be read
    declared: Declared = field(default_factory=Declared)

    @property
    def certificates(self) -> list[Certificate]:
        """The workloads' certificates, each once."""
        found = [w.certificate for w in self.workloads if w.certificate is not None]
        return list({certificate.key: certificate for certificate in found}.values())

    def answer(self, key: str) -> Answer:
        """The answer to the question with this key."""
        return next(answer for answer in self.answers if answer.question.key == key)


def assess(
    manifest: Manifest,
    *,
    records: dict[str, RunRecord],
    certificates: dict[str, Certificate],
    audits: dict[str, Audit] | None = None,
    histories: dict[str, History] | None = None,
    complaints: Iterable[str] = (),
    earlier: Sequence[Manifest] = (),
) -> Evidence:
    """The evidence of one sweep; missing, failed and foreign runs are named but not used.

    `certificates` are by key, the others by run id; `earlier` is what the sweep declared before.
    """

    def by(manifest: Manifest) -> Evidence:
        return _assess(
            manifest,
            records=records,
            certificates=certificates,
            audits=audits or {},
            histories=histories or {},
            complaints=list(complaints),
        )

    return with_declared(
        by(manifest), earlier, again=lambda other: with_declared(by(other), (), again=by)
    )


def _assess(
    manifest: Manifest,
    *,
    records: dict[str, RunRecord],
    certificates: dict[str, Certificate],
    audits: dict[str, Audit],
    histories: dict[str, History],
    complaints: list[str],
) -> Evidence:
    workloads = [
        replace(
            workload,
            audit=audit_runs(
                [run.record for run in workload.runs if run.record],
                certificate=workload.certificate,
                audits=audits,
                histories=histories,
            ),
        )
        for workload in aggregate(manifest, records, certificates)
    ]
    reasons = {w.label: why_void(w) for w in workloads}
    voided = {label: reason for label, reason in reasons.items() if reason}
    horizon = horizon_of(
        [w for w in workloads if w.label not in voided], comparison=manifest.comparison
    )
    asked = questions(workloads, pricing=manifest.pricing, horizon=horizon)
    answers = [_answer(question, manifest, workloads, voided, horizon) for question in asked]
    return Evidence(
        manifest=manifest,
        workloads=workloads,
        void=voided,
        answers=answers,
        decision=_decide(manifest, workloads, answers, voided),
        changes=_changes(workloads, answers, horizon),
        horizon=horizon,
        disturbed=disturbances(workloads),
        quality=quality_results(workloads),
        scalings=scalings(workloads, confidence=manifest.comparison.confidence),
        complaints=complaints,
    )


def _answer(
    question: Question,
    manifest: Manifest,
    workloads: list[Workload],
    voided: dict[str, str],
    horizon: Horizon,
) -> Answer:
    comparison = manifest.comparison
    scale = Scale(
        ratio=question.scale == "ratio",
        margin=getattr(comparison, question.margin),
        floor=question.floor(comparison),
    )
    asked = [workload for workload in workloads if question.applies(workload)]
    found: dict[str, Pairs] = {}
    refused = {label: void(label, reason=reason) for label, reason in voided.items()}
    for workload in asked:
        unpriced = question.key == "cost" and why_unpriced(
            manifest.pricing, machine_class=manifest.machine_class
        )
        if workload.label in refused:
            continue
        if unpriced:
            refused[workload.label] = Finding(
                workload=workload.label, n=0, verdict=Verdict.UNKNOWN, reason=unpriced
            )
        elif workload.only:
            refused[workload.label] = _alone(workload, question, framework=workload.only)
        elif question.timed and (reason := why_confounded(workload)):
            refused[workload.label] = unanswered(workload.label, reason=reason)
        else:
            found[workload.label] = _pairs(workload, question, horizon.imports)
    judged = {f.workload: f for f in judge(found, scale=scale, confidence=comparison.confidence)}
    findings = [
        tell_floor((judged | refused)[workload.label], scale=scale, unit=question.unit)
        for workload in asked
    ]
    elsewhere, why = _elsewhere(findings, scale=scale, confidence=comparison.confidence)
    return Answer(
        question=question,
        scale=scale,
        findings=findings,
        elsewhere=elsewhere,
        elsewhere_reason=why,
    )


def _pairs(workload: Workload, question: Question, imports: Imports) -> Pairs:
    if is_score(question):
        worst = -math.inf if question.more_is_better else math.inf
        found = pair_by_seed(workload, question.figure, worst=worst)
    else:
        worst_time = math.inf if question.timed else None
        found = pair_by_block(workload, question.figure, timed=question.timed, worst=worst_time)
    shared = _shared(workload, question, imports) if found.pairs else []
    return replace(found, least_sd=_least_sd(workload, question), shared=shared)


def _shared(workload: Workload, question: Question, imports: Imports) -> list[Shared]:
    """The errors that all pairs of a question about whole times share: the imports'."""
    if question.whole_s is None:
        return []
    whole = pair_by_block(workload, question.whole_s, timed=question.timed).pairs
    torch_s, tf_s = fmean(pair.torch for pair in whole), fmean(pair.tf for pair in whole)
    return shared_errors(imports, torch_s=torch_s, tf_s=tf_s)


def _least_sd(workload: Workload, question: Question) -> float:
    """The least SD of the differences: a score in points counts samples, and is known to one."""
    if question.scale == "ratio" or workload.metric is None:
        return RATIO_LEAST_SD
    return workload.metric.points / workload.config.data.num_test


def _alone(workload: Workload, question: Question, *, framework: str) -> Finding:
    runs = workload.used(framework)
    left_out = [run for run in runs if question.timed and run.timing_problem]
    records = [run.record for run in runs if run.record and run not in left_out]
    figures = [f for record in records if (f := question.figure(record)) is not None]
    dropped = [f"seed {run.seed} has no valid time ({run.timing_problem})" for run in left_out]
    return alone(workload.label, framework=framework, figures=figures, dropped=dropped)


def _elsewhere(
    findings: list[Finding], *, scale: Scale, confidence: float
) -> tuple[Interval | None, str]:
    """What to expect of another workload: neither an interval over seeds nor one of the mean over
    workloads says that."""
    means = [
        scale.difference(torch=1.0, tf=f.estimate) if scale.ratio else f.estimate
        for f in findings
        if f.estimate is not None
    ]
    if len(means) < MIN_WORKLOADS:
        held = "1 workload" if len(means) == 1 else f"{len(means)} workloads"
        return None, f"{held} compared: at least {MIN_WORKLOADS} are needed to generalise"
    return scale.interval(prediction_interval(means, confidence=confidence)), ""


def _decide(
    manifest: Manifest,
    workloads: list[Workload],
    answers: list[Answer],
    voided: dict[str, str],
) -> Decision:
    by_key = {answer.question.key: answer for answer in answers}
    speed_key = _speed_key(by_key, workloads)
    scores = {f.workload: f for a in answers if is_score(a.question) for f in a.findings}
    speeds = {f.workload: f for key in ("horizon", speed_key) for f in by_key[key].findings}
    confidence = manifest.comparison.confidence
    compared = sum(not w.only and w.label not in voided for w in workloads)
    alpha = (1 - confidence) / max(1, compared)
    choices = [
        weigh_failures(
            _choose(w, scores, speeds, void=voided.get(w.label, "")), count_failures(w), alpha=alpha
        )
        for w in workloads
    ]
    by_time = [choice.workload for choice in choices if choice.ground != "score"]
    deciding = [*scores.values(), *(speeds[label] for label in by_time)]
    failed = {choice.workload for choice in choices if choice.ground == "failures"}
    counts = [
        f.n
        for f in deciding
        if f.verdict not in (Verdict.VOID, Verdict.ALONE) and f.workload not in failed
    ]
    num_pairs = [n for n in counts if n] or counts
    num_pairs += [w.num_seeds for w in workloads if w.label in failed]
    scope = _scope(manifest, workloads, num_pairs, _deciding_time(by_key[speed_key], workloads))
    return Decision(
        recommendation=recommend(choices, scope=scope),
        scope=f"{scope.machine}; {scope.effort}",
        how_sure=_how_sure(choices, workloads, voided, confidence=confidence, num_pairs=num_pairs),
        choices=choices,
        speed_key=speed_key,
    )


def _how_sure(
    choices: list[Choice],
    workloads: list[Workload],
    voided: dict[str, str],
    *,
    confidence: float,
    num_pairs: list[int],
) -> str:
    """How sure the recommendation is; one that is sure says so if it was measured once."""
    told = format_confidence(choices, confidence=confidence, num_pairs=num_pairs)
    once = tell_occasions(w for w in workloads if w.label not in voided)
    return f"{told} {once}".strip() if told.startswith("Sure") else told


def _speed_key(by_key: dict[str, Answer], workloads: list[Workload]) -> str:
    """The time that decides; on noise it is that of a step, as no training converges."""
    if "target" in by_key:
        return "target"
    metrics = [w.metric for w in workloads if w.metric is not None]
    return "step" if metrics and not any(m.compared for m in metrics) else "horizon"


def _deciding_time(answer: Answer, workloads: list[Workload]) -> str:
    """What to call the deciding time; "time" where only some workloads have a target."""
    if len(answer.findings) < len(workloads):
        return "time"
    if answer.question.key == "step":
        return "time per step, once warm"
    title = answer.question.title
    return title[0].lower() + title[1:]


def _choose(
    workload: Workload, scores: dict[str, Finding], speeds: dict[str, Finding], *, void: str
) -> Choice:
    if workload.only:
        return uncompared(workload.label, only=workload.only)
    if workload.metric is None:
        has_run = any(run.record for run in workload.runs)
        return unscored(workload.label, void=void, has_run=has_run)
    speed = speeds[workload.label]
    if not workload.metric.compared:
        return name_floor(choose_by_speed(speed), speed=speed)
    return name_floor(choose(scores[workload.label], speed, metric=workload.metric), speed=speed)


def _scope(manifest: Manifest, workloads: list[Workload], num_pairs: list[int], time: str) -> Scope:
    def names(group: str, noun: str) -> str:
        found = list(dict.fromkeys(str(getattr(w.config, group).name) for w in workloads))
        return brief(found, noun=noun)

    hardware = names("hardware", "kinds").upper().replace(" AND ", " and ")

    return Scope(
        subject=f"{names('model', 'models')} on {names('data', 'data sets')}",
        machine=f"measured on {hardware}, {manifest.machine_class}",
        effort=_effort(workloads, num_pairs),
        time=time,
    )


def _effort(workloads: list[Workload], num_pairs: list[int]) -> str:
    """The seeds that count, or those declared if nothing is compared; "3 seeds, PyTorch only"."""
    counted = num_pairs if any(num_pairs) else [workload.num_seeds for workload in workloads]
    seeds = format_seeds(counted)
    ran = {workload.only for workload in workloads}
    only = ran.pop() if len(ran) == 1 else None
    num = len(slow_runs(workloads))
    slow = f", {num} {'run looks' if num == 1 else 'runs look'} disturbed" if num else ""
    return f"{seeds}, {NAMES[only]} only" if only else f"{seeds} per framework{slow}"


def _changes(workloads: list[Workload], answers: list[Answer], horizon: Horizon) -> list[str]:
    by_key = {answer.question.key: answer for answer in answers}
    deciding = [a for a in answers if is_score(a.question)]
    deciding.append(by_key[_speed_key(by_key, workloads)])
    found = [
        text
        for answer in deciding
        for finding in answer.findings
        for text in seed_change(finding, answer.question)
    ]
    for answer in deciding:
        found += margin_change(answer.findings, answer.question, margin=answer.scale.margin)
    if "target" in by_key:
        longer = {finding.workload: finding for finding in by_key["horizon"].findings}
        for finding in by_key["target"].findings:
            found += horizon_change(finding, longer[finding.workload], words=horizon.words)
    for lengths in horizon.lengths:
        found += length_change(lengths)
    return found + price_change(by_key["total"].findings)
