"""Every model's certificate on its data, its size beside the published one, and its drift."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from fwexp.config.load import compose
from fwexp.config.plain import to_plain
from fwexp.config.schema import Config
from fwexp.data import preparation
from fwexp.launch.combine import resolved
from fwexp.launch.servers import framework_servers
from fwexp.models.registry import load_spec
from fwexp.parity.certify import CAPTURE, certify, describe
from fwexp.processes.warm_servers import WarmServers
from fwexp.store.certificate import Certificate, Stage
from fwexp.store.store import Store
from tests.prove.table import figure, table

PLAIN = ("data=cifar10", "optimizer=momentum", "optimizer.learning_rate=0.01")
NORMED = ("data=cifar10", "optimizer=momentum", "optimizer.learning_rate=0.05")
IMAGENET = ("data=synthetic",)  # 224 × 224 × 3, 1000 classes
ML_20M = ("data=ml100k", "data.num_users=138493", "data.num_items=26744")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A model, and what it is certified with."""

    model: str
    overrides: tuple[str, ...]
    full: tuple[str, ...] = ()  # what the published size is built for; empty: none is published
    left_out: int = 0  # of the published parameters, said in the spec


SUBJECTS = [
    Subject(model="alexnet", overrides=PLAIN, full=IMAGENET),
    Subject(model="vgg19", overrides=PLAIN, full=IMAGENET),
    Subject(model="resnet50", overrides=NORMED, full=IMAGENET),
    Subject(model="mobilenet", overrides=NORMED, full=IMAGENET),
    Subject(
        model="gnmt",
        overrides=("data=verses", "optimizer=adam"),
        full=("data=verses",),
        left_out=36_864,  # torch's second LSTM biases
    ),
    Subject(model="ncf", overrides=("data=ml100k", "optimizer=adam"), full=ML_20M),
    Subject(model="lstm", overrides=("data=airline", "optimizer=adam")),
    Subject(model="transformer", overrides=("data=text", "optimizer=adamw")),
    Subject(model="encoder", overrides=("data=passages", "optimizer=adamw")),
    *(
        Subject(model=model, overrides=("data=digits", f"optimizer={optimizer}"))
        for model in ("mlp", "cnn")
        for optimizer in ("sgd", "momentum", "adam", "adamw")
    ),
]


@dataclass(frozen=True, kw_only=True)
class Drift:
    """‖difference‖ / ‖weights‖ after the twenty steps that both took by themselves."""

    float64: float
    float32: float
    one_rounding: float  # torch against torch, every weight moved to the next number in float64


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What came of one subject."""

    subject: Subject
    certificate: Certificate
    drift: Drift
    published: int | None
    full: int | None  # ours, at the published size

    @property
    def holds(self) -> bool:
        sizes_agree = self.published is None or self.full == self.published - self.subject.left_out
        return self.certificate.passed and sizes_agree


def show_all(folder: Path) -> list[Shown]:
    """Every subject's certificate, at bf16: its numbers are those of fp32, then come dtypes."""
    store = Store(folder / "store")
    with framework_servers(["torch", "tf"], logs=store.path / "logs") as servers:
        return [_show(subject, store, servers, folder) for subject in SUBJECTS]


def _show(subject: Subject, store: Store, servers: WarmServers, folder: Path) -> Shown:
    chosen = [f"model={subject.model}", *subject.overrides]
    config = resolved([*chosen, "precision=bf16", "hardware.num_threads=1"])
    preparation.prepare(config.data)
    shown = Shown(
        subject=subject,
        certificate=certify(config, store=store, servers=servers, say=lambda _: None),
        drift=_drift(config, servers, folder),
        published=_published(config) if subject.full else None,
        full=_full_size(subject) if subject.full else None,
    )
    print(f"{describe(shown.certificate)}; drift {shown.drift.float64:.0e}", flush=True)
    return shown


