"""Make the certificate of a configuration's model, or take it from the store."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config
from fwexp.errors import ParityError, StoreError
from fwexp.hardware.cpu import CPU
from fwexp.hardware.precision import PRECISIONS
from fwexp.identity.sources import follow
from fwexp.models.code_lines import implementation_lines
from fwexp.models.registry import GIVEN, load_spec
from fwexp.models.spec import Spec
from fwexp.parity.comparing import FLOAT64_TOLERANCE
from fwexp.parity.hints import hinted
from fwexp.parity.stages import dtype_stages, full_size_stages, numeric_stages, taken_from_stand_in
from fwexp.parity.stand_in import describe_stand_in, stand_in_of
from fwexp.processes.locks import hold
from fwexp.processes.warm_servers import ServerDied, WarmServers
from fwexp.runs.identity import run_roots, sha256_of, source_digests
from fwexp.store.array_file import ArrayFile
from fwexp.store.certificate import Certificate, Stage
from fwexp.store.store import Store
from fwexp.trainers.registry import TRAINERS

PACKAGES = ("torch", "pytorch-lightning", "tensorflow", "keras")
CAPTURE = "fwexp.parity.capture:examine"
FOLDER = "fwexp-parity-"
BLOCK_STAGES = ("shapes", "forward", "forward in float32", "dtypes")  # that name a block
# Of the modules that decide what a certificate says; the rest is imported from them.
DECIDING = (
    *("fwexp.parity.capture", "fwexp.parity.inspect_torch", "fwexp.parity.inspect_keras"),
    "fwexp.parity.certify",
)
Say = Callable[[str], None]
Compared = Callable[[ArrayFile, ArrayFile, Spec], list[Stage]]


def certificate_key(config: Config) -> str:
    """A hash of everything the certificate vouches for: it is void when any of it changes."""
    plain = to_plain(config)
    kept = {k: plain[k] for k in ("model", "optimizer", "precision", "execution")}
    shape = {name: getattr(config.data, name) for name in ("task", *GIVEN)}
    on = config.hardware.name if PRECISIONS[config.precision.name].is_mixed else CPU.name
    roots = {root for framework in TRAINERS for root in run_roots(_of(config, framework))}
    digests = source_digests(follow({*roots, *DECIDING}))
    depends = {"config": kept, "digests": digests, "data": {**shape, "sha256": config.data.sha256}}
    return sha256_of(depends | {"on": on})[:16]


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
    with hold(store.certificate_lock(key), on_wait=lambda: say(f"{what}: another makes it …")):
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
        say(f"{error}; it is made again")
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
    stages = _all_stages(config, store, servers)
    shapes = [v.shape for v in spec.variables().values() if v.trainable]
    return Certificate(
        key=key,
        passed=all(stage.passed for stage in stages),
        model=config.model.name,
        optimizer=config.optimizer.name,
        data=config.data.name,
        precision=config.precision.name,
        num_parameters=int(sum(np.prod(shape) for shape in shapes)),
        stages=stages,
        stand_in=describe_stand_in(config),
        code_lines=implementation_lines(config.model.implementation),
        versions={name: version(name) for name in PACKAGES},
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _all_stages(config: Config, store: Store, servers: WarmServers) -> list[Stage]:
    def compare(stage: str, compared: Compared, which: Config) -> list[Stage]:
        spec = load_spec(which.model, which.data)
        asked = config if stage == "dtypes" else _numeric(config)
        with _sides(asked, stage, store, servers) as sides:
            found = compared(*sides, spec)
            return hinted(found, sides=sides, spec=spec, optimizer=config.optimizer.name)

    smaller = stand_in_of(config)
    if smaller is None:
        stages = compare("numbers", numeric_stages, config)
    else:
        load_spec(smaller.model, smaller.data)  # a misfit is told before the long part
        stages = compare("full size", full_size_stages, config)
        found = compare("stand-in", numeric_stages, smaller)
        stages += taken_from_stand_in(found, smaller.model.name)
    if PRECISIONS[config.precision.name].is_mixed:
        stages += compare("dtypes", dtype_stages, config)
    return stages


def _numeric(config: Config) -> Config:
    """The same on the CPU without reduced precision, where rounding hides least."""
    hardware = replace(config.hardware, name=CPU.name)
    return replace(config, hardware=hardware, precision=replace(config.precision, name="fp32"))


def _of(config: Config, framework: str) -> Config:
    return replace(config, framework=replace(config.framework, name=framework))


@contextmanager
def _sides(
    config: Config, stage: str, store: Store, servers: WarmServers
) -> Iterator[tuple[ArrayFile, ArrayFile]]:
    """What torch's side left, and Keras's; gone afterwards, for a large model's are gigabytes."""
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
        torch = _side(_of(config, "torch"), stage, folder, None, store, servers)
        keras = _side(_of(config, "tf"), stage, folder, torch, store, servers)
        with ArrayFile(Path(torch)) as ours, ArrayFile(Path(keras)) as theirs:
            yield ours, theirs


def _side(
    config: Config,
    stage: str,
    folder: str,
    reference: str | None,
    store: Store,
    servers: WarmServers,
) -> str:
    framework = config.framework.name
    to = str(Path(folder) / f"{stage}-{framework}.npz")
    own = Path(folder).name.removeprefix(FOLDER)  # two drivers may make one certificate at once
    log = store.path / "logs" / f"parity-{framework}-{config.model.name}-{own}.log"
    arguments = {"config": to_plain(config), "stage": stage, "reference": reference, "to": to}
    try:
        code = servers[framework].call(CAPTURE, arguments, log=log, hear=lambda _: None)
    except ServerDied as error:
        raise ParityError(f"parity of {config.model.name}: {error}") from error
    if code != 0:
        last = log.read_text().strip().splitlines()[-1:] or [f"exit code {code}"]
        raise ParityError(
            f"parity of {config.model.name}: its {framework} side raised {last[0]}; "
            f"the whole of it is in {log}"
        )
    log.unlink()
    return to
