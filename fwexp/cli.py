"""Tells the commands apart by the first argument; the only place that exits."""

import os
import sys
from collections.abc import Sequence
from pkgutil import resolve_name

from fwexp import __version__
from fwexp.commands import VERBS
from fwexp.config.suggestions import near_match
from fwexp.errors import FwexpError
from fwexp.text import strip


def main(argv: Sequence[str] | None = None) -> None:
    """Runs one command line and exits: 0 done, 2 a user's mistake, 130 interrupted.

    1 where a run failed, or who reads the output stopped reading.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if (here := os.getcwd()) not in sys.path:
        sys.path.append(here)  # a user's own model may be a package in the folder it is typed in
    try:
        code = dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader had enough, as head does; nor may the last flush fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except FwexpError as error:
        print(strip(str(error)), file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("fwexp: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)


def dispatch(argv: list[str]) -> int:
    """The exit code of a verb, or else of a run described by overrides."""
    first = argv[0] if argv else None
    if first in VERBS:
        return int(resolve_name(VERBS[first])(argv[1:]))
    if first == "--version":
        print(f"fwexp {__version__}")
        return 0
    if first is not None and not is_override_or_flag(first):
        near = near_match(first, VERBS)
        hint = f"Did you mean '{near}'? " if near else ""
        raise FwexpError(
            f"{first}: there is no such command. {hint}Commands: {', '.join(VERBS)}. "
            "A run is written as overrides: fwexp model=cnn seed=1"
        )
    from fwexp.commands.run import run_command_line

    return run_command_line(argv)


def is_override_or_flag(word: str) -> bool:
    """Whether a first argument belongs to a run and is not meant as a command."""
    return "=" in word or word.startswith(("-", "+", "~"))
