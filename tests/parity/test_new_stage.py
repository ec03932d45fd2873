"""A new stage is a function of two captures and its line in STAGES; nothing else changes."""

from pathlib import Path

import pytest

from fwexp.parity import protocol
from fwexp.parity.certify import certify, describe
from fwexp.parity.comparing import worst
from fwexp.parity.pair import Pair
from fwexp.parity.protocol import SAME_START, Comparison
from fwexp.store.certificate import Certificate, Stage
from fwexp.store.store import Store
from tests.parity.made_captures import MadeServers
from tests.tiny import tiny_config


def largest_logit(pair: Pair) -> Stage:
    """Whether both evaluations have the same largest logit."""
    ours, theirs = (float(c["float64/evaluation"].max()) for c in (pair.torch, pair.keras))
    return worst("largest logit", {"logits": abs(theirs - ours)}, 1e-10)


def fails(_: Pair) -> Stage:
    return worst("largest logit", {"logits": 0.5}, 1e-10, "planted")


def certificate_with(
    row: Comparison, monkeypatch: pytest.MonkeyPatch, store: Path, *overrides: str
) -> Certificate:
    monkeypatch.setattr(protocol, "STAGES", [*protocol.STAGES, row])
    config, servers = tiny_config(*overrides), MadeServers()
    return certify(config, store=Store(store), servers=servers, say=lambda _: None)  # type: ignore[arg-type]


def test_it_shows_in_the_certificate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = Comparison("largest logit", largest_logit, part="outputs", needs=SAME_START)
    certificate = certificate_with(row, monkeypatch, tmp_path)
    assert certificate.passed
    assert [stage.name for stage in certificate.stages][-4:] == [
        "forward in float32",
        "largest logit",
        "free steps",
        "evaluation",
    ]
    assert Store(tmp_path).read_certificate(certificate.key) == certificate


def test_it_fails_the_certificate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = Comparison("largest logit", fails, part="outputs", needs=SAME_START)
    certificate = certificate_with(row, monkeypatch, tmp_path)
    assert describe(certificate) == (
        "parity of mlp × adam × digits: FAILED at stage largest logit, logits, "
        "relative difference 5e-01: planted"
    )


def test_of_the_steps_it_is_the_stand_ins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = Comparison("largest logit", largest_logit, part="steps")
    certificate = certificate_with(row, monkeypatch, tmp_path, "++model.stand_in=mlp")
    names = [stage.name for stage in certificate.stages]
    assert "largest logit, of mlp" in names
    assert "largest logit" not in names