def _published(config: Config) -> int:
    count: int = import_module(f"{config.model.implementation}.spec").PUBLISHED_PARAMETERS
    return count


def _full_size(subject: Subject) -> int:
    config = compose([f"model={subject.model}_full", *subject.full])
    variables = load_spec(config.model, config.data).variables().values()
    return sum(math.prod(variable.shape) for variable in variables if variable.trainable)


def _drift(config: Config, servers: WarmServers, folder: Path) -> Drift:
    single = replace(config, precision=replace(config.precision, name="fp32"))
    torch, keras = (_weights(single, name, servers, folder) for name in ("torch", "tf"))
    return Drift(
        float64=_gap(torch, keras, "float64"),
        float32=_gap(torch, keras, "float32"),
        one_rounding=_gap(torch, torch, "float64", "apart"),
    )


def _weights(
    config: Config, framework: str, servers: WarmServers, folder: Path
) -> Mapping[str, np.ndarray]:
    """The weights that one side ends with, by kind and name."""
    side = replace(config, framework=replace(config.framework, name=framework))
    to, log = folder / f"drift-{framework}.npz", folder / f"drift-{framework}.log"
    arguments: dict[str, Any] = {"config": to_plain(side), "kind": "drift", "to": str(to)}
    arguments["reference"] = None
    code = servers[framework].call(CAPTURE, arguments, log=log, hear=lambda _: None)
    assert code == 0, log.read_text()
    with np.load(to) as arrays:
        return dict(arrays)


def _gap(
    ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray], kind: str, other: str = ""
) -> float:
    names = [name.removeprefix(f"{kind}/") for name in ours if name.startswith(f"{kind}/")]
    pairs = [(ours[f"{kind}/{n}"], theirs[f"{other or kind}/{n}"]) for n in names]
    gaps = [np.linalg.norm(np.subtract(b, a, dtype=np.float64)) for a, b in pairs]
    return float(np.linalg.norm(gaps) / np.linalg.norm([np.linalg.norm(a) for a, _ in pairs]))


def model_table(shown: list[Shown]) -> list[str]:
    """A row a model; 20 locked steps are the update, the optimizer's state and the statistics."""
    header = [
        *("model", "with", "parameters, published", "ours, full size", "here"),
        *("data, weights, shapes", "forward", "loss", "gradients", "20 locked steps"),
        *("evaluation after", "forward in float32", "dtypes at bf16"),
        *("drift", "drift in float32", "one rounding"),
    ]
    return table(header, [_row(s) for s in shown])


def _row(shown: Shown) -> list[str]:
    made = shown.certificate
    stages = {stage.name: stage for stage in made.stages}

    def worst(*names: str) -> str:
        found = [stages[name] for name in names if name in stages]
        return figure(max(found, key=_badness) if found else None)

    drift = shown.drift
    return [
        *(made.model, f"{made.data}, {made.optimizer}"),
        *_sizes(shown),
        worst("data", "parameters", "initial weights", "shapes"),
        *map(worst, ("forward", "loss", "gradients")),
        worst("optimizer steps", "optimizer state", "statistics"),
        *map(worst, ("evaluation after training", "forward in float32")),
        _equal(stages.get("dtypes")),
        *(f"{value:.0e}" for value in (drift.float64, drift.float32, drift.one_rounding)),
    ]


def _badness(stage: Stage) -> tuple[bool, float]:
    return not stage.passed, stage.difference


def _equal(stage: Stage | None) -> str:
    if stage is None:
        return "–"
    return "equal" if stage.passed else f"FAILED at {stage.where}"


def _sizes(shown: Shown) -> list[str]:
    here = f"{shown.certificate.num_parameters:,}"
    if shown.published is None or shown.full is None:
        return ["–", "–", here]
    left_out = shown.subject.left_out
    full = f"{shown.full:,}"
    if left_out:
        full += f" + {left_out:,} left out"
    if shown.full + left_out != shown.published:
        full += " FAILED"
    return [f"{shown.published:,}", full, here]
