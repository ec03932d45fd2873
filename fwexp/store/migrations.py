"""Brings what earlier versions of fwexp wrote up to date: one function per version and kind."""

from collections.abc import Callable
from typing import Any

from fwexp.errors import LaterVersionError

Plain = dict[str, Any]
Migration = Callable[[Plain], Plain]

SCHEMA = 3  # of records and manifests; 1 had no number

TASKS_1 = {
    "classification": "fwexp.tasks.classification:Classification",
    "forecast": "fwexp.tasks.forecast:Forecast",
    "language_model": "fwexp.tasks.language_model:LanguageModel",
    "recommendation": "fwexp.tasks.recommendation:Recommendation",
    "throughput": "fwexp.tasks.throughput:Throughput",
    "throughput_recommendation": "fwexp.tasks.throughput:RecommendationThroughput",
    "throughput_translation": "fwexp.tasks.throughput:TranslationThroughput",
    "translation": "fwexp.tasks.translation:Translation",
}
FORMATS_1 = {
    "airline": "fwexp.data.formats.series:decode_airline",
    "catalogues": "fwexp.data.formats.catalogues:decode",
    "cifar10": "fwexp.data.formats.cifar10:decode",
    "electricity": "fwexp.data.formats.series:decode_electricity",
    "idx": "fwexp.data.formats.idx:decode",
    "kjv": "fwexp.data.formats.kjv:decode",
    "kjv_sections": "fwexp.data.formats.kjv_sections:decode",
    "ml100k": "fwexp.data.formats.ml100k:decode",
    "sklearn_digits": "fwexp.data.formats.sklearn_digits:decode",
    "verses": "fwexp.data.formats.verses:decode",
    "synthetic throughput": "fwexp.data.synthetic:images",
    "synthetic throughput_translation": "fwexp.data.synthetic:pairs",
    "synthetic throughput_recommendation": "fwexp.data.synthetic:ratings",
}
# A price was for any machine of its hardware; a machine class with an accelerator names its host.
MACHINES_1 = {"cpu": "[^;]+", "gpu": ".+; host .+", "tpu": ".+; host .+"}
# Manifests had each run's whole configuration; these parts do not distinguish workloads.
NOT_WORKLOAD_1 = ("framework", "seed", "comparison", "launcher", "tracking", "pricing", "store")

COMPARISON_2: Plain = {  # what nobody declared
    "audit_mib": 0.0,  # no states were kept
    "horizon": "as run",
    **dict.fromkeys(("floor_s", "floor_usd", "floor_mib", "floor_points"), 0.0),
    "num_imports": 1,
}


def migrate_record(plain: Plain) -> Plain:
    """A run's record as this version writes it; ValueError if it cannot be migrated."""
    return _migrate(plain, {1: _record_1, 2: _record_2})


def migrate_manifest(plain: Plain) -> Plain:
    """A sweep's manifest as this version writes it; ValueError if it cannot be migrated."""
    return _migrate(plain, {1: _manifest_1, 2: _manifest_2})


def _migrate(plain: Plain, steps: dict[int, Migration]) -> Plain:
    if not isinstance(plain, dict):
        raise TypeError(f"it holds a {type(plain).__name__}")
    schema = plain.get("schema", 1)
    if not isinstance(schema, int) or schema < 1:
        raise ValueError(f"its schema is {schema!r}")
    if schema > SCHEMA:
        raise LaterVersionError(f"its schema is {schema}, this one's {SCHEMA}")
    for version in range(schema, SCHEMA):
        try:
            plain = steps[version](plain)
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(
                f"too old for this fwexp: {type(error).__name__} {error}; "
                "type the command again in a new store"
            ) from error
    return plain


def _record_2(plain: Plain) -> Plain:
    return {**plain, "schema": 3, "config": _config_2(plain["config"])}


def _manifest_2(plain: Plain) -> Plain:
    workloads = {
        key: {**workload, "config": _config_2(workload["config"])}
        for key, workload in plain["workloads"].items()
    }
    comparison = {**COMPARISON_2, **plain["comparison"]}
    return {**plain, "schema": 3, "comparison": comparison, "workloads": workloads}


def _config_2(plain: Plain) -> Plain:
    return {**plain, "comparison": {**COMPARISON_2, **plain["comparison"]}}


def _record_1(plain: Plain) -> Plain:
    config = _config_1(plain["config"])
    return {**plain, "schema": 2, "config": config, "effective": plain["effective"] or None}


def _config_1(plain: Plain) -> Plain:
    training, data = dict(plain["training"]), dict(plain["data"])
    training["quality_target"] = training.pop("level")
    is_noise = data["format"] == "synthetic"
    data["format"] = FORMATS_1[f"synthetic {data['task']}" if is_noise else data["format"]]
    data["task"] = TASKS_1[data["task"]]
    return {**plain, "training": training, "data": data, "pricing": _pricing_1(plain["pricing"])}


def _pricing_1(plain: Plain) -> Plain:
    rest = {key: value for key, value in plain.items() if key != "hardware"}
    return {**rest, "machine_class": MACHINES_1[plain["hardware"]]}


def _manifest_1(plain: Plain) -> Plain:
    """Runs had whole configurations; workloads, in their order, had targets and certificates."""
    keys, certificates = list(plain["targets"]), plain["certificates"]
    parts: list[Plain] = []  # of configurations, that tell workloads apart; in the keys' order
    workloads: dict[str, Plain] = {}
    runs: dict[str, Plain] = {}
    if len(certificates) not in (0, len(keys)):
        raise LookupError("its certificates are not those of its workloads")
    for run_id, config in plain["runs"].items():
        part = {key: value for key, value in config.items() if key not in NOT_WORKLOAD_1}
        if part not in parts:
            parts.append(part)
            shared = _config_1({**config, "framework": {"name": ""}, "seed": 0})
            certificate = certificates[len(workloads)] if certificates else None
            workloads[keys[len(workloads)]] = {"config": shared, "certificate": certificate}
        key = keys[parts.index(part)]
        framework = config["framework"]["name"]
        runs[run_id] = {"workload": key, "framework": framework, "seed": config["seed"]}
    if len(workloads) != len(keys):
        raise LookupError("its targets are not those of its workloads")
    dropped = ("targets", "levels", "certificates")
    kept = {key: value for key, value in plain.items() if key not in dropped}
    pricing = _pricing_1(plain["pricing"])
    return {**kept, "schema": 2, "pricing": pricing, "workloads": workloads, "runs": runs}
