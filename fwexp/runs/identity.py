"""The run id: a hash of what decides a run's result."""

import hashlib
import json
import os
import re
from collections.abc import Sequence
from typing import Any

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config
from fwexp.identity.distributions import distribution_versions
from fwexp.identity.sources import Sources, follow
from fwexp.identity.variables import arithmetic_variables
from fwexp.models.registry import FILES
from fwexp.processes.warm_servers import SERVER_VARIABLES
from fwexp.trainers.registry import TRAINERS

UNDECIDING = ("tracking", "launcher", "store", "comparison", "pricing")  # of the result
DATA_DECIDES = (
    *("name", "task", "sha256", "scale", "mean", "std"),
    *("image_shape", "num_classes", "sequence_length", "target_length", "vocabulary_size"),
    *("num_users", "num_items"),  # a model is built from these
    *("num_train", "num_test", "format"),  # generated data have no hash that covers these
)
UNDECIDING_FIELDS = {
    "model": ("stand_in", "stand_in_options"),  # the certificate's: they are in its key
    "training": ("name", "target", "quality_target", "baseline"),
    "hardware": ("probe_timeout_s",),
}


def run_id(config: Config, digests: dict[str, str]) -> str:
    """A readable name that ends in the hash of everything the result depends on."""
    return run_ids(config, digests, seeds=[config.seed])[0]


def run_ids(config: Config, digests: dict[str, str], *, seeds: Sequence[int]) -> list[str]:
    """The ids of this run for each of the seeds."""
    decides = {"config": _deciding(config) | {"seed": None}, "digests": digests}
    all_but_seed = sha256_of(decides)  # once: a plan may have thousands of seeds
    parts = (config.framework.name, config.model.name, config.data.name)
    name = "-".join(re.sub(r"[^A-Za-z0-9_.]", "_", part) for part in parts)
    return [f"{name}-s{seed}-{sha256_of([all_but_seed, seed])[:12]}" for seed in seeds]


def workload_key(config: Config) -> str:
    """The same for runs that differ only in framework and seed."""
    plain = _deciding(config)
    return sha256_of({k: v for k, v in plain.items() if k not in ("framework", "seed")})[:12]


def run_sources(config: Config) -> Sources:
    """The modules and data files that the run executes, fwexp's and the user's."""
    return follow(run_roots(config))


def run_roots(config: Config) -> list[str]:
    """The modules that import all others that decide a run's result."""
    framework, model = config.framework.name, config.model.implementation
    return [
        "fwexp.runs.execute",
        TRAINERS[framework].partition(":")[0],
        f"{model}.spec",
        f"{model}.{FILES[framework]}",
        config.data.task.partition(":")[0],
    ]


def run_digests(config: Config) -> dict[str, str]:
    """What a run's result depends on besides its configuration, by name: the digests of its modules
    and data files, the versions of the libraries they import, the variables that change arithmetic,
    the data."""
    return source_digests(run_sources(config)) | {"data": config.data.sha256}


def source_digests(sources: Sources) -> dict[str, str]:
    """The same for these sources alone, as a warm server would run them."""
    variables = arithmetic_variables({**os.environ, **SERVER_VARIABLES})
    versions = distribution_versions(sources.imports)
    return {**sources.modules, **sources.files, **versions, **variables}


def sha256_of(plain: Any) -> str:
    """A hash of plain data, independent of key order."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _deciding(config: Config) -> dict[str, Any]:
    plain = to_plain(config)
    kept = {k: v for k, v in plain.items() if k not in UNDECIDING}
    kept["data"] = {k: kept["data"][k] for k in DATA_DECIDES}
    for group, undeciding in UNDECIDING_FIELDS.items():
        kept[group] = {k: v for k, v in kept[group].items() if k not in undeciding}
    return kept
