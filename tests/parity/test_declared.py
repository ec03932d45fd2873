"""What a model's owner allows in a comment is declared, and certified under a key of its own."""

import shutil
from pathlib import Path

import pytest

import fwexp.models.mlp
from fwexp.identity.sources import forget
from fwexp.models.differences import GELU
from fwexp.parity.declared import declared
from fwexp.parity.key import certificate_key
from tests.tiny import tiny_config

CODE = "SPARE = nn.Dropout(0.1)"
WAIVER = "# fwexp: allow dropout, because "


def test_of_our_own_models_it_is_what_the_spec_declares() -> None:
    assert declared(tiny_config()) == []
    assert declared(tiny_config("model=encoder", "~model.options.width"))[0] == GELU


def test_an_allowed_trap_is_declared_and_its_reason_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "waived_mlp"
    shutil.copytree(Path(fwexp.models.mlp.__file__).parent, package)
    monkeypatch.syspath_prepend(tmp_path)
    config = tiny_config("model.implementation=waived_mlp")
    text = (package / "torch.py").read_text()
    keys = set()
    for reason in ("nothing calls it", "it is never called"):
        forget()
        (package / "torch.py").write_text(f"{text}{CODE}  {WAIVER}{reason}\n")
        line = len(text.splitlines()) + 1
        assert declared(config) == [
            f"torch.py, line {line}, has dropout: the frameworks' random streams differ; it is "
            f"allowed, because {reason}"
        ]
        keys.add(certificate_key(config))
    assert len(keys) == 2
    forget()
