"""The traps that `make prove` plants still find their place in the sources."""

from pathlib import Path

import pytest

from tests.prove.traps import ROOT, Trap
from tests.prove.traps_of_models import MODEL_TRAPS
from tests.prove.traps_of_training import TRAINING_TRAPS


@pytest.mark.parametrize("trap", [*MODEL_TRAPS, *TRAINING_TRAPS], ids=lambda trap: trap.what)
def test_what_a_trap_replaces_stands_once_in_its_file(trap: Trap) -> None:
    text = Path(ROOT / trap.file).read_text(encoding="utf-8")
    assert [text.count(old) for old in (trap.old, *trap.extra)] == [1] * (1 + len(trap.extra))
