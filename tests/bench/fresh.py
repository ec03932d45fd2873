"""One run in a fresh process, as without a warm server: `python -m tests.bench.fresh FILE`."""

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    """This process's, with what a warm server sets, and fwexp and the benches to be found."""
    found = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    server = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}
    return {**os.environ, **server, "PYTHONPATH": found}


def run_quietly(command: list[str], *, folder: Path | None = None) -> str:
    """What the command prints, in a process of its own; what it complains of, if it fails."""
    done = subprocess.run(
        command, env=environment(), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-1000:]} {done.stderr[-2000:]}"
    return done.stdout


def execute_fresh(request: dict[str, Any], dispatched_at: float) -> None:
    """Import the run's framework, and do the run as the child of a warm server does it."""
    from fwexp.meters.memory import rss_mib
    from fwexp.trainers.registry import TRAINERS

    started = time.monotonic()
    importlib.import_module(TRAINERS[request["config"]["framework"]["name"]].partition(":")[0])
    from fwexp.runs.execute import execute

    known = {"import_s": time.monotonic() - started, "import_rss_mib": rss_mib()}
    execute(request, {**known, "dispatched_at": dispatched_at}, lambda _: None)


def start_fresh(request: dict[str, Any], *, folder: Path) -> None:
    """Do the run in a process of its own, to its end."""
    file = folder / "request.json"
    file.write_text(json.dumps({"request": request, "dispatched_at": time.monotonic()}))
    run_quietly([sys.executable, "-m", "tests.bench.fresh", str(file)])


if __name__ == "__main__":
    execute_fresh(**json.loads(Path(sys.argv[1]).read_text()))
