"""The tables of hardware and of precisions."""

import pytest

from fwexp.config.choices import find_folders
from fwexp.config.paths import conf_dir
from fwexp.hardware.precision import PRECISIONS
from fwexp.hardware.table import HARDWARE, hardware_of

FRAMEWORKS = ("torch", "tf")


@pytest.mark.parametrize(("group", "table"), [("hardware", HARDWARE), ("precision", PRECISIONS)])
def test_every_entry_has_its_values_and_its_own_name(group, table):
    assert set(table) == set(find_folders(conf_dir(), config_dirs=[]).options(group))
    assert [kind.name for kind in table.values()] == list(table)


@pytest.mark.parametrize("kind", HARDWARE.values(), ids=HARDWARE)
def test_an_accelerator_is_probed_in_either_framework(kind):
    assert set(kind.probes) == (set(FRAMEWORKS) if kind.is_accelerator else set())
    for script in kind.probes.values():
        compile(script, "probe", "exec")
    assert set(kind.refused_precisions) < set(PRECISIONS)


def test_a_frameworks_device_type_is_read_back_as_our_hardware():
    found = {
        kind.name: [hardware_of(kind.device_types[f], framework=f) for f in FRAMEWORKS]
        for kind in HARDWARE.values()
    }
    assert found == {name: [name, name] for name in HARDWARE}
    assert hardware_of("mps", framework="torch") == "mps"


def test_what_is_mixed():
    assert [name for name, kind in PRECISIONS.items() if kind.is_mixed] == ["bf16", "fp16"]
