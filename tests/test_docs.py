"""What the documents tell people to type and to open is there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from fwexp.commands import VERBS
from fwexp.config.load import check_sweep

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
FENCE = re.compile(r"^```(?:bash|sh|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PATH = re.compile(r"`((?:fwexp|tests|conf|sweeps|slurm)/[a-z0-9_./]+)`")
FILE_OF_FWEXP = re.compile(r"`([a-z_]+/[a-z_/]+\.py)`")
LINK = re.compile(r"\]\(([^)#\s]+)|(?:src|href|srcset)=\"([^\"#]+)")
TOP = ("fwexp", "tests", "conf", "sweeps", "slurm", "docs")
OF_A_SWEEP = {"report", "status", "cancel", "sync", "publish"}
SHOWS_ONLY = {"--help", "--hydra-help", "--cfg", "-c", "--info", "--version"}


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def commands_of(text: str, *, program: str) -> list[list[str]]:
    """The arguments of each of the program's commands in the text's shell blocks."""
    lines = "".join(FENCE.findall(text)).replace("\\\n", " ").splitlines()
    split = (shlex.split(line.removeprefix("$ "), comments=True) for line in lines)
    return [words[1:] for words in split if words and Path(words[0]).name == program]


def links_of(text: str) -> list[str]:
    """The links that lead to files of ours."""
    targets = (markdown or html for markdown, html in LINK.findall(text))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


def run_fwexp(arguments: list[str], *, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "fwexp", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def dry(arguments: list[str]) -> list[str]:
    """The command line that checks these arguments and does none of the work."""
    verb = arguments[0] if arguments and arguments[0] in VERBS else None
    if verb == "sweep":
        return [*arguments, "--dry-run"]
    if verb == "parity":
        return [*arguments[1:], "--cfg", "job"]
    if verb == "doctor":
        return [*arguments, "--help"]
    return arguments if SHOWS_ONLY & set(arguments) else [*arguments, "--cfg", "job"]


def check_command(arguments: list[str], *, empty: Path) -> None:
    """Fail with what fwexp says against the arguments."""
    if {"-m", "--multirun"} & set(arguments):
        check_sweep([word for word in arguments if "=" in word])
    elif OF_A_SWEEP & set(arguments[:1]):  # where nothing has run, a well-formed one says so
        done = run_fwexp(arguments, folder=empty)
        assert (done.returncode, done.stderr[:9]) == (2, "no sweep "), (arguments, done.stderr)
    else:
        done = run_fwexp(dry(arguments), folder=ROOT)
        assert done.returncode == 0, (arguments, done.stderr)


def test_the_readme_shows_the_commands_of_a_newcomer() -> None:
    shown = [target for words in commands_of(read("README.md"), program="make") for target in words]
    assert {"demo", "test"} <= set(shown)
    assert commands_of(read("README.md"), program="fwexp")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_fwexp_command_is_accepted(document: str, tmp_path: Path) -> None:
    for arguments in commands_of(read(document), program="fwexp"):
        check_command(arguments, empty=tmp_path)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_exists(document: str) -> None:
    text = read(document)
    named = {target for words in commands_of(text, program="make") for target in words}
    named |= set(re.findall(r"`make ([a-z]+)", text))
    assert named <= make_targets()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_to_a_file_leads_to_one(document: str) -> None:
    missing = [link for link in links_of(read(document)) if not (ROOT / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/structure.md"])
def test_every_path_that_is_named_is_there(document: str) -> None:
    text = read(document)
    of_fwexp = [path for path in FILE_OF_FWEXP.findall(text) if path.split("/")[0] not in TOP]
    named = [*PATH.findall(text), *(f"fwexp/{path}" for path in of_fwexp)]
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_structure_draws_every_room() -> None:
    drawing = read("docs/structure.md").split("```text")[1].split("```")[0]
    rooms = {path.stem for path in (ROOT / "fwexp").iterdir() if not path.name.startswith("_")}
    assert rooms - set(re.findall(r"([a-z_]+)(?:/|\.py)", drawing)) == set()


def test_every_sweep_says_first_how_it_is_run() -> None:
    sweeps = sorted((ROOT / "sweeps").glob("*.yaml"))
    assert sweeps
    for sweep in sweeps:
        first = sweep.read_text(encoding="utf-8").splitlines()[0]
        assert re.match(rf"# .*fwexp sweep {re.escape(sweep.stem)}\b", first), (sweep.name, first)


def test_the_reader_finds_commands_and_links() -> None:
    text = (
        "see [a](docs/a.md#top), [b](https://b.example), <img src='x'> and\n"
        '<img src="docs/b.svg">\n'
        "```bash\n$ .venv/bin/fwexp model=cnn \\\n    seed=1  # one run\nmake demo test\n```\n"
        "```yaml\nfwexp: no\n```\n"
    )
    assert commands_of(text, program="fwexp") == [["model=cnn", "seed=1"]]
    assert commands_of(text, program="make") == [["demo", "test"]]
    assert links_of(text) == ["docs/a.md", "docs/b.svg"]


def test_a_command_that_fwexp_refuses_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="modell"):
        check_command(["modell=cnn"], empty=tmp_path)
    with pytest.raises(AssertionError, match="--no-such-flag"):
        check_command(["report", "--no-such-flag", "demo"], empty=tmp_path)
