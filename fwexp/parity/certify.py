"""Make the certificate of a configuration's model, or take it from the store."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config
from fwexp.errors import ParityError, StoreError
from fwexp.models.code_lines import implementation_lines
from fwexp.models.registry import load_spec
from fwexp.parity.comparing import FLOAT64_TOLERANCE
from fwexp.parity.declared import declared
from fwexp.parity.hints import add_hints
from fwexp.parity.key import certificate_key
from fwexp.parity.protocol import certify_stages, for_framework
from fwexp.parity.stand_in import describe_stand_in
from fwexp.processes.endings import why_it_ended
from fwexp.processes.locks import hold
from fwexp.processes.warm_servers import ServerDied, WarmServers
from fwexp.store.array_file import ArrayFile
from fwexp.store.certificate import Certificate
from fwexp.store.store import Store

PACKAGES = ("torch", "pytorch-lightning", "tensorflow", "keras")
CAPTURE = "fwexp.parity.capture:capture"
FOLDER = "fwexp-parity-"
BLOCK_STAGES = ("shapes", "forward", "forward in float32", "dtypes")  # that name a block
Say = Callable[[str], None]


def certify(config: Config, *, store: Store, servers: WarmServers, say: Say) -> Certificate:
    """The certificate for this model, data, optimizer and precision, passed or not.

    One already in the store is used again: its key is a hash of all that it depends on.
    """
    key = certificate_key(config)
    known = _known(key, store, say)
    if known is not None:
        return known
    what = f"parity of {config.model.name} with {config.optimizer.name} on {config.data.name}"
    # Of many jobs that want it, one makes it.
    with hold(
        store.certificate_lock(key), on_wait=lambda: say(f"{what}: another process is making it …")
    ):
        known = _known(key, store, say)
        if known is not None:
            return known
        say(f"{what} …")
        certificate = _make(key, config, store, servers)
        store.write_certificate(certificate)
    return certificate


def _known(key: str, store: Store, say: Say) -> Certificate | None:
    try:
        return store.read_certificate(key)
    except StoreError as error:
        say(f"{error}; making it again")
        return None


def describe(certificate: Certificate) -> str:
    """One line: passed, or the first stage that failed, where, and by how much."""
    title = f"parity of {certificate.model} × {certificate.optimizer} × {certificate.data}"
    failed = next((s for s in certificate.stages if not s.passed), None)
    if failed is None:
        most = max(s.difference for s in certificate.stages if s.tolerance <= FLOAT64_TOLERANCE)
        told = f"{title}: passed, {len(certificate.stages)} stages, {most:.0e} at most"
        of = certificate.stand_in
        return f"{told}; the locked steps are those of {of}" if of else told
    size = "" if np.isinf(failed.difference) else f", relative difference {failed.difference:.0e}"
    is_block = failed.name in BLOCK_STAGES and "evaluation" not in failed.where
    place = f"block {failed.where}" if is_block else failed.where
    return f"{title}: FAILED at stage {failed.name}, {place}{size}: {failed.detail}"


def _make(key: str, config: Config, store: Store, servers: WarmServers) -> Certificate:
    spec = load_spec(config.model, config.data)
    certified = certify_stages(
        config,
        captured=partial(_captured, store=store, servers=servers),
        explain=partial(add_hints, optimizer=config.optimizer.name),
    )
    shapes = [v.shape for v in spec.variables().values() if v.trainable]
    return Certificate(
        key=key,
        passed=all(stage.passed for stage in certified.stages),
        model=config.model.name,
        optimizer=config.optimizer.name,
        data=config.data.name,
        precision=config.precision.name,
        num_parameters=int(sum(np.prod(shape) for shape in shapes)),
        stages=certified.stages,
        divergence=certified.divergence,
        declared_differences=declared(config),
        stand_in=describe_stand_in(config),
        code_lines=implementation_lines(config.model.implementation),
        versions={name: version(name) for name in PACKAGES},
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@contextmanager
def _captured(
    kind: str, config: Config, *, store: Store, servers: WarmServers
) -> Iterator[tuple[ArrayFile, ArrayFile]]:
    """The torch capture and the Keras capture; deleted afterwards, as a large model's take
    gigabytes."""
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
        capture = partial(_capture, kind, Path(folder), store=store, servers=servers)
        torch = capture(for_framework(config, "torch"), reference=None)
        keras = capture(for_framework(config, "tf"), reference=torch)
        with ArrayFile(torch) as ours, ArrayFile(keras) as theirs:
            yield ours, theirs


def _capture(
    kind: str,
    folder: Path,
    config: Config,
    *,
    reference: Path | None,
    store: Store,
    servers: WarmServers,
) -> Path:
    framework = config.framework.name
    to = folder / f"{kind}-{framework}.npz"
    own = folder.name.removeprefix(FOLDER)  # two drivers may make one certificate at once
    log = store.logs / f"parity-{framework}-{config.model.name}-{own}.log"
    arguments = {
        "config": to_plain(config),
        "kind": kind,
        "reference": str(reference) if reference else None,
        "to": str(to),
    }
    try:
        code = servers[framework].call(CAPTURE, arguments, log=log, hear=lambda _: None)
    except ServerDied as error:
        raise ParityError(f"parity of {config.model.name}: {error}") from error
    if code != 0:
        why = why_it_ended(code, log.read_text(errors="replace"))
        raise ParityError(
            f"parity of {config.model.name}: the {framework} capture failed: {why}; see {log}"
        )
    log.unlink()
    return to
