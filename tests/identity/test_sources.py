from pathlib import Path

import pytest

from fwexp.errors import ConfigError
from fwexp.identity.sources import Sources, follow, forget
from tests.identity.conftest import Write

MODEL = {
    "mine/__init__.py": "",
    "mine/spec.py": "WIDTH = 4\n",
    "mine/torch.py": "import numpy\nimport mine.layers\nfrom mine.spec import WIDTH\n",
    "mine/layers.py": "from . import deep\n",
    "mine/deep/__init__.py": "from .nested import ONE\n",
    "mine/deep/nested.py": "ONE = 1\n",
    "mine/unused.py": "TWO = 2\n",
    "mine/table.json": "[1]",
    "mine/weights/first.npy": "1",
    "mine/.hidden": "",
    "mine/__pycache__/kept.txt": "",
}


def followed(*roots: str) -> Sources:
    return follow(roots)


def test_a_model_is_followed_through_its_helpers(write: Write) -> None:
    write(MODEL)
    found = followed("mine.torch")
    assert list(found.modules) == [
        "mine",
        "mine.deep",
        "mine.deep.nested",
        "mine.layers",
        "mine.spec",
        "mine.torch",
    ]
    assert list(found.files) == ["mine/table.json", "mine/weights/first.npy"]
    assert found.imports == {"numpy"}


@pytest.mark.parametrize("name", ["mine/deep/nested.py", "mine/layers.py", "mine/__init__.py"])
def test_a_changed_helper_changes_its_digest_alone(write: Write, name: str) -> None:
    write(MODEL)
    before = followed("mine.torch").modules
    write({name: MODEL[name] + "THREE = 3\n"})
    after = followed("mine.torch").modules
    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert {n for n in after if after[n] != before[n]} == {module}


def test_a_module_that_nobody_imports_changes_nothing(write: Write) -> None:
    write(MODEL)
    before = followed("mine.torch")
    write({"mine/unused.py": "TWO = 3\n"})
    assert followed("mine.torch") == before


def test_changed_data_beside_a_model_changes_its_digest(write: Write) -> None:
    write(MODEL)
    before = followed("mine.torch")
    write({"mine/table.json": "[2]"})
    after = followed("mine.torch")
    assert after.modules == before.modules
    assert after.files != before.files


def test_data_beside_a_helper_in_another_package(write: Write) -> None:
    write(
        {
            "mine/model/torch.py": "from mine.layers import gate\n",
            "mine/layers/gate.py": "",
            "mine/layers/gate.json": "1",
            "mine/layers/more/far.json": "1",
            "mine/notes.txt": "",
        }
    )
    assert list(followed("mine.model.torch").files) == ["mine/layers/gate.json"]


def test_a_module_without_a_package_counts_alone(write: Write) -> None:
    write({"alone.py": "import beside\n", "beside.py": "", "beside.json": "1"})
    found = followed("alone")
    assert (list(found.modules), found.files) == (["alone", "beside"], {})


def test_namespace_packages(write: Write) -> None:
    write({"spread/one/torch.py": "import spread.two.layers\n", "spread/two/layers.py": ""})
    assert list(followed("spread.one.torch").modules) == ["spread.one.torch", "spread.two.layers"]


def test_a_star_takes_every_submodule_since_all_may_name_them(write: Write) -> None:
    write({"mine/torch.py": "from mine.parts import *\n", "mine/parts/__init__.py": ""})
    write({"mine/parts/one.py": "", "mine/parts/two.py": ""})
    assert {"mine.parts.one", "mine.parts.two"} <= set(followed("mine.torch").modules)


def test_an_import_may_be_missing_and_a_circle_ends(write: Write) -> None:
    write(
        {"mine/a.py": "import mine.b, mine.nothing, not_installed\n", "mine/b.py": "import mine.a"}
    )
    found = followed("mine.a")
    assert (list(found.modules), found.imports) == (["mine.a", "mine.b"], {"not_installed"})


def test_a_module_that_shadows_pythons_own_counts(write: Write) -> None:
    write({"mine/a.py": "import colorsys, json\n", "colorsys.py": "RED = 1\n"})
    found = followed("mine.a")
    assert (list(found.modules), found.imports) == (["colorsys", "mine.a"], frozenset())


def test_a_root_counts_where_it_is_installed(write: Write, tmp_path: Path, monkeypatch) -> None:
    write({"site-packages/installed/torch.py": "import installed.b, other\n"})
    write({"site-packages/installed/b.py": "", "site-packages/other.py": ""})
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    found = followed("installed.torch")
    assert list(found.modules) == ["installed.b", "installed.torch"]
    assert found.imports == {"other"}


def test_nothing_is_run(write: Write) -> None:
    write({"mine/__init__.py": "raise SystemExit\n", "mine/torch.py": "raise SystemExit\n"})
    assert list(followed("mine.torch").modules) == ["mine", "mine.torch"]


def test_a_missing_root(write: Write) -> None:
    write({"mine/torch.py": ""})
    with pytest.raises(ConfigError) as error:
        followed("mine.torch", "mine.spec", "nowhere.torch")
    assert error.value.problems == [
        "there is no Python module mine.spec",
        "there is no Python module nowhere.torch",
    ]


def test_a_file_that_is_not_python(write: Write, tmp_path: Path) -> None:
    write({"mine/torch.py": "import mine.layers\n", "mine/layers.py": "a = 1\nb = = 2\n"})
    with pytest.raises(ConfigError) as error:
        followed("mine.torch")
    path = tmp_path / "mine" / "layers.py"
    assert error.value.problems == [f"{path}, line 2: not valid Python: invalid syntax"]


def test_it_is_asked_once(write: Write) -> None:
    write({"mine/torch.py": "A = 1\n"})
    first = followed("mine.torch")
    assert followed("mine.torch") is first
    forget()
    assert followed("mine.torch") is not first
