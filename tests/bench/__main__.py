"""`python -m tests.bench [--quick] [--write] [NAME…]`: the ratios, side by side in one run.

They are no tests: nothing fails by being slow, but each table says whether its limit was kept.
"""

import argparse
import io
import os
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TextIO

from fwexp.meters.environment import commit, cpu_machine_class, versions
from tests.bench.table import print_text

BENCHES = {
    "start": "Start of an isolated run",
    "sweep": "The demo sweep, whole",
    "tax": "The trainers' tax",
    "cfg": "The command line",
    "plan": "A plan of 10,000 runs",
    "cluster": "Short runs on a cluster",
}
RESULT = Path(__file__).parents[2] / "docs" / "proof" / "bench.md"


class Tee(io.StringIO):
    """Keeps what is printed, and prints it."""

    def __init__(self, shown: TextIO) -> None:
        super().__init__()
        self._shown = shown

    def write(self, text: str) -> int:
        self._shown.write(text)
        self._shown.flush()
        return super().write(text)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--quick", action="store_true", help="little of each, to see it work")
    parser.add_argument("--write", action="store_true", help=f"replace {RESULT.name}'s sections")
    given = parser.parse_args(argv)
    unknown = sorted(set(given.names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no bench {unknown[0]}; there are {', '.join(BENCHES)}")
    if given.quick and given.write:
        parser.error("--write is for the whole, not for --quick")
    sections = {name: _run(name, quick=given.quick) for name in given.names or BENCHES}
    if given.write:
        _write(sections)


def _run(name: str, *, quick: bool) -> str:
    """What the bench printed, under its heading."""
    with redirect_stdout(Tee(sys.stdout)) as printed:
        print(f"## {name}: {BENCHES[name]}\n")
        found = ", ".join(f"{package} {number}" for package, number in versions().items())
        print_text(
            f"""{datetime.now(UTC):%Y-%m-%d}, {cpu_machine_class()}, commit {commit()},
            {os.getloadavg()[0]:.1f} processes busy at the start; {found}."""
        )
        if quick:
            print_text("Only a trial (--quick): too little for the limits to mean anything.")
        import_module(f"tests.bench.{name}").main(quick=quick)
    return printed.getvalue()


def _write(sections: dict[str, str]) -> None:
    """Replace these sections of the file, and leave the others."""
    kept = RESULT.read_text().split("\n## ")[1:] if RESULT.exists() else []
    before = {section.partition(":")[0]: f"## {section.rstrip()}\n" for section in kept}
    whole = before | sections
    ordered = [whole[name].rstrip() for name in BENCHES if name in whole]
    title = "# Ratios\n\nMeasured by `.venv/bin/python -m tests.bench --write`."
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text("\n\n".join([title, *ordered]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
