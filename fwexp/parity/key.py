"""The key of a certificate: a hash of everything that it vouches for."""

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config
from fwexp.identity.sources import follow
from fwexp.parity.declared import declared
from fwexp.parity.protocol import for_framework
from fwexp.runs.identity import DATA_DECIDES, run_roots, sha256_of, source_digests
from fwexp.trainers.registry import TRAINERS

# The modules that decide what a certificate says; the rest is imported from them.
DECIDING = (
    *("fwexp.parity.capture", "fwexp.parity.inspect_torch", "fwexp.parity.inspect_keras"),
    "fwexp.parity.protocol",
)


def certificate_key(config: Config) -> str:
    """A hash of everything the certificate vouches for: it is void when any of it changes."""
    plain = to_plain(config)
    kept = {k: plain[k] for k in ("model", "optimizer", "precision", "execution")}
    kept["training"] = {k: plain["training"][k] for k in ("batch_size", "num_epochs", "num_steps")}
    kept["hardware"] = {k: plain["hardware"][k] for k in ("name", "num_threads")}
    runs = {root for framework in TRAINERS for root in run_roots(for_framework(config, framework))}
    depends = {
        "config": kept,
        "digests": source_digests(follow({*runs, *DECIDING})),
        "data": {name: getattr(config.data, name) for name in DATA_DECIDES},
        "declared": declared(config),  # some of it in comments, which no digest sees
    }
    return sha256_of(depends)[:16]
