"""Capture what one framework does with a configuration, in a process of its own.

Torch goes first; the Keras capture is then given torch's state before each locked step, so that one
step is compared at a time.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from fwexp.config.plain import from_plain
from fwexp.config.schema import Config
from fwexp.data import dataset
from fwexp.parity.pair import PARTS
from fwexp.parity.parts import FULL, NORMAL, TAKE, Subject
from fwexp.parity.stand_in import cut_images, stand_in_of
from fwexp.processes.locks import device_lock, hold
from fwexp.processes.messages import Tell
from fwexp.store.array_file import ArrayWriter
from fwexp.trainers.replicas import on_one_device


def capture(arguments: dict[str, Any], _: dict[str, float], __: Tell) -> None:
    """Write the capture of this kind to arguments["to"]; ["reference"] is torch's, for Keras."""
    config = on_one_device(from_plain(arguments["config"], Config))
    reference = Path(arguments["reference"]) if arguments["reference"] else None
    free = hold(device_lock(config.hardware))  # a timed run of another driver may have it
    with free, ArrayWriter(Path(arguments["to"])) as file:
        write(arguments["kind"], config, reference, file)


def write(kind: str, config: Config, reference: Path | None, file: ArrayWriter) -> None:
    """Add every part of this kind. Each part's arrays are dropped before the next's."""
    subject = _subject(kind, config, reference)
    for part in PARTS[kind]:
        TAKE[part](subject, file)


def _subject(kind: str, config: Config, reference: Path | None) -> Subject:
    data = dataset.load(config.data)
    extent = NORMAL
    if kind == "stand-in" and (smaller := stand_in_of(config)) is not None:
        config, data = smaller, cut_images(data, shape=smaller.data.image_shape)
    elif kind == "full size":
        # sgd keeps no slots, which would be as large again as the model, or twice
        config = replace(config, optimizer=replace(config.optimizer, name="sgd"))
        data, extent = replace(data, test=data.test.first(FULL.num_test)), FULL
    return Subject(config=config, data=data, extent=extent, reference=reference)
