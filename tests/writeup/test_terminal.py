"""What the terminal shows, as a table and through a pipe."""

import io
from pathlib import Path

from rich.console import Console

from fwexp.writeup.terminal import show
from tests.evidence.factory import Truth, certificate, simulate


def printed(*, terminal: bool) -> list[str]:
    sweep = simulate({"mlp": Truth(), "cnn": Truth()})
    sweep.certificates["key-cnn"] = certificate("cnn", passed=False)
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=160, color_system=None)
    show(sweep.evidence(), page=Path("store/sweeps/demo/page.html"), console=console)
    return file.getvalue().splitlines()


def test_a_pipe_gets_plain_lines() -> None:
    lines = printed(terminal=False)
    assert lines[0].startswith("It depends on the workload (mlp and cnn on digits): choose PyTorch")
    assert lines[1].startswith("How sure? Sure for some workloads (1 void)")
    assert lines[2].startswith("mlp: TensorFlow was not given steps_per_execution=10, which could")
    assert lines[3].startswith("! cnn: comparison void; parity certificate failed")
    assert lines[5] == "Accuracy on the test set  cnn  0  –  –  void  measured"
    assert lines[-1] == "page: store/sweeps/demo/page.html"
    assert not any(line.startswith(("┃", "│", "┏")) for line in lines)


def test_a_terminal_gets_a_table() -> None:
    lines = printed(terminal=True)
    (row,) = [line for line in lines if "Total time" in line and " mlp " in line]
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells[:3] == ["Total time", "mlp", "5"]
    assert cells[-2:] == ["different and material: PyTorch is faster", "measured"]
    assert lines[-1] == "page: store/sweeps/demo/page.html"
