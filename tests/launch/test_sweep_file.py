"""Named sweeps, and what is said of a file that does not hold one."""

from pathlib import Path

import pytest

from fwexp.errors import ConfigError, StoreError
from fwexp.launch.sweep_file import read_sweep


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sweeps").mkdir()
    return tmp_path / "sweeps"


def problems_of(folder: Path, text: str) -> list[str]:
    (folder / "mine.yaml").write_text(text)
    with pytest.raises(ConfigError) as raised:
        read_sweep("mine", config_dirs=[])
    return raised.value.problems


def test_a_sweep_of_the_users_own(folder: Path) -> None:
    (folder / "mine.yaml").write_text(
        "title: Mine\nmatrix:\n  framework: [torch, tf]\n  training.target: [null]\n"
        "overrides: [model=mlp]\n"
    )
    sweep = read_sweep("mine", config_dirs=[])
    assert sweep.title == "Mine"
    assert sweep.as_overrides() == [
        "framework=torch,tf",
        "training.target=null",
        "model=mlp",
    ]


@pytest.mark.usefixtures("folder")
def test_ours_are_found_from_anywhere() -> None:
    assert read_sweep("demo", config_dirs=[]).matrix["framework"] == ["torch", "tf"]


def test_the_users_own_comes_first(folder: Path) -> None:
    (folder / "demo.yaml").write_text("title: Mine\nmatrix: {seed: [1]}\n")
    assert read_sweep("demo", config_dirs=[]).title == "Mine"


def test_an_unknown_name_is_answered_with_a_near_one(folder: Path) -> None:
    (folder / "mine.yaml").touch()
    for name, hint in (
        ("dmeo", "Did you mean 'demo'?"),
        ("zzz", "Choose from: "),
    ):
        with pytest.raises(ConfigError) as raised:
            read_sweep(name, config_dirs=[])
        assert str(raised.value).startswith(
            f"sweep '{name}': there is no sweeps/{name}.yaml. {hint}"
        )


def test_a_name_that_climbs_out_is_refused(folder: Path) -> None:
    (folder.parent / "outside.yaml").write_text("title: t\nmatrix: {seed: [1]}\n")
    with pytest.raises(StoreError, match=r"^sweep '\.\./outside': a sweep's name is up to 100"):
        read_sweep("../outside", config_dirs=[])


def test_every_unknown_axis_and_value_is_named_with_its_file(folder: Path) -> None:
    text = "title: t\nmatrix:\n  framwork: [torch]\n  model: [mpl]\noverrides: [precision=bf61]\n"
    assert problems_of(folder, text) == [
        "sweeps/mine.yaml: framwork=torch: there is no config group or key 'framwork'. "
        "Did you mean 'framework'?",
        "sweeps/mine.yaml: model=mpl: there is no model 'mpl'. Did you mean 'mlp'?",
        "sweeps/mine.yaml: precision=bf61: there is no precision 'bf61'. Did you mean 'bf16'?",
    ]


def test_an_empty_matrix_or_axis_is_refused(folder: Path) -> None:
    empty = "sweeps/mine.yaml: the matrix is empty; add an axis: framework: [torch, tf]"
    assert problems_of(folder, "title: t\n") == [empty]
    assert problems_of(folder, "title: t\nmatrix: {}\n") == [empty]
    assert problems_of(folder, "title: t\nmatrix: {model: [], seed: 3}\n") == [
        "sweeps/mine.yaml: matrix.model is not a list of values; write: model: [a, b]",
        "sweeps/mine.yaml: matrix.seed is not a list of values; write: seed: [a, b]",
    ]


