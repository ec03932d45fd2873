"""What is said of bad input: typed as a user would, in an otherwise empty folder."""

import os
import re
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.prove.proof import Proof
from tests.prove.small_sweep import environment
from tests.tiny import ROOT, TINY, session_variables

SCREEN, COLUMNS = 24, 120  # lines, and letters in each
HOME_AND_SITE = (("elsewhere", "home"), ("elsewhere", "site"))
NUM_SHOWN, LONGEST = 3, 300  # lines of a message in the table, and letters of a line
NOWHERE = "http://127.0.0.1:9"  # a port without a server: no download can succeed


@dataclass(frozen=True, kw_only=True)
class Case:
    """A line a user might type, and what has to be said of it."""

    title: str
    line: Sequence[str]
    says: Sequence[str]  # each somewhere in the message
    code: int = 2
    files: dict[str, bytes] = field(default_factory=dict)  # that the folder holds beforehand
    lacks: Sequence[str] = ()  # packages that are not installed
    decoded: bool = False  # digits is in the data cache already
    may_write: bool = False
    why: str = ""  # the code is not 2, or something is written


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a case."""

    case: Case
    code: int
    lines: list[str]
    written: list[str]

    @property
    def problems(self) -> list[str]:
        text = "\n".join(self.lines)
        found = [f"does not say {words!r}" for words in self.case.says if words not in text]
        if self.code != self.case.code:
            found.append(f"exit {self.code}, not {self.case.code}")
        if "Traceback (most recent call last)" in text:
            found.append("shows a traceback")
        if len(self.lines) > SCREEN:
            found.append(f"{len(self.lines)} lines")
        if self.written and not self.case.may_write:
            found.append("writes files")
        return found


def main() -> Proof:
    """Holds when every bad input is answered as it should be."""
    answers = []
    with tempfile.TemporaryDirectory(prefix="fwexp-bad-input-") as scratch:
        for number, case in enumerate(CASES):
            folder = Path(scratch, str(number))
            answer = _ask(case, folder)
            print(
                f"{'BAD' if answer.problems else 'ok '} {case.title} {answer.problems}", flush=True
            )
            answers.append(answer)
    holds = not any(answer.problems for answer in answers)
    return Proof(text="\n".join(_page(answers)), holds=holds)


def _ask(case: Case, folder: Path) -> Answer:
    here, elsewhere = folder / "here", folder / "elsewhere"
    here.mkdir(parents=True)
    elsewhere.mkdir()
    for name, content in case.files.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(content)
    variables = environment(
        HOME=str(elsewhere / "home"),
        FWEXP_LOCKS=str(elsewhere / "home"),
        FWEXP_DATA=session_variables()["FWEXP_DATA"] if case.decoded else str(elsewhere / "data"),
        COLUMNS=str(COLUMNS),
        CUDA_VISIBLE_DEVICES="",
        PYTHONDONTWRITEBYTECODE="1",  # what Python keeps beside a user's own model is not ours
        http_proxy=NOWHERE,
        https_proxy=NOWHERE,
        npm_config_registry=NOWHERE,
        npm_config_fetch_retries="0",
    )
    python = [sys.executable]
    if case.lacks:
        variables["PYTHONPATH"] = f"{_packages_without(case.lacks, elsewhere / 'site')}:{ROOT}"
        python += ["-S"]
    before = _files(folder)
    done = subprocess.run(
        [*python, "-m", "fwexp", *case.line],
        cwd=here,
        env=variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    text = (done.stderr + done.stdout).replace(f"{folder}{os.sep}", "")
    lines = text.replace(socket.gethostname(), "HOST").splitlines()
    written = sorted(_files(folder) - before)
    return Answer(case=case, code=done.returncode, lines=lines, written=written)


def _files(folder: Path) -> set[str]:
    """The folder's files, but for the home folder, where npm and Keras keep their own."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    ours = (path for path in paths if path.parts[:2] not in HOME_AND_SITE)
    return {str(path) for path in ours}


