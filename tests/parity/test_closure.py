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


@pytest.mark.parametrize(
    ("module", "of_store"),
    [
        ("fwexp.parity.protocol", {"fwexp.store.certificate"}),
        ("fwexp.parity.parts", {"fwexp.store.array_file"}),
        ("fwexp.parity.capture", {"fwexp.store.array_file"}),
    ],
)
def test_of_the_store_only_a_format(module: str, of_store: set[str]) -> None:
    found = imported(module)
    assert in_rooms(found, "store") == of_store
    assert found.isdisjoint({"fwexp.parity.hints", "fwexp.parity.certify"})


def test_what_decides_runs_nothing() -> None:
    assert in_rooms(imported("fwexp.parity.protocol"), "processes", "runs", "launch") == set()
