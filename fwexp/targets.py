"""What the command line calls, by name, so that nothing is imported before it is needed."""

from collections.abc import Callable
from importlib import import_module

VERBS = {
    "sweep": "fwexp.launch.sweep:command",
    "status": "fwexp.launch.status:command",
    "cancel": "fwexp.launch.cancel:command",
    "report": "fwexp.writeup.report:command",
    "sync": "fwexp.tracking.command:command",
    "publish": "fwexp.tracking.publish:command",
    "parity": "fwexp.parity.command:command",
    "doctor": "fwexp.doctor:command",
}
RUN_ONE = "fwexp.launch.single:run_one"
SUBMIT = "fwexp.launch.slurm.submit:submit_and_tell"
RUN_MATRIX = "fwexp.launch.sweep:run_matrix"


def load_target(target: str) -> Callable[..., int]:
    """The function that a "package.module:name" stands for."""
    module, _, name = target.partition(":")
    function: Callable[..., int] = getattr(import_module(module), name)
    return function
