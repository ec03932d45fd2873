"""A sweep as one W&B run: its declaration, its verdicts and its certificates."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fwexp.errors import StoreError
from fwexp.evidence.aggregate import MISSING
from fwexp.store.manifest import Manifest
from fwexp.store.store import Store
from fwexp.tracking.marker import wandb_id

Plain = dict[str, Any]


def sweep_id(folder: Path) -> str:
    """The same for one declaration, however its evidence grows, or its tracking is typed."""
    manifest = _manifest(folder)
    declared = f"{manifest.sha256} {manifest.declared_at}"
    return f"sweep-{folder.name}-{hashlib.sha256(declared.encode()).hexdigest()[:8]}"


def sweep_tags(evidence: Plain) -> list[str]:
    """The names of the models and data sets that people filter by."""
    names = [
        w["config"][group]["name"] for group in ("model", "data") for w in evidence["workloads"]
    ]
    return list(dict.fromkeys(names))


def sweep_config(folder: Path, evidence: Plain) -> Plain:
    """What the write-up needs beside the runs, as JSON text: W&B keeps neither the order of keys
    nor empty groups, and makes 1 of 1.0."""
    manifest = _manifest(folder)
    store = Store(folder.parents[1])
    runs = [run for workload in evidence["workloads"] for run in workload["runs"]]
    there = [run["run_id"] for run in runs if run["problem"] != MISSING]
    ids = {i: wandb_id(store.run_folder(manifest.machine_class, i)) for i in there}
    certificates = store.read_certificates(manifest.certificates)
    told = ("name", "title", "command", "declared_at", "machine_class")
    return {
        **{key: evidence["sweep"][key] for key in told},
        "manifest": json.dumps(_shortened(asdict(manifest))),
        "certificates": json.dumps([asdict(c) for c in certificates]),
        "complaints": json.dumps(evidence["complaints"]),
        "wandb_ids": json.dumps(ids),
    }


def manifest_from_text(text: str) -> Manifest:
    """The manifest of a sweep's W&B run; StoreError where the text is none."""
    try:
        plain = json.loads(text)
        shared, keys = plain.pop("shared"), plain.pop("keys")
        for run_id, own in plain["runs"].items():
            config = shared | own
            plain["runs"][run_id] = {key: config[key] for key in keys if key in config}
        return Manifest(**plain)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"the sweep's W&B run holds no manifest ({error})") from error


def sweep_summary(evidence: Plain) -> Plain:
    """The verdicts and certificates in plain numbers and words."""
    decision = evidence["decision"]
    told = {key: decision[key] for key in ("recommendation", "scope", "how_sure")}
    told |= {f"choose/{c['workload']}": c["winner"] for c in decision["choices"]}
    for answer in evidence["answers"]:
        for finding in answer["findings"]:
            told |= dict(_finding(finding, key=answer["key"]))
    for c in evidence["certificates"]:
        place = f"certificate/{c['model']}/{c['data']}/{c['optimizer']}/{c['precision']}"
        told[place] = "passed" if c["passed"] else "failed"
        differences = [stage["difference"] for stage in c["stages"]]
        told[f"{place}/worst_difference"] = max(
            (d for d in differences if d is not None), default=0
        )
    return {key: value for key, value in told.items() if value is not None}


def _finding(finding: Plain, *, key: str) -> Iterator[tuple[str, Any]]:
    place = f"{key}/{finding['workload']}"
    yield f"{place}/verdict", finding["verdict"]
    yield f"{place}/n", finding["n"]
    yield f"{place}/estimate", finding["estimate"]
    if finding["outer"]:
        yield f"{place}/low", finding["outer"]["low"]
        yield f"{place}/high", finding["outer"]["high"]


def _manifest(folder: Path) -> Manifest:
    return Store(folder.parents[1]).read_manifest(folder.name)


def _shortened(manifest: Plain) -> Plain:
    """What all runs share is written once: a sweep of 10,000 runs would not fit a W&B config."""
    configs = list(manifest["runs"].values())
    first = configs[0] if configs else {}
    shared = {k: v for k, v in first.items() if all(c.get(k) == v for c in configs)}
    runs = {
        run_id: {k: v for k, v in config.items() if k not in shared}
        for run_id, config in manifest["runs"].items()
    }
    keys = list(dict.fromkeys(key for config in configs for key in config))
    return {**manifest, "shared": shared, "keys": keys, "runs": runs}
