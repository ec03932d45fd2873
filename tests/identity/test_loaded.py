import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from fwexp.identity.loaded import SourcesChanged, check_loaded, check_unchanged
from fwexp.identity.sources import follow, forget
from tests.identity.conftest import Write

MODEL = {
    "loaded_model/spec.py": "",
    "loaded_model/torch.py": (
        "from importlib import import_module\n"
        "from loaded_model import layers\n"
        "def build(name): return import_module(f'loaded_model.{name}')\n"
    ),
    "loaded_model/layers.py": "A = 1\n",
    "loaded_model/other.py": "",
    "loaded_model/tables/one.json": "1",
}
ROOTS = ("loaded_model.spec", "loaded_model.torch")


@pytest.fixture(autouse=True)
def _unload() -> Iterator[None]:
    yield
    for name in [name for name in sys.modules if name.startswith(("loaded_model", "__auto"))]:
        del sys.modules[name]


def test_what_was_followed_may_be_loaded(write: Write) -> None:
    write(MODEL)
    before, sources = set(sys.modules), follow(ROOTS)
    import_module("loaded_model.torch")
    import_module("colorsys")
    check_unchanged(sources)
    check_loaded(sources, before=before)


def test_a_module_by_a_computed_name(write: Write) -> None:
    write(MODEL)
    before, sources = set(sys.modules), follow(ROOTS)
    import_module("loaded_model.torch").build("other")
    with pytest.raises(SourcesChanged) as error:
        check_loaded(sources, before=before)
    assert str(error.value) == (
        "loaded_model.other was imported by a name that is not written out in an import, so that "
        "a change of it would not be seen: import it at the top of loaded_model/torch.py"
    )


def test_what_a_framework_makes_in_a_temporary_folder_is_nobodys(write: Write) -> None:
    write(MODEL | {"__autograph_generated_file1.py": ""})
    before, sources = set(sys.modules), follow(ROOTS)
    import_module("__autograph_generated_file1")
    check_loaded(sources, before=before)


def test_a_module_of_fwexp_by_a_computed_name(write: Write) -> None:
    write(MODEL)
    import_module("fwexp.identity.variables")
    before, sources = set(sys.modules) - {"fwexp.identity.variables"}, follow(ROOTS)
    with pytest.raises(SourcesChanged, match=r"^fwexp\.identity\.variables was imported by a name"):
        check_loaded(sources, before=before)


@pytest.mark.parametrize("name", ["loaded_model/layers.py", "loaded_model/tables/one.json"])
def test_a_file_edited_or_removed_since_the_plan(write: Write, tmp_path: Path, name: str) -> None:
    write(MODEL)
    sources, path = follow(ROOTS), tmp_path / name
    path.write_text("22\n")
    with pytest.raises(SourcesChanged) as error:
        check_unchanged(sources)
    assert str(error.value) == f"{path}: changed since the run was planned; type the command again"
    path.unlink()
    forget()
    with pytest.raises(SourcesChanged, match="gone since the run was planned"):
        check_unchanged(sources)


def test_an_edit_counts_until_the_module_is_loaded(write: Write, tmp_path: Path) -> None:
    write(MODEL)
    sources = follow(ROOTS)
    (tmp_path / "loaded_model" / "layers.py").write_text("A = 2\n")
    check_unchanged(sources, loaded=["loaded_model.layers"])
    with pytest.raises(SourcesChanged, match="changed since the run was planned"):
        check_unchanged(sources, loaded=["loaded_model.spec"])


def test_a_table_counts_to_the_end(write: Write, tmp_path: Path) -> None:
    write(MODEL)
    sources = follow(ROOTS)
    (tmp_path / "loaded_model" / "tables" / "one.json").write_text("22\n")
    with pytest.raises(SourcesChanged, match=r"one\.json: changed since the run was planned"):
        check_unchanged(sources, loaded=list(sources.modules))


def test_a_comment_since_the_plan_is_no_change(write: Write, tmp_path: Path) -> None:
    write(MODEL)
    sources = follow(ROOTS)
    (tmp_path / "loaded_model" / "layers.py").write_text("# one\nA = 1\n")
    check_unchanged(sources)