def _packages_without(lacks: Sequence[str], site: Path) -> Path:
    """A folder of all installed packages but these."""
    site.mkdir()
    for kind in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(kind).iterdir():
            name = re.split(r"[-.]", entry.name.lower().replace("-", "_"))[0]
            if not any(name == lack or name.startswith(f"{lack}_") for lack in lacks):
                (site / entry.name).symlink_to(entry)
    return site


def _sweep(matrix: str, *overrides: str) -> dict[str, bytes]:
    lines = "".join(f"  - {override}\n" for override in overrides)
    text = f"title: Mine\nmatrix: {matrix}\noverrides:\n{lines or '  []'}\n"
    return {"sweeps/mine.yaml": text.encode()}


def _own_model(*, activation: str = "layers.ELU(") -> dict[str, bytes]:
    """A user's own model whose Keras side has another activation."""
    mlp = ROOT / "fwexp" / "models" / "mlp"
    keras = (mlp / "keras.py").read_text()
    assert "layers.ReLU(" in keras
    return {
        "mine/model/odd.yaml": b"# an mlp of two minds\nname: odd\nimplementation: odd\n",
        "odd/__init__.py": b"",
        "odd/spec.py": (mlp / "spec.py").read_bytes(),
        "odd/torch.py": (mlp / "torch.py").read_bytes().replace(b"fwexp.models.mlp", b"odd"),
        "odd/keras.py": keras.replace("fwexp.models.mlp", "odd")
        .replace("layers.ReLU(", activation)
        .encode(),
    }


# An IDX file that says it holds 60,000 images of 28 × 28 pixels, and breaks off.
IDX = b"\x00\x00\x08\x03" + b"\x00\x00\xea\x60" + b"\x00\x00\x00\x1c" * 2 + bytes(1000)
TRUNCATED = {
    f"raw/{part}-{kind}-ubyte": IDX
    for part in ("train", "t10k")
    for kind in ("images-idx3", "labels-idx1")
}

