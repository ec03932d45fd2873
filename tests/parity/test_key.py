"""A certificate is void when a source that it vouches for has changed, but for its words."""

import os
import subprocess
import sys
from pathlib import Path

from tests.prove.traps import copy_project

ASK = """
import sys
from pathlib import Path
from fwexp.identity.sources import forget
from fwexp.launch.combine import resolved
from fwexp.parity.key import certificate_key
config = resolved(["model=cnn", "data=digits"])
def show(name):
    forget()
    print(certificate_key(config), name)
show("as it is")
for name in sys.argv[1:]:
    path = Path(name)
    text = path.read_text()
    path.write_text(text + "# a comment\\n")
    show(f"a comment in {name}")
    path.write_text(text + "DECIDES = 1\\n")
    show(name)
    path.write_text(text)
show("as it was")
"""
SOURCES = [
    *(f"fwexp/models/cnn/{side}.py" for side in ("spec", "torch", "keras")),
    *("fwexp/models/keras_layers.py", "fwexp/models/torch_names.py"),
    *("fwexp/trainers/keras_trainer.py", "fwexp/trainers/torch_trainer.py"),
    *("fwexp/trainers/keras_module.py", "fwexp/trainers/torch_module.py"),
    *("fwexp/trainers/keras_optimizers.py", "fwexp/trainers/torch_optimizers.py"),
    *("fwexp/trainers/schedule.py", "fwexp/trainers/devices.py"),
    *("fwexp/trainers/keras_losses.py", "fwexp/trainers/torch_losses.py"),
    *("fwexp/tasks/classification.py", "fwexp/tasks/numerics.py"),
    *("fwexp/parity/stages/loss.py", "fwexp/parity/capture.py", "fwexp/parity/parts.py"),
    *("fwexp/data/dataset.py", "fwexp/runs/recipe.py"),
]
OTHERS = [
    *("fwexp/models/mlp/keras.py", "fwexp/writeup/page.py", "fwexp/models/code_lines.py"),
    *("fwexp/parity/hints.py", "fwexp/parity/symptoms.py", "fwexp/parity/certify.py"),
]


def test_every_source_of_a_run_counts(tmp_path: Path):
    project = copy_project(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-c", ASK, *SOURCES, *OTHERS],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    keys = {name: key for key, _, name in (r.partition(" ") for r in done.stdout.splitlines())}
    as_it_is = keys.pop("as it is")
    assert keys.pop("as it was") == as_it_is
    assert {name for name, key in keys.items() if key == as_it_is} == {
        *OTHERS,
        *(f"a comment in {name}" for name in [*SOURCES, *OTHERS]),
    }
    assert len({keys[name] for name in SOURCES}) == len(SOURCES)
