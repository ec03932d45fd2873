"""What single values may be: ranges of numbers, choices of names, formats of text."""

import math
import re
from collections.abc import Callable, Collection, Iterator
from datetime import date
from operator import attrgetter
from typing import Any

from fwexp.config.dotted import is_dotted
from fwexp.config.horizon import horizon_s
from fwexp.config.schema import Config
from fwexp.hardware.precision import PRECISIONS
from fwexp.hardware.table import HARDWARE

DOTTED = {  # key -> an example
    "data.task": "fwexp.tasks.classification:Classification",
    "data.format": "fwexp.data.formats.idx:decode",
}
MAX_SEED = 2**32 - 1  # NumPy's and Lightning's

CHOICES: dict[str, Collection[str]] = {
    "framework.name": ("torch", "tf"),
    "hardware.name": HARDWARE,
    "precision.name": PRECISIONS,
    "execution.name": ("plain", "debug"),
    "optimizer.name": ("sgd", "momentum", "adam", "adamw"),
    "optimizer.schedule.name": ("constant", "cosine"),
    "tracking.name": ("none", "wandb_offline", "wandb_online", "tensorboard"),
    "pricing.terms": ("on_demand", "spot"),
}

RANGES: dict[str, tuple[Callable[[float], bool], str]] = {
    "seed": (lambda x: 0 <= x <= MAX_SEED, f"from 0 to {MAX_SEED}"),
    "data.num_train": (lambda x: x >= 1, "at least 1"),
    "data.num_test": (lambda x: x >= 1, "at least 1"),
    "data.num_classes": (lambda x: x >= 2, "at least 2"),
    "data.sequence_length": (lambda x: x >= 1, "at least 1"),
    "data.target_length": (lambda x: x >= 1, "at least 1"),
    "data.vocabulary_size": (lambda x: x >= 1, "at least 1"),
    "data.num_users": (lambda x: x >= 1, "at least 1"),
    "data.num_items": (lambda x: x >= 1, "at least 1"),
    "data.scale": (lambda x: x > 0, "above 0"),
    "training.batch_size": (lambda x: x >= 1, "at least 1"),
    "training.num_epochs": (lambda x: x > 0, "above 0"),
    "training.num_steps": (lambda x: x >= 1, "at least 1"),
    "training.evaluate_every_epochs": (lambda x: x > 0, "above 0"),
    "training.target": (lambda x: x > 0, "above 0"),
    "training.quality_target": (lambda x: x > 0, "above 0"),
    "hardware.num_threads": (lambda x: x >= 1, "at least 1"),
    "launcher.checkpoint_every_min": (lambda x: x > 0, "above 0"),
    "launcher.blocks_per_job": (lambda x: x >= 1, "at least 1"),
    "hardware.devices": (lambda x: x >= 1, "at least 1"),
    "hardware.nodes": (lambda x: x >= 1, "at least 1"),
    "tracking.answer_timeout_s": (lambda x: x > 0, "above 0"),
    "hardware.probe_timeout_s": (lambda x: x > 0, "above 0"),
    "optimizer.learning_rate": (lambda x: x > 0, "above 0"),
    "optimizer.momentum": (lambda x: 0 <= x < 1, "at least 0 and below 1"),
    "optimizer.beta_1": (lambda x: 0 <= x < 1, "at least 0 and below 1"),
    "optimizer.beta_2": (lambda x: 0 <= x < 1, "at least 0 and below 1"),
    "optimizer.epsilon": (lambda x: x > 0, "above 0"),
    "optimizer.weight_decay": (lambda x: x >= 0, "at least 0"),
    "optimizer.schedule.warmup_fraction": (lambda x: 0 <= x < 1, "at least 0 and below 1"),
    "comparison.num_seeds": (lambda x: x >= 1, "at least 1"),
    "comparison.score_margin_points": (lambda x: x > 0, "above 0"),
    "comparison.score_margin_ratio": (lambda x: x > 1, "above 1"),
    "comparison.ratio_margin": (lambda x: x > 1, "above 1"),
    "comparison.confidence": (lambda x: 0.5 < x < 1, "above 0.5 and below 1"),
    "comparison.floor_s": (lambda x: x >= 0, "at least 0"),
    "comparison.floor_usd": (lambda x: x >= 0, "at least 0"),
    "comparison.floor_mib": (lambda x: x >= 0, "at least 0"),
    "comparison.floor_points": (lambda x: x >= 0, "at least 0"),
    "comparison.num_imports": (lambda x: x >= 1, "at least 1"),
    "pricing.price_usd_per_hour": (lambda x: x > 0, "above 0"),
}


def find_bad_values(config: Config) -> Iterator[str]:
    """A message for every value that is invalid by itself."""
    for path, names in CHOICES.items():
        if value_at(config, path) not in names:
            yield f"{path}={value_at(config, path)}: must be one of {', '.join(names)}."
    for path, (holds, words) in RANGES.items():
        value = value_at(config, path)
        if value is not None and not (math.isfinite(value) and holds(value)):
            yield f"{path}={value}: must be {words}."
    yield from _find_bad_texts(config)


def value_at(config: Config, path: str) -> Any:
    """The value under a dotted key."""
    return attrgetter(path)(config)


def _find_bad_texts(config: Config) -> Iterator[str]:
    implementation = config.model.implementation
    if not all(part.isidentifier() for part in implementation.split(".")):
        yield (
            f"model.implementation={implementation}: "
            "must be a dotted package name, as in mypackage.mymodel."
        )
    if (reason := _bad_pattern(config.pricing.machine_class)) is not None:
        yield (
            f"pricing.machine_class={config.pricing.machine_class}: must be a regular expression "
            f"for the whole machine class that fwexp doctor prints ({reason})."
        )
    for key, example in DOTTED.items():
        if not is_dotted(value_at(config, key)):
            yield f"{key}={value_at(config, key)}: must be 'package.module:name', as in {example}."
    if not _is_horizon(config.comparison.horizon):
        yield (
            f"comparison.horizon={config.comparison.horizon}: must be 'as run' or a time above 0, "
            "as in 30min, 1h or 2d."
        )
    if not _is_date(config.pricing.date):
        yield f"pricing.date={config.pricing.date}: must be a date, as in 2026-01-31."
    if not re.fullmatch("[0-9a-f]{64}", config.data.sha256):
        yield f"data.sha256={config.data.sha256}: must be 64 hexadecimal digits."
    if not re.fullmatch(r"[^/\\#?%:]{1,128}", config.tracking.project):
        yield (
            f"tracking.project={config.tracking.project}: must be the name of a W&B project, at "
            "most 128 letters and none of / \\ # ? % :; the team goes into WANDB_ENTITY."
        )
    if not config.store.strip():
        yield "store=: must be the name of a folder, as in store=store."


def _bad_pattern(text: str) -> str | None:
    try:
        re.compile(text)
    except re.error as error:
        return str(error)
    return None


def _is_horizon(text: str) -> bool:
    try:
        horizon_s(text)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
