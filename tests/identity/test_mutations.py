"""A run's own sources: each line of code in them decides, no word does."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import fwexp
from fwexp.identity.places import find_place
from fwexp.identity.sources import TELLS_ONLY, follow
from fwexp.identity.syntax import digest_of, parse
from fwexp.parity.key import DECIDING

ROOTS = (
    "fwexp.runs.execute",
    "fwexp.trainers.keras_trainer",
    "fwexp.trainers.torch_trainer",
    "fwexp.models.cnn.keras",
    "fwexp.models.cnn.torch",
    "fwexp.tasks.classification",
)
ASK = "import json, sys; from fwexp.identity.sources import follow; "
ASK += "print(json.dumps(follow(sys.argv[1:]).modules))"
HARMLESS = '''# a comment


"""a text that nobody reads"""
print("a line on the screen")
'''


def digests_in(folder: Path) -> dict[str, str]:
    """Each module's digest, as the copy of fwexp in this folder gives it for itself."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, *ROOTS],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def copy_of_fwexp(folder: Path) -> dict[str, Path]:
    """The module files of the copy, by name."""
    shutil.copytree(Path(fwexp.__file__).parent, folder / "fwexp")
    files = {}
    for path in (folder / "fwexp").rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return files


def test_a_line_of_any_module_changes_it_and_a_word_does_not(tmp_path: Path) -> None:
    files = copy_of_fwexp(tmp_path)
    before = digests_in(tmp_path)
    for path in files.values():
        path.write_text(path.read_text() + HARMLESS)
    assert digests_in(tmp_path) == before
    for path in files.values():
        path.write_text(path.read_text() + "DECIDES = 1\n")
    after = digests_in(tmp_path)
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] == before[name]] == []


def test_nothing_that_only_tells_or_starts_a_run_counts() -> None:
    others = ("commands", "evidence", "launch", "parity", "tracking", "writeup", "cli", "read")
    others += ("models.code_lines", "store.manifest", "store.migrations", "config.suggestions")
    for name in follow(ROOTS).modules:
        assert not name.startswith(tuple(f"fwexp.{other}" for other in others)), name


def test_no_hint_counts_in_a_certificate() -> None:
    followed = follow([*ROOTS, *DECIDING]).modules
    assert "fwexp.parity.protocol" in followed
    assert not {"fwexp.parity.hints", "fwexp.parity.symptoms"} & followed.keys()


def test_every_statement_of_a_run_counts_but_those_that_tell() -> None:
    nothing = digest_of(ast.Module(body=[], type_ignores=[]))
    for name in follow(ROOTS).modules:
        for node in ast.walk(parse(file_of(name))):
            if isinstance(node, ast.stmt):
                counts = digest_of(ast.Module(body=[node], type_ignores=[])) != nothing
                assert counts != only_tells(node), f"{name}: {ast.unparse(node)}"


def file_of(name: str) -> Path:
    place = find_place(name)
    assert place
    assert place.file
    return place.file


def only_tells(node: ast.stmt) -> bool:
    """Of the statements that there are in fwexp: a bare constant, or a print that calls nothing."""
    if not isinstance(node, ast.Expr):
        return False
    is_print = ast.unparse(node).startswith("print(")
    calls = sum(isinstance(inner, ast.Call) for inner in ast.walk(node))
    return isinstance(node.value, ast.Constant) or (is_print and calls == 1)


def test_a_run_rests_on_what_decides_it() -> None:
    found = follow(ROOTS).modules
    assert {
        "fwexp.data.dataset",
        "fwexp.data.tokens",
        "fwexp.models.cnn.spec",
        "fwexp.models.initialization",
        "fwexp.models.keras_layers",
        "fwexp.models.torch_layers",
        "fwexp.runs.measurements",
        "fwexp.runs.watch",
        "fwexp.store.record",
        "fwexp.tasks.numerics",
        "fwexp.trainers.keras_optimizers",
        "fwexp.trainers.schedule",
        "fwexp.trainers.torch_losses",
    } <= found.keys()


def test_what_only_tells_is_followed_by_nobody() -> None:
    for name in TELLS_ONLY:
        assert name not in follow([*ROOTS, name]).modules
    assert not any(
        name.startswith(("fwexp.launch", "fwexp.writeup")) for name in follow(ROOTS).modules
    )
