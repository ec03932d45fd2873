"""The key of a certificate: a hash of everything that it vouches for."""

from pathlib import Path

from fwexp.config.identity import FRAMEWORK_PACKAGES, files_sha256, run_digests, sha256_of
from fwexp.config.load import to_plain
from fwexp.config.schema import Config
from fwexp.models.registry import GIVEN
from fwexp.parity.protocol import MIXED, for_framework


def certificate_key(config: Config) -> str:
    """A hash of everything the certificate vouches for: it is void when any of it changes."""
    plain = to_plain(config)
    kept = {k: plain[k] for k in ("model", "optimizer", "precision", "execution")}
    here = Path(__file__).parent
    runs = [run_digests(for_framework(config, framework)) for framework in FRAMEWORK_PACKAGES]
    parity = files_sha256(here.rglob("*.py"))
    shape = {name: getattr(config.data, name) for name in ("task", *GIVEN)}
    on = config.hardware.name if config.precision.name in MIXED else "cpu"
    depends = {"config": kept, "sides": runs, "parity": parity, "data": shape, "on": on}
    return sha256_of(depends)[:16]
