"""All figures of a write-up as plain data, for evidence.json."""

import math
from dataclasses import asdict
from typing import Any

from fwexp.evidence.aggregate import Run, Workload
from fwexp.evidence.assess import Answer, Evidence
from fwexp.evidence.lengths import Lengths
from fwexp.writeup.first_screen import turning


def to_plain(evidence: Evidence) -> dict[str, Any]:
    """The evidence as JSON-ready data; a time that never ended is null."""
    manifest = evidence.manifest
    plain = {
        "sweep": {
            "name": manifest.name,
            "title": manifest.title,
            "command": manifest.command,
            "declared_at": manifest.declared_at,
            "sha256": manifest.sha256,
            "machine_class": manifest.machine_class,
            "comparison": asdict(manifest.comparison),
            "pricing": asdict(manifest.pricing),
        },
        "decision": asdict(evidence.decision),
        "changes": evidence.changes,
        "turning_settings": turning(evidence),
        "answers": [_answer(answer) for answer in evidence.answers],
        "lengths": [_lengths(found) for found in evidence.horizon.lengths],
        "imports_s": evidence.horizon.imports,
        "void": evidence.void,
        "disturbed": evidence.disturbed,
        "quality": [asdict(result) for result in evidence.quality],
        "complaints": evidence.complaints,
        "declared": asdict(evidence.declared),
        "workloads": [_workload(workload) for workload in evidence.workloads],
        "certificates": [asdict(certificate) for certificate in evidence.certificates],
    }
    return {key: _finite(value) for key, value in plain.items()}


def _answer(answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {
        "key": question.key,
        "title": question.title,
        "unit": question.unit,
        "scale": question.scale,
        "basis": question.basis,
        "margin": answer.scale.margin,
        "findings": [asdict(finding) for finding in answer.findings],
        "elsewhere": asdict(answer.elsewhere) if answer.elsewhere else None,
        "elsewhere_reason": answer.elsewhere_reason,
    }


def _lengths(found: Lengths) -> dict[str, Any]:
    asked = (1.0, float(found.num_steps), found.steps_at_horizon, math.inf)
    places = [found.at(steps) for steps in asked] if found.torch else []
    crossing = found.crossover() if found.torch else None
    return {
        **asdict(found),
        "ratios": [asdict(place) for place in places],
        "crossover_steps": crossing[0] if crossing else None,
        "curve": [asdict(place) for place in found.curve()] if found.torch else [],
    }


def _workload(workload: Workload) -> dict[str, Any]:
    return {
        "label": workload.label,
        "config": asdict(workload.config),
        "audit": asdict(workload.audit),
        "runs": [_run(run) for run in workload.runs],
    }


def _run(run: Run) -> dict[str, Any]:
    record = run.record
    return {
        "run_id": run.run_id,
        "framework": run.framework,
        "seed": run.seed,
        "block": run.block,
        "problem": run.problem,
        "reason": run.reason,
        "timing_problem": run.timing_problem,
        "metric": record.metric.name if record and record.metric else None,
        "score": record.score if record else None,
        "samples_per_s": record.samples_per_s if record else None,
        "unit": record.unit if record else None,
        "units_per_s": record.units_per_s if record else None,
        "phases": asdict(record.phases) if record and record.phases else None,
        "memory": asdict(record.memory) if record and record.memory else None,
    }


def _finite(node: Any) -> Any:
    """The same data without infinities, which JSON does not know."""
    if isinstance(node, dict):
        return {key: _finite(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_finite(value) for value in node]
    return None if isinstance(node, float) and not math.isfinite(node) else node
