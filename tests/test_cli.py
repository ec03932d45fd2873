"""What each command line does, how it ends, and what it leaves on the disk: nothing."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import fwexp
from fwexp import cli
from fwexp.commands import RUN_MATRIX, RUN_ONE, VERBS
from fwexp.commands import run as hydra_app
from fwexp.config.schema import Config
from fwexp.errors import FwexpError

ROOT = Path(__file__).parents[1]
HEAVY = ["torch", "tensorflow", "keras", "pytorch_lightning", "wandb", "sklearn", "pandas", "scipy"]
FP16 = (
    "precision=fp16 on cpu is refused: Lightning would train bf16 while Keras trains fp16; "
    "use bf16 or fp32."
)

Calls = list[tuple[str, tuple[object, ...]]]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cwd"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Stands in for every target of the command line, and notes what was called."""
    made: Calls = []

    def load(target: str) -> Callable[..., int]:
        def called(*arguments: object) -> int:
            made.append((target, arguments))
            return 0

        return called

    monkeypatch.setattr(cli, "resolve_name", load)
    monkeypatch.setattr(hydra_app, "resolve_name", load)
    return made


def exit_code(*argv: str) -> object:
    with pytest.raises(SystemExit) as raised:
        cli.main(argv)
    return raised.value.code


def fwexp_process(*argv: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fwexp", *argv],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("argv", [["--version"], ["sweep", "demo", "--dry-run"]])
def test_a_reader_that_has_had_enough_sees_no_traceback(
    empty_folder: Path, argv: list[str]
) -> None:
    """As in `fwexp sweep demo --dry-run | head`."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "fwexp", *argv],
        cwd=empty_folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=write_end,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (1, b"")


# What a command line calls


@pytest.mark.parametrize("verb", ["sweep", "report", "sync", "publish", "parity", "doctor"])
def test_a_verb_gets_the_rest_of_the_line(calls: Calls, verb: str) -> None:
    assert exit_code(verb, "demo", "seed=1", "--dry-run") == 0
    assert calls == [(VERBS[verb], (["demo", "seed=1", "--dry-run"],))]


def test_no_argument_is_the_default_run(calls: Calls) -> None:
    assert exit_code() == 0
    ((target, (config,)),) = calls
    assert target == "fwexp.commands.single_run:run_one"
    assert isinstance(config, Config)
    assert config.model.name == "cnn"


def test_overrides_are_a_run(calls: Calls) -> None:
    assert exit_code("framework=tf", "+model.options.act=relu", "--run", "seed=3") == 0
    ((_, (config,)),) = calls
    assert isinstance(config, Config)
    assert (config.framework.name, config.seed) == ("tf", 3)
    assert config.model.options["act"] == "relu"


def test_argv_is_the_default(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["fwexp", "doctor"])
    with pytest.raises(SystemExit):
        cli.main()
    assert calls == [("fwexp.commands.doctor:command", ([],))]


@pytest.mark.parametrize(
    "argv",
    [
        ("-m", "seed=1,2", "--config-dir", "mine", "model=mlp"),
        ("seed=1,2", "--config-dir=mine", "model=mlp", "--multirun"),
        ("seed=1,2", "-cd", "mine", "-m", "model=mlp"),
    ],
)
def test_multirun_goes_to_the_planner(calls: Calls, argv: Sequence[str]) -> None:
    assert exit_code(*argv) == 0
    assert calls == [("fwexp.commands.sweep:run_matrix", (["seed=1,2", "model=mlp"], ["mine"]))]


def test_multirun_with_a_named_launcher_is_hydras(calls: Calls, empty_folder: Path) -> None:
    line = ("-m", "hydra/launcher=basic", "seed=1,2", "model=mlp", "model.options.mine=1")
    assert exit_code(*line) == 0
    configs = [config for _, (config,) in calls if isinstance(config, Config)]
    assert [target for target, _ in calls] == [RUN_ONE] * 2
    assert [config.seed for config in configs] == [1, 2]
    assert {config.model.options["mine"] for config in configs} == {1}
    assert [path.name for path in empty_folder.iterdir()] == ["store"]


def test_hydras_job_function_can_be_found_by_name() -> None:
    assert (hydra_app.run_composed.__module__, hydra_app.run_composed.__qualname__) == (
        "fwexp.commands.run",
        "run_composed",
    )
    assert not hasattr(hydra_app.run_composed, "__wrapped__")


def test_a_run_with_a_setting_of_hydras(calls: Calls, empty_folder: Path) -> None:
    assert exit_code("hydra.job.chdir=false", "seed=4") == 0
    ((target, (config,)),) = calls
    assert target == RUN_ONE
    assert isinstance(config, Config)
    assert config.seed == 4
    assert list(empty_folder.iterdir()) == []


def test_a_users_model_with_the_flag_anywhere(calls: Calls, tmp_path: Path) -> None:
    file = tmp_path / "mine" / "model" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("# mine\nname: mine\nimplementation: mypackage.mine\n")
    for line in (
        ("seed=1", "--config-dir", "../mine", "model=mine"),
        ("seed=1", "model=mine", "--config-dir=../mine"),
        ("-cd", str(tmp_path / "mine"), "seed=1", "model=mine"),
    ):
        assert exit_code(*line) == 0
    implementations = [c.model.implementation for _, (c,) in calls if isinstance(c, Config)]
    assert implementations == ["mypackage.mine"] * 3


# How it ends


def test_the_exit_code_is_the_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "resolve_name", lambda _: lambda _: 3)
    assert exit_code("doctor") == 3


def test_a_users_mistake_is_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: object) -> int:
        raise FwexpError("no such sweep")

    monkeypatch.setattr(cli, "resolve_name", lambda _: refuse)
    assert exit_code("sweep", "x") == 2
    assert capsys.readouterr().err == "no such sweep\n"


def test_an_interrupt_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(hydra_app, "resolve_name", lambda _: interrupt)
    assert exit_code("seed=1") == 130
    assert capsys.readouterr().err == "fwexp: interrupted\n"


def test_a_failed_run_under_hydra_is_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hydra_app, "resolve_name", lambda _: lambda _: 1)
    assert exit_code("hydra.job.chdir=false") == 2
    assert capsys.readouterr().err == (
        "Error executing job with overrides: []\nthe run ended with exit code 1.\n"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("modle=cnn", "modle=cnn: there is no config group or key 'modle'. Did you mean 'model'?"),
        ("model=cnnn", "model=cnnn: there is no model 'cnnn'. Did you mean 'cnn'?"),
        (
            "optimizer.learning_rat=1",
            "optimizer.learning_rat=1: there is no key 'learning_rat' in optimizer. "
            "Did you mean 'learning_rate'?",
        ),
        ("seed=one", "seed=one: seed must be a whole number, not 'one'."),
        ("training.batch_size=0", "training.batch_size=0: must be at least 1."),
        ("precision=fp16", FP16),
        (
            "precision=tf32",
            "precision=tf32 on cpu is refused: TF32 is an NVIDIA Ampere-or-newer mode.",
        ),
        (
            "+framework.jit_compil=true",
            "+framework.jit_compil=true: there is no key 'jit_compil' in framework. "
            "Choose from: name.",
        ),
        (
            "++seeed=1",
            "++seeed=1: there is no config group or key 'seeed'. Did you mean 'seed'?",
        ),
        (
            "modle=cnn precision=fp16",
            f"modle=cnn: there is no config group or key 'modle'. Did you mean 'model'?\n{FP16}",
        ),
        (
            "--cfg job seed=one",
            "seed=one: seed must be a whole number, not 'one'.",
        ),
        ("--help seed=one", "seed=one: seed must be a whole number, not 'one'."),
        ("seed=one --info", "seed=one: seed must be a whole number, not 'one'."),
        (
            "-m hydra/launcher=basic seed=1,one",
            "seed=one: seed must be a whole number, not 'one'.",
        ),
        (
            "swep demo",
            "swep: there is no such command. Did you mean 'sweep'? Commands: sweep, status, "
            "cancel, report, sync, publish, parity, doctor. A run is written as overrides: "
            "fwexp model=cnn seed=1",
        ),
        (
            "xyz",
            "xyz: there is no such command. Commands: sweep, status, cancel, report, sync, "
            "publish, parity, doctor. A run is written as overrides: fwexp model=cnn seed=1",
        ),
        ("seed=1 sweep demo", "sweep: a command comes first: fwexp sweep …"),
        (
            "model=mine --config-dir nowhere",
            "--config-dir=nowhere: there is no such folder. "
            "Name one that holds, say, model/mine.yaml.",
        ),
        (
            "--config-name other",
            "--config-name: not offered. Put options of your own in a folder and name it with "
            "--config-dir.",
        ),
        ("--cfg job -m", "--multirun and --cfg: only one of these at a time."),
        ("--resolve", "--resolve: only with --cfg, as in fwexp --cfg job --resolve."),
        ("--cfg job --package nope", "--package=nope: there is no such key."),
        (
            "-sc install=fishy",
            "No completion plugin for 'fishy' found, available : bash fish zsh",
        ),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(
    line: str, message: str, calls: Calls, empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*line.split()) == 2
    assert capsys.readouterr().err == f"{message}\n"
    assert calls == []
    assert list(empty_folder.iterdir()) == []


def test_a_typo_in_a_users_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine" / "model" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("# mine\nname: mine\nimplementaton: mypackage.mine\n")
    assert exit_code("model=mine", "--config-dir=../mine") == 2
    assert capsys.readouterr().err == (
        f"{file}: there is no key 'implementaton' in model. Did you mean 'implementation'?\n"
    )


def test_an_unknown_flag_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("seed=1", "--nonsense") == 2
    assert "fwexp: error: unrecognized arguments: --nonsense" in capsys.readouterr().err


def test_handing_over_leaves_the_process_as_it_was(calls: Calls) -> None:
    before, environment = list(sys.argv), dict(os.environ)
    assert exit_code("--cfg", "job") == 0
    assert (sys.argv, dict(os.environ), calls) == (before, environment, [])


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert exit_code("--version") == 0
    assert capsys.readouterr().out == f"fwexp {declared}\n"
    assert fwexp.__version__ == declared


def test_every_target_is_a_module_and_a_name() -> None:
    for target in (*VERBS.values(), RUN_ONE, RUN_MATRIX):
        module, _, name = target.partition(":")
        assert module.startswith("fwexp.")
        assert name.isidentifier()


# What Hydra shows


def test_cfg(empty_folder: Path) -> None:
    done = fwexp_process("seed=5", "--cfg", "job", "model.options.mine=1", cwd=empty_folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "framework:\n  name: torch\n" in done.stdout
    assert "    mine: 1\n" in done.stdout
    assert done.stdout.endswith("seed: 5\nstore: store\n")
    assert list(empty_folder.iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [
        ["seed=5"],
        ["--package", "model", "model=mlp"],
        ["--package", "seed"],
        ["--package", "_global_"],
        ["--resolve", "seed=${training.batch_size}"],
        ["seed=${training.batch_size}"],
    ],
    ids=str,
)
def test_cfg_prints_what_hydra_would(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--cfg", "job", *line) == 0
    ours = capsys.readouterr().out
    # A setting of Hydra's own sends the same line to Hydra.
    assert exit_code("--cfg", "job", *line, "hydra.verbose=false") == 0
    assert ours == capsys.readouterr().out


def test_help(empty_folder: Path) -> None:
    done = fwexp_process("--help", cwd=empty_folder)
    assert (done.returncode, done.stderr) == (0, "")
    models = sorted(path.stem for path in (ROOT / "conf" / "model").glob("*.yaml"))
    assert {"cnn", "mlp"} <= set(models)
    for part in (
        "fwexp: TensorFlow or PyTorch, for this workload, on this hardware?",
        "fwexp sweep NAME",
        f"model: {', '.join(models)}\n",
        "optimizer: adam, adamw, momentum, sgd\n",
        "--config-dir DIR",
        'eval "$(fwexp -sc install=bash)"',
        "fwexp framework=tf model=cnn data=fashion_mnist precision=bf16",
    ):
        assert part in done.stdout
    assert list(empty_folder.iterdir()) == []


def test_info(empty_folder: Path) -> None:
    done = fwexp_process("--info", "defaults", cwd=empty_folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "model/cnn" in done.stdout
    assert list(empty_folder.iterdir()) == []


def test_hydra_help(empty_folder: Path) -> None:
    done = fwexp_process("--hydra-help", cwd=empty_folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--experimental-rerun" in done.stdout


def test_completion_can_be_installed(empty_folder: Path) -> None:
    done = fwexp_process("-sc", "install=bash", cwd=empty_folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "hydra_bash_completion()" in done.stdout


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fwexp mod", "model. model="),
        ("fwexp framework=", "framework=tf framework=torch"),
        ("fwexp model=cn", "model=cnn"),
        ("fwexp seed=1 data=fa", "data=fashion_mnist"),
        ("fwexp optimizer.lea", "optimizer.learning_rate="),
    ],
)
def test_completion_offers_groups_options_and_keys(
    line: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMP_LINE", line)
    assert exit_code("-sc", "query=bash") == 0
    assert capsys.readouterr().out == f"{words}\n"


def test_completion_is_silent_about_a_line_it_cannot_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMP_LINE", "fwexp sweep de")
    exit_code("-sc", "query=bash")
    assert tuple(capsys.readouterr()) == ("", "")


def test_cfg_imports_nothing_heavy(empty_folder: Path) -> None:
    script = (
        "import atexit, sys\n"
        f"heavy = {HEAVY!r}\n"
        "atexit.register(lambda: print('HEAVY', [name for name in heavy if name in sys.modules]))\n"
        "sys.argv = ['fwexp', '--cfg', 'job']\n"
        "from fwexp.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=empty_folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.endswith("store: store\nHEAVY []\n")


def test_a_users_package_in_the_folder_the_command_is_typed_in(empty_folder: Path):
    shutil.copytree(ROOT / "fwexp" / "models" / "mlp", empty_folder / "my_mlp")
    (empty_folder / "conf" / "model").mkdir(parents=True)
    text = "# a copy of the mlp\nname: mine\nimplementation: my_mlp\n"
    (empty_folder / "conf" / "model" / "mine.yaml").write_text(text)
    typed = ["sweep", "demo", "model=mine", "seed=0", "--config-dir=conf", "--dry-run"]
    done = subprocess.run(
        # -P: as the installed `fwexp` is started, the folder is not on Python's path by itself
        [sys.executable, "-P", "-m", "fwexp", *typed],
        cwd=empty_folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "2 runs, 2 to do" in done.stdout
