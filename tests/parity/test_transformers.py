"""The certificates of the models of text, and of the encoder on images."""

from pathlib import Path

import pytest

from fwexp.data.preparation import prepare
from fwexp.launch.combine import resolved
from fwexp.parity.certify import certify, describe
from fwexp.store.store import Store
from tests.text import small_text
from tests.tiny import warm_servers

SMALL = [
    *["model.options.width=16", "model.options.depth=2", "model.options.num_heads=2"],
    *["hardware.num_threads=1", "training.num_epochs=null", "training.num_steps=5"],
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "chosen",
    [
        ["model=transformer", "data=text", "optimizer=adamw"],
        ["model=encoder", "data=passages", "optimizer=adam"],
        ["model=encoder", "data=digits", "precision=bf16"],
    ],
    ids=" ".join,
)
def test_they_are_one_computation(chosen: list[str], tmp_path: Path) -> None:
    name = chosen[1].removeprefix("data=")
    given = [] if name == "digits" else small_text(tmp_path / "text", data=name)
    config = resolved([*chosen, *given, *SMALL])
    prepare(config.data, say=lambda _: None)
    store = Store(tmp_path / "store")
    certificate = certify(config, store=store, servers=warm_servers(), say=lambda _: None)
    assert certificate.passed, describe(certificate)
    assert max(s.difference for s in certificate.stages if s.tolerance <= 1e-10) < 1e-11