CASES = [
    Case(
        title="a misspelt key",
        line=["optimizer.learning_rte=0.1"],
        says=["optimizer.learning_rte=0.1: ", "Did you mean 'learning_rate'?"],
    ),
    Case(
        title="a misspelt group",
        line=["modle=cnn"],
        says=["modle=cnn: there is no config group or key 'modle'. Did you mean 'model'?"],
    ),
    Case(
        title="a misspelt option",
        line=["model=cn"],
        says=["model=cn: there is no model 'cn'. Did you mean 'cnn'?"],
    ),
    Case(
        title="a wrong type",
        line=["training.batch_size=many"],
        says=["training.batch_size must be a whole number, not 'many'."],
    ),
    Case(
        title="out of range",
        line=["training.batch_size=0", "optimizer.learning_rate=-1"],
        says=[
            "training.batch_size=0: must be at least 1.",
            "optimizer.learning_rate=-1.0: must be above 0.",
        ],
    ),
    Case(
        title="+ on an unknown key",
        line=["+optimzer.nesterov=true"],
        says=["Did you mean 'optimizer'?"],
    ),
    Case(
        title="++ on an unknown key",
        line=["++training.shuffle=false"],
        says=["no key 'shuffle' in training. Choose from: "],
    ),
    Case(
        title="two mistakes at once",
        line=["modle=cnn", "training.batch_size=many"],
        says=["modle=cnn: ", "training.batch_size=many: "],
    ),
    Case(
        title="fp16 on cpu",
        line=["precision=fp16"],
        says=["precision=fp16 on cpu is refused: Lightning would train bf16 while Keras trains"],
    ),
    Case(
        title="tf32 on cpu",
        line=["precision=tf32", "framework=tf"],
        says=["precision=tf32 on cpu is refused: TF32 is an NVIDIA Ampere-or-newer mode."],
    ),
    Case(
        title="fp16 on tpu",
        line=["precision=fp16", "hardware=tpu"],
        says=["precision=fp16 on tpu is refused"],
    ),
    Case(
        title="tf32 on tpu",
        line=["precision=tf32", "hardware=tpu"],
        says=["precision=tf32 on tpu is refused"],
    ),
    *(
        Case(
            title=f"gpu without one, {framework}, {precision}",
            line=["hardware=gpu", f"framework={framework}", f"precision={precision}"],
            says=["hardware=gpu was asked for but no GPU was found on ", "Nothing was trained."],
        )
        for framework, precision in (("torch", "fp16"), ("tf", "tf32"))
    ),
    Case(
        title="tpu without one, torch",
        line=["hardware=tpu"],
        says=["framework=torch hardware=tpu needs torch_xla 2.9 with torch 2.9, or torch_tpu"],
    ),
    Case(
        title="tpu without one, tf",
        line=["hardware=tpu", "framework=tf"],
        says=["framework=tf hardware=tpu: this TensorFlow ", " has no TPU kernels"],
    ),
    Case(
        title="torch not installed",
        line=["framework=torch", *TINY],
        lacks=["torch", "pytorch_lightning", "torchmetrics", "lightning_utilities"],
        says=["framework=torch needs torch and pytorch_lightning, not installed here"],
    ),
    Case(
        title="tensorflow not installed, in a sweep",
        line=["-m", "framework=torch,tf", "seed=0", *TINY],
        lacks=["tensorflow", "keras"],
        says=["framework=tf needs tensorflow and keras, not installed here"],
    ),
    Case(
        title="tensorflow not installed, for a certificate",
        line=["parity", "model=mlp"],
        lacks=["tensorflow", "keras"],
        says=["framework=tf needs tensorflow and keras, not installed here"],
    ),
    Case(
        title="a missing data set",
        line=["data=mnist"],
        says=["data=mnist: no source of this data set is usable here", "type one of these instead"],
    ),
    Case(
        title="a truncated data file",
        line=["data=mnist", "data.path=raw"],
        files=TRUNCATED,
        says=["data=mnist: ", "train-images-idx3-ubyte", "type instead: "],
    ),
    Case(
        title="a sweep file with an unknown axis",
        line=["sweep", "mine"],
        files=_sweep("{framwork: [torch, tf]}"),
        says=["sweeps/mine.yaml: framwork=torch: ", "Did you mean 'framework'?"],
    ),
    Case(
        title="a sweep file with an unknown value",
        line=["sweep", "mine"],
        files=_sweep("{model: [mlp, cnnn]}"),
        says=["sweeps/mine.yaml: model=cnnn: there is no model 'cnnn'. Did you mean 'cnn'?"],
    ),
    Case(
        title="a sweep file with an unknown field",
        line=["sweep", "mine"],
        files={"sweeps/mine.yaml": b"title: t\nmatrx: {seed: [1]}\n"},
        says=["sweeps/mine.yaml: there is no key 'matrx'. Did you mean 'matrix'?"],
    ),
    Case(
        title="a case of a sweep that is no list",
        line=["sweep", "mine"],
        files={"sweeps/mine.yaml": b"title: t\nmatrix: {seed: [1]}\ncases: [model=mlp]\n"},
        says=["sweeps/mine.yaml: cases[0] ", "- [model=mlp, "],
    ),
    Case(
        title="a case that sets what the matrix sets",
        line=["sweep", "mine"],
        files={"sweeps/mine.yaml": b"title: t\nmatrix: {model: [mlp]}\ncases: [[model=cnn]]\n"},
        says=[
            "sweeps/mine.yaml: cases[0]: model=cnn: model is also set for all cases",
            "remove one of the two",
        ],
    ),
    Case(
        title="a model that does not fit its data",
        line=["data=digits", "data.image_shape=null"],
        says=["model=cnn does not fit data=digits: it needs image_shape, and that data set has "],
    ),
    Case(
        title="an unknown task",
        line=["data=digits", "data.task=fwexp.tasks.clasification:Classification"],
        says=["there is no module fwexp.tasks.clasification. Did you mean 'classification'?"],
    ),
    Case(
        title="a target above what an accuracy can be",
        line=["training.target=98"],
        says=["training.target=98: accuracy is a share, at most 1; type training.target=0.98"],
    ),
    Case(
        title="a user model with a live trap",
        line=["--config-dir=mine", "model=odd", *TINY[:1]],
        files=_own_model(activation="layers.LeakyReLU("),
        decoded=True,
        says=["odd/keras.py:", ": trap: Keras's leaky_relu: ", "Neutral: ops.maximum(x, "],
    ),
    Case(
        title="an empty matrix",
        line=["sweep", "mine"],
        files=_sweep("{}"),
        says=["sweeps/mine.yaml: the matrix is empty", "framework: [torch, tf]"],
    ),
    Case(
        title="an empty axis",
        line=["sweep", "mine"],
        files=_sweep("{model: []}"),
        says=["sweeps/mine.yaml: matrix.model ", "model: [a, b]"],
    ),
    Case(
        title="an empty range",
        line=["-m", "seed=range(0)"],
        says=["seed=range(0): "],
    ),
    *(
        Case(
            title=f"an unwritable store, {what}",
            line=[*line, "store=file/store"],
            files={"file": b""},
            decoded=True,
            says=["store=file/store: ", "here/file is ", "store=…"],
        )
        for what, line in (
            ("a run", TINY),
            ("a sweep", ["sweep", "demo"]),
            ("a certificate", ["parity", "model=mlp"]),
        )
    ),
    Case(
        title="a user model whose implementations differ, its certificate",
        line=["parity", "--config-dir=mine", "model=odd", *TINY[:1]],
        files=_own_model(),
        decoded=True,
        code=1,
        may_write=True,
        says=["FAILED at stage ", "relu0"],
        why="the models were run to find it: exit 1, and the certificate is kept",
    ),
    Case(
        title="a user model whose implementations differ, in a sweep",
        line=["-m", "--config-dir=mine", "model=odd", "framework=torch,tf", "seed=0,1",
              "data=digits", "tracking=none"],
        files=_own_model(),
        decoded=True,
        code=1,
        may_write=True,
        says=["FAILED at stage ", "relu0", "void"],
        why="the comparison is void: exit 1; the certificate and a page that says so are kept",
    ),
    Case(
        title="a sweep that does not exist",
        line=["sweep", "dmeo"],
        says=["sweep 'dmeo': there is no sweeps/dmeo.yaml. Did you mean 'demo'?"],
    ),
    Case(
        title="a sweep's name that climbs out",
        line=["sweep", "../../etc/passwd"],
        says=["sweep '../../etc/passwd': a sweep's name is ", "no folders"],
    ),
    Case(
        title="a report that does not exist",
        line=["report", "demo"],
        says=["no sweep 'demo' has run in the store store."],
    ),
    Case(
        title="a report's name that climbs out",
        line=["report", "../outside"],
        says=["sweep '../outside': a sweep's name is ", "no folders"],
    ),
]  # fmt: skip


