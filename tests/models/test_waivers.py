"""A trap that a comment allows is told on the page, not refused; a comment has to say why."""

from pathlib import Path

import pytest

from fwexp.errors import ConfigError
from fwexp.models.linter import allowed_traps, live_traps

MEANT = "# fwexp: allow dropout, because its rate is 0 in every published size."


def package(folder: Path, text: str) -> Path:
    (folder / "torch.py").write_text(text)
    return folder


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        live_traps(package(folder, text))
    return [problem.removeprefix(f"{folder}/") for problem in raised.value.problems]


@pytest.mark.parametrize(
    "text",
    [
        f"x = nn.Dropout(spec.rate)  {MEANT}\n",
        f"x = nn.Dropout(\n    spec.rate  {MEANT}\n)\n",
        f"x = nn.Dropout(nn.Dropout(spec.rate)(y))  {MEANT}\n",
    ],
)
def test_a_trap_is_allowed_where_its_call_stands(tmp_path: Path, text: str) -> None:
    assert live_traps(package(tmp_path, text)) == []
    assert set(allowed_traps(tmp_path)) == {
        "torch.py, line 1, has dropout: the frameworks' random streams differ; it is allowed, "
        "because its rate is 0 in every published size"
    }


def test_it_allows_that_trap_alone_and_there_alone(tmp_path: Path) -> None:
    text = f"x = nn.Softmax()(nn.Dropout(0.1)(y))  {MEANT}\nz = nn.Dropout(0.1)\n"
    found = live_traps(package(tmp_path, text))
    assert [(trap.trap.key, trap.line) for trap in found] == [("softmax", 1), ("dropout", 2)]


@pytest.mark.parametrize(
    "comment",
    [
        "# fwexp: allow dropout",
        "# fwexp: allow dropout, because",
        "# fwexp: allow dropout, because   ",
        "# fwexp: dropout, because it is meant",
        "# fwexp: allow",
        "# fwexp:",
    ],
)
def test_a_waiver_without_a_reason_or_in_another_form(tmp_path: Path, comment: str) -> None:
    assert problems(tmp_path, f"x = nn.Dropout(0.1)  {comment}\n") == [
        "torch.py:1: a waiver is a line of the form # fwexp: allow NAME, because REASON"
    ]


def test_a_waiver_of_an_unknown_trap(tmp_path: Path) -> None:
    text = "x = nn.Dropout(0.1)  # fwexp: allow droput, because it is meant\n"
    assert problems(tmp_path, text) == [
        "torch.py:1: allow droput: there is no such trap. Did you mean 'dropout'?"
    ]


def test_a_waiver_that_allows_nothing(tmp_path: Path) -> None:
    assert problems(tmp_path, f"x = nn.Dropout(0.0)  {MEANT}\n") == [
        "torch.py:1: allow dropout: there is no such trap on this line; remove it"
    ]


def test_what_only_looks_like_one_in_a_text_is_none(tmp_path: Path) -> None:
    text = f'x = "{MEANT}"\n# fwexp is the tool; allow for it\n'
    assert live_traps(package(tmp_path, text)) == []
    assert allowed_traps(tmp_path) == []
