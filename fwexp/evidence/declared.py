"""Whether what judges the runs was declared before them, and how often the runs were looked at.

A declaration that adds seeds or workloads and changes no term keeps the date of the earlier one for
what that judged. One that leaves out seeds does not: which seeds count would be chosen by looking.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fwexp.config.plain import to_plain
from fwexp.evidence.aggregate import Workload
from fwexp.store.manifest import DeclaredWorkload, Manifest
from fwexp.store.quantities import check_moment

if TYPE_CHECKING:
    from fwexp.evidence.assess import Evidence

NO_TERMS = ("name", "num_seeds", "audit_mib")  # of a comparison: they judge nothing


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What was declared when, and what of the evidence is older than its terms."""

    num_declarations: int = 1
    first_at: str = ""  # ISO 8601: the date of the first one
    exploratory: list[str] = field(default_factory=list)  # workloads with runs before their terms
    num_early: int = 0  # runs that are older than the terms that judge them
    num_looks: int = 1  # the most of any workload: seeds were added after results were there
    first_says: str = ""  # what the first declaration would have recommended, if it is another


def find_declared(
    manifest: Manifest, workloads: Sequence[Workload], earlier: Iterable[Manifest]
) -> Declared:
    """How the manifest and the earlier ones of its sweep stand to the workloads' runs."""
    history = _in_order([*earlier, manifest])
    early: dict[str, int] = {}
    looks = 1
    for key, workload in zip(manifest.workloads, workloads, strict=True):
        judging = [one for one in history if _judges_as(one, manifest, key)]
        moments = [check_moment(run.record.started_at) for run in workload.runs if run.record]
        since = check_moment(judging[0].declared_at)
        if num := sum(moment < since for moment in moments):
            early[workload.label] = num
        looks = max(looks, _num_looks(judging, key, moments))
    return Declared(
        num_declarations=len(history),
        first_at=history[0].declared_at,
        exploratory=list(early),
        num_early=sum(early.values()),
        num_looks=looks,
    )


def first_terms(manifest: Manifest, earlier: Iterable[Manifest]) -> Manifest:
    """The manifest, with its runs, by the terms of the first declaration."""
    first = _in_order([*earlier, manifest])[0]
    workloads = {
        key: _with_targets(workload, first.workloads.get(key, workload))
        for key, workload in manifest.workloads.items()
    }
    kept = {name: getattr(manifest.comparison, name) for name in NO_TERMS}
    comparison = replace(first.comparison, **kept)
    at = first.declared_at
    return replace(manifest, comparison=comparison, workloads=workloads, declared_at=at)


def with_declared(
    evidence: "Evidence",
    earlier: Sequence[Manifest],
    *,
    again: Callable[[Manifest], "Evidence"],
) -> "Evidence":
    """The evidence that says where it is exploratory, and how often its runs were looked at.

    `again` assesses the same records by another manifest.
    """
    manifest = evidence.manifest
    declared = find_declared(manifest, evidence.workloads, earlier)
    if declared.exploratory and declared.num_declarations > 1:
        first = again(first_terms(manifest, earlier)).decision.recommendation
        declared = replace(declared, first_says=first)
    decision = evidence.decision
    if declared.num_looks > 1:
        said = _tell_looks(evidence, declared, again)
        decision = replace(decision, how_sure=f"{decision.how_sure} {said}")
    if declared.exploratory:
        decision = replace(
            decision,
            recommendation=f"{_lead(evidence, declared)}: {decision.recommendation}",
            how_sure=_how_sure(evidence, declared, otherwise=decision.how_sure),
            choices=[
                replace(c, because=f"exploratory: {c.because}")
                if c.workload in declared.exploratory
                else c
                for c in decision.choices
            ],
        )
    return replace(evidence, declared=declared, decision=decision)


def _lead(evidence: "Evidence", declared: Declared) -> str:
    where = declared.exploratory
    whole = len(where) == len(evidence.workloads)
    return "Exploratory" if whole else f"Exploratory for {', '.join(where)}"


def _how_sure(evidence: "Evidence", declared: Declared, *, otherwise: str) -> str:
    """What the exploratory part rests on; then how sure the rest is."""
    runs = "1 run" if declared.num_early == 1 else f"{declared.num_early} runs"
    told = (
        f"Not sure: the terms declared on {evidence.manifest.declared_at[:10]} are later than "
        f"{runs} they judge, so the runs may have suggested them."
    )
    if declared.first_says:
        told += (
            f" By the first of {declared.num_declarations} declarations, of "
            f"{declared.first_at[:10]}: {declared.first_says}."
        )
    else:
        told += " To test them, type the command again with new seeds."
    whole = len(declared.exploratory) == len(evidence.workloads)
    return told if whole else f"{told} For the others: {otherwise}"


def _tell_looks(
    evidence: "Evidence", declared: Declared, again: Callable[[Manifest], "Evidence"]
) -> str:
    """Whether the choice stands if the error is shared among the looks."""
    manifest, looks = evidence.manifest, declared.num_looks
    confidence = 1 - (1 - manifest.comparison.confidence) / looks
    comparison = replace(manifest.comparison, confidence=confidence)
    careful = again(replace(manifest, comparison=comparison)).decision
    same = [c.winner for c in careful.choices] == [c.winner for c in evidence.decision.choices]
    outcome = "the choice stays" if same else f"it would be: {careful.recommendation}"
    return (
        f"Seeds were added after results were there ({looks} looks); with the error shared among "
        f"the looks {outcome}."
    )


def _judges_as(one: Manifest, manifest: Manifest, key: str) -> bool:
    """Whether a declaration has the workload on the same terms, and no seed that was left out."""
    if key not in one.workloads or _terms(one, key) != _terms(manifest, key):
        return False
    return _runs(one, key) <= _runs(manifest, key)


def _terms(manifest: Manifest, key: str) -> Any:
    """What turns the workload's figures into verdicts."""
    comparison = to_plain(manifest.comparison)
    workload = manifest.workloads[key]
    kept = {name: value for name, value in comparison.items() if name not in NO_TERMS}
    return kept, workload.target, workload.quality_target


def _runs(manifest: Manifest, key: str) -> set[tuple[str, int]]:
    return {(run.framework, run.seed) for run in manifest.runs.values() if run.workload == key}


def _num_looks(judging: list[Manifest], key: str, moments: list[datetime]) -> int:
    """One, and one for each time that runs were added after some had started."""
    return 1 + sum(
        _runs(one, key) != _runs(other, key)
        and any(moment < check_moment(other.declared_at) for moment in moments)
        for one, other in pairwise(judging)
    )


def _in_order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Each declaration once, the first one first."""
    found = {(one.declared_at, one.sha256): one for one in manifests}
    return sorted(found.values(), key=lambda one: check_moment(one.declared_at))


def _with_targets(workload: DeclaredWorkload, other: DeclaredWorkload) -> DeclaredWorkload:
    """The workload with the targets of another declaration of it."""
    training = replace(
        workload.config.training, target=other.target, quality_target=other.quality_target
    )
    return replace(workload, config=replace(workload.config, training=training))