def _page(answers: list[Answer]) -> Iterator[str]:
    num_right = sum(not answer.problems for answer in answers)
    yield "# Bad input: what is said of it"
    yield ""
    yield (
        f"{num_right} of {len(answers)} answered as they should be: exit 2, at most {SCREEN} "
        f"lines of {COLUMNS} letters, what and where and what to type instead, no traceback, "
        "nothing written; the exceptions say why. Each line was typed in a folder that holds "
        "nothing but what the line "
        "names, without a network, with an empty data cache where the message is about data; what "
        "npm and Keras keep in the home folder is not counted. "
        "Measured by `python -m tests.prove bad_input`."
    )
    yield ""
    yield "| what | typed | exit | lines | message | files written |"
    yield "|---|---|---|---|---|---|"
    for answer in answers:
        case = answer.case
        shown = [line.strip() for line in answer.lines if line.strip()]
        if case.may_write:  # its message comes after what was done to find it
            shown = [line for line in shown if any(words in line for words in case.says)]
        more = [f"… {len(shown) - NUM_SHOWN} more"] if len(shown) > NUM_SHOWN else []
        message = "<br>".join(map(_cell, [*shown[:NUM_SHOWN], *more]))
        typed = _cell(" ".join(["fwexp", *case.line]))
        written = f"{len(answer.written)}: {case.why}" if answer.written else "none"
        verdict = f" **{'; '.join(answer.problems)}**" if answer.problems else ""
        yield (
            f"| {case.title}{verdict} | `{typed}` | {answer.code} | {len(answer.lines)} "
            f"| {message} | {written} |"
        )


def _cell(text: str) -> str:
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
