"""The run id: a hash of what decides a run's result."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config
from fwexp.errors import ConfigError

FRAMEWORK_PACKAGES = {"torch": ("torch", "pytorch-lightning"), "tf": ("tensorflow", "keras")}
UNDECIDING = ("tracking", "launcher", "store", "comparison", "pricing")  # of the result
DATA_DECIDES = (
    *("name", "task", "format", "sha256", "scale", "mean", "std"),
    *("image_shape", "num_classes", "sequence_length", "target_length", "vocabulary_size"),
    *("num_users", "num_items"),  # with these a model is built
    *("num_train", "num_test"),  # which no hash tells where the data are made on the spot
)
UNDECIDING_FIELDS = {
    "model": ("stand_in", "stand_in_options"),  # the certificate's, whose key holds them
    "training": ("name", "target", "quality_target", "baseline"),
    "hardware": ("probe_timeout_s",),
}
HARNESS = (
    *("data/dataset.py", "data/synthetic.py", "runs/execute.py", "runs/ranks.py", "runs/watch.py"),
    *("runs/recipe.py", "runs/measurements.py"),
    *("runs/attempt.py", "runs/checkpoint.py", "runs/random_state.py", "runs/timing.py"),
    *("meters/clock.py", "meters/device_use.py", "meters/load.py", "meters/memory.py"),
)


def run_id(config: Config, digests: dict[str, str]) -> str:
    """A readable name that ends in the hash of everything the result depends on."""
    return run_ids(config, digests, seeds=[config.seed])[0]


def run_ids(config: Config, digests: dict[str, str], *, seeds: Sequence[int]) -> list[str]:
    """The id of this run with each of the seeds."""
    plain = _deciding(to_plain(config))
    names = (config.framework.name, config.model.name, config.data.name)
    found = []
    for seed in seeds:
        digest = sha256_of({"config": plain | {"seed": seed}, "digests": digests})[:12]
        parts = (*names, f"s{seed}", digest)
        found.append("-".join(re.sub(r"[^A-Za-z0-9_.]", "_", part) for part in parts))
    return found


def workload_key(config: Config) -> str:
    """The same for runs that differ in framework and seed alone."""
    plain = _deciding(to_plain(config))
    return sha256_of({k: v for k, v in plain.items() if k not in ("framework", "seed")})[:12]


def run_digests(config: Config) -> dict[str, str]:
    """Digests of the sources and data a run is made of, and its framework's versions."""
    packages = FRAMEWORK_PACKAGES[config.framework.name]
    return source_digests(config) | {p: version(p) for p in packages}


def source_digests(config: Config) -> dict[str, str]:
    """Digests of the model's package, of fwexp's trainers and shared model code, of the code
    that prepares and measures a run, of the data."""
    here = Path(__file__).resolve().parents[1]
    trainers = [*(here / "trainers").glob("*.py"), *(here / "models").glob("*.py")]
    return {
        "model": files_sha256(_model_sources(config)),
        "trainers": files_sha256(trainers),
        "harness": files_sha256([*(here / n for n in HARNESS), *(here / "tasks").glob("*.py")]),
        "data": config.data.sha256,
    }


def files_sha256(paths: Iterable[Path]) -> str:
    """A hash of the files' names and bytes, in the order of their paths."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.parent.name}/{path.name}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def sha256_of(plain: Any) -> str:
    """A hash of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def package_folder(config: Config) -> Path:
    """The folder of the model's package; ConfigError where Python finds none."""
    name = config.model.implementation
    try:
        found = find_spec(name)
    except ModuleNotFoundError:
        found = None
    if found is None or not found.submodule_search_locations:
        raise ConfigError(
            [
                f"model={config.model.name}: there is no Python package {name}; "
                "model.implementation names a package with spec.py, torch.py and keras.py, "
                "installed or in the folder you type the command in"
            ]
        )
    return Path(found.submodule_search_locations[0])


def _model_sources(config: Config) -> Iterable[Path]:
    """The model's own files; of a user's model every module of the top-level package, since its
    layers may lie beside it."""
    folder = package_folder(config)
    above = config.model.implementation.count(".")
    is_ours = config.model.implementation.startswith("fwexp.")
    top = folder if is_ours or not above else folder.parents[above - 1]
    return top.rglob("*.py")


def _deciding(plain: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in plain.items() if k not in UNDECIDING}
    kept["data"] = {k: kept["data"][k] for k in DATA_DECIDES}
    for group, undeciding in UNDECIDING_FIELDS.items():
        kept[group] = {k: v for k, v in kept[group].items() if k not in undeciding}
    return kept
