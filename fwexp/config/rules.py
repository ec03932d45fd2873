"""Which values may not be combined: pure rules over the typed configuration.

Rules that depend on the task are checked once it is loaded: fwexp/tasks/checks.py.
"""

from collections.abc import Callable, Collection, Iterator

from fwexp.config.ranges import find_bad_values, value_at
from fwexp.config.schema import Config
from fwexp.hardware.precision import PRECISIONS
from fwexp.hardware.table import HARDWARE

FORMULA_FIELDS = {
    "sgd": (),
    "momentum": ("momentum",),
    "adam": ("beta_1", "beta_2", "epsilon"),
    "adamw": ("beta_1", "beta_2", "epsilon", "weight_decay"),
}

Rule = Callable[[Config], Iterator[str]]


def check(config: Config, *, doubtful: Collection[str] = ()) -> list[str]:
    """A message for every rule that the configuration breaks.

    `doubtful` are dotted keys whose override was refused: a rule that reads one is skipped, as
    its value is not what the user typed.
    """
    problems = list(find_bad_values(config))
    for rule, reads in RULES.items():
        if not any(_overlap(key, doubt) for key in reads for doubt in doubtful):
            problems += rule(config)
    return problems


def check_precision(config: Config) -> Iterator[str]:
    precision, hardware = config.precision.name, config.hardware.name
    if hardware not in HARDWARE:  # an unknown name has its own message
        return
    reason = HARDWARE[hardware].refused_precisions.get(precision)
    if reason:
        yield f"precision={precision} on {hardware} is refused: {reason}"


def check_duration(config: Config) -> Iterator[str]:
    epochs, steps = config.training.num_epochs, config.training.num_steps
    if epochs is None and steps is None:
        yield "training.num_epochs and training.num_steps are both null: give one of them."
    if epochs is not None and steps is not None:
        yield (
            f"training.num_epochs={epochs:g} and training.num_steps={steps} are both given: "
            "choose training=steps, or set one to null."
        )


def check_batch_size(config: Config) -> Iterator[str]:
    batch_size, data = config.training.batch_size, config.data
    if batch_size > data.num_train:
        yield (
            f"training.batch_size={batch_size}: {data.name} has only {data.num_train} training "
            "samples; choose a smaller batch."
        )


def check_shares(config: Config) -> Iterator[str]:
    batch_size = config.training.batch_size
    devices, nodes = config.hardware.devices, config.hardware.nodes
    num_replicas = devices * nodes
    if min(batch_size, devices, nodes) < 1 or batch_size % num_replicas == 0:
        return
    below = batch_size // num_replicas * num_replicas
    sizes = [size for size in (below, below + num_replicas) if size > 0]
    yield (
        f"training.batch_size={batch_size} does not divide evenly across {num_replicas} replicas "
        f"(hardware.devices={devices}, hardware.nodes={nodes}); "
        f"choose training.batch_size={'|'.join(map(str, sizes))}."
    )


def check_replicas(config: Config) -> Iterator[str]:
    framework, hardware = config.framework.name, config.hardware
    kind, precision = HARDWARE.get(hardware.name), PRECISIONS.get(config.precision.name)
    if framework == "tf" and hardware.nodes > 1:
        yield (
            f"hardware.nodes={hardware.nodes} framework=tf is refused: Keras 3's fit fails under "
            "MultiWorkerMirroredStrategy (keras#20585); choose hardware.nodes=1, or "
            "framework=torch."
        )
    if framework == "tf" and hardware.devices > 1 and precision and precision.scales_loss:
        yield (
            f"hardware.devices={hardware.devices} framework=tf precision={precision.name} is "
            "refused: Keras's loss scaling checks only the first device's gradients for overflow; "
            "choose hardware.devices=1, or precision=bf16|fp32."
        )
    several = max(hardware.devices, hardware.nodes) > 1
    if framework == "torch" and kind and kind.why_one_torch_device and several:
        yield (
            f"hardware.devices={hardware.devices} hardware.nodes={hardware.nodes} framework=torch "
            f"on {kind.name} is refused: {kind.why_one_torch_device}; choose hardware.devices=1 "
            "hardware.nodes=1, or framework=tf."
        )


def check_optimizer(config: Config) -> Iterator[str]:
    optimizer = config.optimizer
    used = FORMULA_FIELDS.get(optimizer.name)
    if used is None:  # an unknown name has its own message
        return
    for name in FORMULA_FIELDS["momentum"] + FORMULA_FIELDS["adamw"]:
        value = getattr(optimizer, name)
        if value is not None and name not in used:
            yield f"optimizer.{name}={value}: {optimizer.name} does not use {name}; remove it."
        if value is None and name in used:
            yield f"optimizer.{name}: {optimizer.name} needs it; type optimizer.{name}=…"


def check_quality_target(config: Config) -> Iterator[str]:
    target, baseline = config.training.quality_target, config.training.baseline
    if target is not None and not baseline:
        yield (
            f"training.quality_target={target:g}: name the baseline it exceeds; "
            "type training.baseline='the largest class'"
        )
    if target is None and baseline:
        yield (
            f"training.baseline={baseline}: also give the quality target that exceeds it: "
            "training.quality_target=…"
        )


def check_channels(config: Config) -> Iterator[str]:
    shape = config.data.image_shape
    if shape is None:
        return  # no images
    if config.data.scale is None or config.data.mean is None or config.data.std is None:
        yield "images need data.scale, data.mean and data.std: give all three."
        return
    if len(shape) != 3 or min(shape) < 1:
        yield f"data.image_shape={shape}: must be height, width and channels, each at least 1."
        return
    for name in ("mean", "std"):
        values = value_at(config, f"data.{name}")
        if len(values) != shape[2]:
            yield f"data.{name}={values}: must be one number per channel (there are {shape[2]})."
    if not all(value > 0 for value in config.data.std):
        yield f"data.std={config.data.std}: each must be above 0."


# Each rule, and the keys it reads.
RULES: dict[Rule, tuple[str, ...]] = {
    check_precision: ("precision.name", "hardware.name"),
    check_duration: ("training.num_epochs", "training.num_steps"),
    check_batch_size: ("training.batch_size", "data.num_train"),
    check_shares: ("training.batch_size", "hardware.devices", "hardware.nodes"),
    check_replicas: ("framework.name", "hardware", "precision.name"),
    check_optimizer: tuple(
        f"optimizer.{name}" for name in ("name", "momentum", *FORMULA_FIELDS["adamw"])
    ),
    check_quality_target: ("training.quality_target", "training.baseline"),
    check_channels: ("data.image_shape", "data.scale", "data.mean", "data.std"),
}


def _overlap(key: str, other: str) -> bool:
    """Whether one dotted key is the other or is inside it."""
    return f"{key}.".startswith(f"{other}.") or f"{other}.".startswith(f"{key}.")
