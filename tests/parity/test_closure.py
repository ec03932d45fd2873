"""What the deciding modules of parity import: neither what explains nor what runs and stores."""

import subprocess
import sys

import pytest

LIST = "import sys; import {}; print(*(m for m in sys.modules if m.startswith('fwexp.')))"


def imported(module: str) -> set[str]:
    found = subprocess.run(
        [sys.executable, "-c", LIST.format(module)], check=True, capture_output=True, text=True
    )
    return set(found.stdout.split())


def in_rooms(modules: set[str], *rooms: str) -> set[str]:
    return {m for m in modules if m.split(".")[1] in rooms and m.count(".") > 1}


@pytest.mark.parametrize("name", ["protocol", "parts", "capture"])
def test_what_explains_decides_nothing(name: str) -> None:
    explains = {"fwexp.parity.hints", "fwexp.parity.symptoms", "fwexp.parity.certify"}
    assert imported(f"fwexp.parity.{name}").isdisjoint(explains)


def test_what_decides_runs_nothing() -> None:
    assert in_rooms(imported("fwexp.parity.protocol"), "processes", "runs", "launch") == set()
