"""The order of the rooms: an import goes down only, and the two wings do not see each other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fwexp.identity.syntax import imported_names, parse

FWEXP = Path(__file__).parents[1] / "fwexp"
GROUND = (
    *(
        "errors",
        "text",
        "hardware",
        "config",
        "files",
        "identity",
        "meters",
        "data",
        "models",
        "tasks",
    ),
    *("store", "processes"),
)
MAKING = ("trainers", "runs", "parity", "launch")  # runs are made
TELLING = ("evidence", "writeup", "tracking")  # what they say is told
TOP = ("commands", "cli", "__main__")
DOTTED = re.compile(r"fwexp(\.\w+)+(\.|:\w+)?")
# Names of modules that are never imported by who names them:
PERMITTED = {
    *(("config/ranges", room) for room in ("tasks", "data")),  # examples for who types a path
    *(("identity/sources", room) for room in ("models", "parity", "store")),  # decide no result
}
ORDER = {room: place for place, room in enumerate((*GROUND, *MAKING, *TELLING, *TOP))}


def why_refused(importer: str, imported: str) -> str:
    """Why a room may not import another; empty where it may."""
    if {importer, imported} & set(MAKING) and {importer, imported} & set(TELLING):
        return "the telling wing reads what lies in the store, and the making wing only writes it"
    if ORDER[imported] > ORDER[importer]:
        return f"{imported} stands on {importer}: move what both need further down"
    return ""


def named_modules(path: Path, *, package: str) -> Iterator[str]:
    """All that the file imports, for type checkers too, or names as a dotted text."""
    tree = parse(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.If):
            node.test = ast.Constant(value=True)  # also what stands under TYPE_CHECKING
        elif isinstance(node, ast.Constant) and DOTTED.fullmatch(str(node.value)):
            yield node.value.replace(":", ".")
    yield from imported_names(tree, package=package)


def imports_between_rooms(folder: Path) -> Iterator[tuple[str, str, str]]:
    """The file, its room and the room of each of its imports from another."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        package = ".".join(("fwexp", *parts[:-1]))
        for name in named_modules(path, package=package):
            top, _, rest = name.partition(".")
            room = rest.partition(".")[0]
            if top == "fwexp" and room in ORDER and room != parts[0] and parts[0] in ORDER:
                yield str(Path(*parts)), parts[0], room


def refusals(folder: Path) -> list[str]:
    found = {
        f"{file} imports {imported}: {why}"
        for file, importer, imported in imports_between_rooms(folder)
        if (file, imported) not in PERMITTED and (why := why_refused(importer, imported))
    }
    return sorted(found)


def test_imports_go_down_only() -> None:
    assert refusals(FWEXP) == []


def test_what_is_permitted_is_needed() -> None:
    found = {(file, imported) for file, _, imported in imports_between_rooms(FWEXP)}
    assert found >= PERMITTED


def test_every_room_has_its_place() -> None:
    rooms = {path.stem for path in FWEXP.iterdir() if not path.name.startswith("__pycache__")}
    assert rooms - {"__init__", "_conf", "_sweeps", "_slurm"} == set(ORDER)


@pytest.mark.parametrize(
    ("room", "line", "sentence"),
    [
        (
            "store",
            "from fwexp.launch.plan import Plan",
            "store/planted imports launch: launch stands on store: move what both need further "
            "down",
        ),
        (
            "evidence",
            "def late() -> None:\n    import fwexp.parity.certify",
            "evidence/planted imports parity: the telling wing reads what lies in the store, and "
            "the making wing only writes it",
        ),
        (
            "trainers",
            "from ..evidence import assess",
            "trainers/planted imports evidence: the telling wing reads what lies in the store, "
            "and the making wing only writes it",
        ),
        (
            "data",
            "if TYPE_CHECKING:\n    from fwexp.store.store import Store",
            "data/planted imports store: store stands on data: move what both need further down",
        ),
        (
            "meters",
            "found = import_module('fwexp.models.registry')",
            "meters/planted imports models: models stands on meters: move what both need further "
            "down",
        ),
        (
            "config",
            "TASKS = {'mine': 'fwexp.tasks.forecast:Forecast'}",
            "config/planted imports tasks: tasks stands on config: move what both need further "
            "down",
        ),
        (
            "parity",
            "found = import_module(f'fwexp.writeup.{name}')",
            "parity/planted imports writeup: the telling wing reads what lies in the store, and "
            "the making wing only writes it",
        ),
    ],
)
def test_an_import_against_the_order_is_refused(
    tmp_path: Path, room: str, line: str, sentence: str
) -> None:
    ast.parse(line)
    (tmp_path / room).mkdir()
    (tmp_path / room / "planted.py").write_text(line)
    assert refusals(tmp_path) == [sentence]


def test_no_scheduler_is_named_outside_of_its_launcher() -> None:
    """A launcher is a folder: nothing outside of it names its scheduler."""
    saying = [
        str(path.relative_to(FWEXP))
        for path in sorted(FWEXP.rglob("*.py"))
        if "slurm" in path.read_text().lower() and "launch/slurm" not in path.as_posix()
    ]
    assert saying == ["launch/launcher.py"]  # its line in the table
