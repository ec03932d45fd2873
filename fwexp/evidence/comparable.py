"""What may not be compared: arms of mixed software, and a framework that stands for a machine or a
time of day."""

from collections.abc import Iterator

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Run, Workload
from fwexp.store.record import RunRecord
from fwexp.text import cut

MEND = "remove the older ones' folders from the store's runs and type the sweep's command again"
AGAIN = "type the sweep's command again with another store=…"


def why_mixed(workload: Workload) -> str:
    """Why the runs are not two arms of one software each; empty if they are."""
    return next(_mixtures(workload), "")


def why_confounded(workload: Workload) -> str:
    """Why the times would compare machines, or times of day; empty if they compare frameworks."""
    torch, tf = (_records(workload.timed(name)) for name in FRAMEWORKS)
    if not torch or not tf:
        return ""
    ours, theirs = ({_place(record) for record in records} for records in (torch, tf))
    if not ours & theirs:
        return (
            f"all PyTorch runs were on {_some(ours)}, all TensorFlow runs on {_some(theirs)}: the "
            f"times would compare machines; {AGAIN}"
        )
    for first, second, early, late in (
        ("PyTorch", "TensorFlow", torch, tf),
        ("TensorFlow", "PyTorch", tf, torch),
    ):
        if _is_before(early, late):
            return (
                f"all {first} runs ended before the first {second} run began: the times would "
                f"compare occasions; {AGAIN}"
            )
    return ""


def _mixtures(workload: Workload) -> Iterator[str]:
    for framework in FRAMEWORKS:
        records, name = _records(workload.used(framework)), NAMES[framework]
        if found := _differing([record.digests for record in records]):
            yield f"{name}'s runs are of several sources ({cut(found)}): {MEND}"
        if found := _differing([_versions(record) for record in records]):
            yield f"{name}'s runs are of several versions ({cut(found)}): {MEND}"
    torch, tf = ({r.seed: r.record for r in workload.used(name)} for name in FRAMEWORKS)
    for seed in sorted(torch.keys() & tf.keys()):
        commits = [run.environment.commit for run in (torch[seed], tf[seed]) if run]
        if commits[0] != commits[1]:
            told = cut(f"{commits[0]} and {commits[1]}")
            yield f"the two runs of seed {seed} are of fwexp's commits {told}: {MEND}"


def _differing(facts: list[dict[str, str]]) -> str:
    """The first name under which the runs have different values, with them."""
    for name in dict.fromkeys(name for fact in facts for name in fact):
        values = list(dict.fromkeys(fact.get(name, "none") for fact in facts))
        if len(values) > 1:
            return f"{name}: {' and '.join(value[:12] for value in values)}"
    return ""


def _versions(record: RunRecord) -> dict[str, str]:
    return {"Python": record.environment.python, **record.environment.versions}


def _records(runs: list[Run]) -> list[RunRecord]:
    return [run.record for run in runs if run.record]


def _place(record: RunRecord) -> str:
    """The scheduler's node name, or the host's."""
    return record.environment.node or record.environment.host


def _some(places: set[str]) -> str:
    names = sorted(places)
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return cut(f"{', '.join(names[:2])}{more}")


def _is_before(early: list[RunRecord], late: list[RunRecord]) -> bool:
    """Whether several runs of one all ended before the other's first began."""
    if min(len(early), len(late)) < 2:
        return False  # one block has an order, whichever it is
    ended = max(record.finished for record in early)
    return ended <= min(record.started for record in late)
