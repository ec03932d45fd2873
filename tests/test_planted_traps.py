"""A trap finds what it changes by name, in whichever file of its package that is defined."""

from pathlib import Path

import pytest

from tests.prove.planting import plant
from tests.prove.traps import Rewrite, Trap

KERAS = """\
from keras import layers


class Network:
    def build(self):
        é = layers.Dense(3, name="é"); return é  # the second stays


LAYERS = {"network": Network}
"""
TORCH = "import torch\n\n\nclass Network:\n    def build(self): ...\n"
WIDER = Rewrite(call="Dense", positional=("4",), keywords={"name": None, "use_bias": "False"})
UNITS = Rewrite(call="Dense", keywords={"units": None})


def renamed(network):
    return type("Renamed", (network,), {})


def trap(**changes) -> Trap:
    settled = {"what": "a trap", "stage": "", "framework": "tf"}
    return Trap(**(settled | changes))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "package" / "moved").mkdir(parents=True)
    (tmp_path / "package" / "moved" / "anywhere.py").write_text(KERAS)
    (tmp_path / "package" / "twin.py").write_text(TORCH)
    return tmp_path


def test_a_call_is_rewritten_and_nothing_else(project: Path):
    path = plant(trap(at="package:Network.build", rewrites=(WIDER,)), project)
    after = KERAS.replace('Dense(3, name="é")', "Dense(4, use_bias=False)")
    assert (path, path.read_text()) == (project / "package" / "moved" / "anywhere.py", after)


def test_a_wrapped_name_is_replaced_before_anything_refers_to_it(project: Path):
    path = plant(trap(at="package:Network", wrap=renamed), project)
    names: dict = {}
    exec(path.read_text().replace("from keras import layers", ""), names)
    assert names["LAYERS"]["network"].__name__ == "Renamed"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"at": "package:fit"}, "package:fit must be defined once; it is in: no file"),
        (
            {"at": "package:Network", "framework": ""},
            "package:Network must be defined once; "
            "it is in: package/moved/anywhere.py, package/twin.py",
        ),
        (
            {"at": "package:Network.build", "rewrites": (Rewrite(call="Conv2D"),)},
            "package:Network.build, calling Conv2D once, must be defined once; it is in: no file",
        ),
        (
            {"at": "package:Network", "rewrites": (UNITS,)},
            "Network must give Dense the argument units",
        ),
    ],
)
def test_what_is_not_there_once_is_named(project: Path, changes: dict, message: str):
    with pytest.raises(AssertionError) as raised:
        plant(trap(**changes), project)
    assert str(raised.value).splitlines()[0] == message
