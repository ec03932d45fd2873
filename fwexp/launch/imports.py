"""How long a framework's import takes: several times, as a run's own time has a spread too."""

from collections.abc import Callable, Mapping

from fwexp.launch.launcher import MissingRun
from fwexp.launch.plan import Plan
from fwexp.processes.warm_servers import WarmServers
from fwexp.store.store import Store


def time_imports(
    plan: Plan,
    todo: Mapping[str, MissingRun],
    servers: WarmServers,
    store: Store,
    *,
    say: Callable[[str], None],
) -> dict[str, list[float]]:
    """By framework, the seconds of imports in other fresh processes, one after another.

    As many as `comparison.num_imports` lacks, besides the server's own and those that the plan's
    records hold; none where no run is to be done.
    """
    found: dict[str, list[float]] = {}
    for framework in sorted({item.run.config.framework.name for item in todo.values()}):
        lacking = plan.first.comparison.num_imports - 1 - _num_recorded(plan, framework, store)
        for number in range(1, lacking + 1):
            say(f"importing {framework} again ({number} of {lacking})")
            found.setdefault(framework, []).append(servers[framework].time_import())
    return found


def _num_recorded(plan: Plan, framework: str, store: Store) -> int:
    ids = [run.run_id for run in plan.runs if run.config.framework.name == framework]
    records, _ = store.read_records(plan.machine_class, ids)
    return len({s for r in records.values() for s in (r.import_s, *r.more_imports_s) if s})