def test_a_sweep_has_a_title(folder: Path) -> None:
    words = "sweeps/mine.yaml: has no title; add it: text."
    assert problems_of(folder, "matrix: {seed: [1]}\n") == [words]
    assert problems_of(folder, "") == [words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: t\nmatrx: {}\n", "there is no key 'matrx'. Did you mean 'matrix'?"),
        ("title: [\n", "cannot be read: while parsing a flow node"),
        ("- a\n", "must hold keys and values, as ours do."),
        (b"\xff\xfe\x00", "cannot be read: 'utf-8' codec can't decode"),
    ],
)
def test_a_file_that_holds_no_sweep_is_named(folder: Path, text: str | bytes, words: str) -> None:
    (folder / "mine.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as raised:
        read_sweep("mine", config_dirs=[])
    (problem,) = raised.value.problems
    assert problem.startswith(f"sweeps/mine.yaml: {words}")


def test_a_list_in_a_list_of_texts_is_refused(folder: Path) -> None:
    assert problems_of(folder, "title: t\noverrides: [[a]]\n") == [
        "sweeps/mine.yaml: Expected `str`, got `array` - at `$.overrides[0]`"
    ]


def test_all_that_does_not_fit_is_named_at_once(folder: Path) -> None:
    assert problems_of(folder, "titel: t\nmatrix: 3\noverrides: a\n") == [
        "sweeps/mine.yaml: there is no key 'titel'. Did you mean 'title'?",
        "sweeps/mine.yaml: matrix must be a mapping, not 3.",
        "sweeps/mine.yaml: overrides must be a list, each text, not 'a'.",
    ]


CASES = """\
title: t
matrix: {framework: [torch, tf]}
overrides: [tracking=none]
cases:
"""


def test_cases_are_left_out_of_what_holds_for_all(folder: Path) -> None:
    text = f"{CASES}  - [model=mlp, training.num_epochs=3]\n  - [model=cnn]\n  - []\n"
    (folder / "mine.yaml").write_text(text)
    sweep = read_sweep("mine", config_dirs=[])
    assert sweep.cases == [["model=mlp", "training.num_epochs=3"], ["model=cnn"], []]
    assert sweep.as_overrides() == ["framework=torch,tf", "tracking=none"]


def test_a_case_is_a_list_of_overrides(folder: Path) -> None:
    text = f"{CASES}  - model=mlp\n  - [model=cnn]\n  - [3]\n  - {{model: mlp}}\n"
    assert problems_of(folder, text) == [
        f"sweeps/mine.yaml: cases[{number}] is not a list of overrides; write: "
        "- [model=mlp, data=digits]"
        for number in (0, 2, 3)
    ]


def test_cases_are_a_list(folder: Path) -> None:
    (problem,) = problems_of(folder, f"{CASES[:-1]} 3\n")
    assert problem == "sweeps/mine.yaml: cases must be a list, each a plain value, not 3."


def test_every_mistake_in_every_case_is_named_with_its_file(folder: Path) -> None:
    text = f"{CASES}  - [modle=mlp]\n  - [model=cnn, training.batch_size=many, modle=mlp]\n"
    assert problems_of(folder, text) == [
        "sweeps/mine.yaml: modle=mlp: there is no config group or key 'modle'. "
        "Did you mean 'model'?",
        "sweeps/mine.yaml: training.batch_size=many: training.batch_size must be a whole number, "
        "not 'many'.",
    ]


def test_a_case_sets_nothing_that_would_be_overridden(folder: Path) -> None:
    text = f"{CASES}  - [model=mlp, seed=3]\n  - [framework=tf]\n  - [++tracking=none]\n"
    assert problems_of(folder, text) == [
        "sweeps/mine.yaml: cases[0]: seed=3: all cases have the same seeds; add a matrix "
        "axis: seed: [0]",
        "sweeps/mine.yaml: cases[1]: framework=tf: framework is also set for all cases; remove "
        "one of the two.",
        "sweeps/mine.yaml: cases[2]: ++tracking=none: tracking is also set for all cases; remove "
        "one of the two.",
    ]


@pytest.mark.parametrize("several", ["model=mlp,cnn", "training.batch_size=range(8,10)"])
def test_a_case_is_no_sweep_within_the_sweep(folder: Path, several: str) -> None:
    assert problems_of(folder, f"{CASES}  - ['{several}']\n") == [
        f"sweeps/mine.yaml: cases[0]: {several}: a case has one value per key; write a case for "
        "every value."
    ]
