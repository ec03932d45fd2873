"""Checks of a plan as a whole; rules for single configurations are in config/rules.py."""

from collections.abc import Sequence
from dataclasses import replace

from fwexp.config import rules
from fwexp.config.ranges import value_at
from fwexp.config.schema import Config, Data, Model
from fwexp.errors import ConfigError
from fwexp.identity.places import find_place
from fwexp.identity.sources import Sources
from fwexp.launch.plan import PlannedRun
from fwexp.meters import probe
from fwexp.models.linter import live_traps
from fwexp.models.registry import load_spec
from fwexp.parity.stand_in import stand_in_of
from fwexp.runs.identity import UNDECIDING_FIELDS, run_digests, run_roots, run_sources

ONE_PER_WORKLOAD = [f"{group}.{key}" for group, keys in UNDECIDING_FIELDS.items() for key in keys]
DECLARED_ONCE = ("comparison", "pricing", "launcher", "store", "tracking")


class OncePerPlan:
    """What a plan looks up only once per framework, per model and per model's package."""

    def __init__(self) -> None:
        self.frameworks: set[str] = set()
        self.specs: list[tuple[Model, Data]] = []
        self.packages: set[str] = set()
        self.sources: dict[tuple[str, ...], tuple[Sources, dict[str, str]]] = {}

    def framework(self, name: str) -> None:
        if name not in self.frameworks:
            probe.require_framework(name)
            self.frameworks.add(name)

    def spec(self, config: Config) -> None:
        if (config.model, config.data) not in self.specs:
            for sized in filter(None, (config, stand_in_of(config))):
                load_spec(sized.model, sized.data)
            self.specs.append((config.model, config.data))

    def traps(self, package: str) -> None:
        if package not in self.packages:
            place = find_place(package)
            assert place is not None  # its spec is loaded
            if traps := live_traps(place.folders[0]):
                raise ConfigError([trap.sentence() for trap in traps])
            self.packages.add(package)

    def sources_of(self, config: Config) -> tuple[Sources, dict[str, str]]:
        """What the run executes, and the digests of everything that decides its result."""
        key = (*run_roots(config), config.data.sha256)
        if key not in self.sources:
            self.sources[key] = run_sources(config), run_digests(config)
        return self.sources[key]


def check_rules(settings: list[Config], seeds: Sequence[int]) -> None:
    """Raise ConfigError with every rule the combinations break, and the seeds with one of them."""
    with_seeds = [replace(settings[0], seed=seed) for seed in seeds]
    problems = [p for config in [*with_seeds, *settings[1:]] for p in rules.check(config)]
    if problems:
        raise ConfigError(dict.fromkeys(problems))


def check_timed(settings: list[Config]) -> None:
    """Raise ConfigError for runs whose times say nothing about the frameworks."""
    if any(config.execution.name == "debug" for config in settings):
        raise ConfigError(
            ["execution=debug is for single runs: its times mean nothing; leave it out of a sweep."]
        )


def check_declared_once(configs: list[Config]) -> None:
    """Raise ConfigError if runs differ in what the manifest declares for all of them."""
    problems = [
        f"{key}: all runs of a sweep share one, but here are several; run one sweep for each"
        for key in DECLARED_ONCE
        if any(value_at(config, key) != value_at(configs[0], key) for config in configs)
    ]
    if problems:
        raise ConfigError(problems)


def check_one_per_workload(runs: list[PlannedRun]) -> None:
    """Raise ConfigError if one workload has several values of something its run ids leave out: its
    runs would serve only one."""
    values: dict[tuple[str, str], dict[str, None]] = {}
    for run in runs:
        for key in ONE_PER_WORKLOAD:
            values.setdefault((key, run.workload), {})[str(value_at(run.config, key))] = None
    problems = [
        f"{key} is {' and '.join(told)} for one workload, which takes one; run one sweep for each"
        for (key, _), told in values.items()
        if len(told) > 1
    ]
    if problems:
        raise ConfigError(dict.fromkeys(problems))
