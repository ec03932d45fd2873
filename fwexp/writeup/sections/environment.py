"""What the runs ran on and with."""

from typing import Any

from fwexp.config.plain import to_plain
from fwexp.evidence.aggregate import FRAMEWORKS, NAMES
from fwexp.evidence.assess import Evidence
from fwexp.store.record import RunRecord
from fwexp.text import cut
from fwexp.writeup.section import Section, Table


def environment(evidence: Evidence) -> list[Section]:
    """Machine, versions, variables and effective settings, by framework where they differ."""
    by_framework: dict[str, list[dict[str, str]]] = {name: [] for name in FRAMEWORKS}
    for workload in evidence.workloads:
        for run in workload.runs:
            if run.record:
                by_framework[run.framework].append(_surroundings(run.record))
    keys = dict.fromkeys(k for facts in by_framework.values() for fact in facts for k in fact)
    rows = [[key, *(_distinct(by_framework[name], key) for name in FRAMEWORKS)] for key in keys]
    table = Table(
        columns=["", *(NAMES[name] for name in FRAMEWORKS)],
        rows=[[key, torch, "same" if tf == torch else tf] for key, torch, tf in rows],
    )
    return [Section(key="environment", title="Environment", table=table)]


def _surroundings(record: RunRecord) -> dict[str, str]:
    effective = to_plain(record.effective) if record.effective else {}
    facts = {"machine class": record.machine_class} | to_plain(record.environment)
    return _flat(facts) | _flat(effective, "effective ")


def _distinct(facts: list[dict[str, str]], key: str) -> str:
    return "; ".join(dict.fromkeys(fact[key] for fact in facts if key in fact)) or "–"


def _flat(node: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in node.items():
        name = prefix + (key if key.isupper() else key.replace("_", " "))  # KMP_INIT_AT_FORK stays
        found |= _flat(value, f"{name} ") if isinstance(value, dict) else {cut(name): _tell(value)}
    return found


def _tell(value: Any) -> str:
    return "–" if value is None else cut(str(value))
