"""`python -m tests.bench [--quick] [--write] [NAME…]`: the ratios, side by side in one run.

They are no tests: nothing fails by being slow, but each table says whether its limit was kept.
"""

import argparse
import io
import os
import sys
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime
from importlib import import_module
from typing import TextIO

from fwexp.meters.environment import commit, cpu_machine_class, versions
from tests.bench.sections import BENCHES, digests_of, write_sections
from tests.bench.table import print_text
from tests.prove.pages import Footer


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
    parser.add_argument("--write", action="store_true", help="replace bench.md's sections")
    given = parser.parse_args(argv)
    unknown = sorted(set(given.names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no bench {unknown[0]}; there are {', '.join(BENCHES)}")
    if given.quick and given.write:
        parser.error("--write is for the whole, not for --quick")
    for name in given.names or BENCHES:
        digests, started = digests_of(name), time.monotonic()
        text = _run(name, quick=given.quick)
        took_s = round(time.monotonic() - started)
        footer = Footer(commit=commit(), took_s=took_s, holds=True, digests=digests)
        if given.write:
            write_sections({name: f"{text.rstrip()}\n\n{footer.line()}"})


def _run(name: str, *, quick: bool) -> str:
    """What the bench printed, under its heading."""
    with redirect_stdout(Tee(sys.stdout)) as printed:
        print(f"## {name}: {BENCHES[name].title}\n")
        found = ", ".join(f"{package} {number}" for package, number in versions().items())
        print_text(
            f"""{datetime.now(UTC):%Y-%m-%d}, {cpu_machine_class()}, commit {commit()},
            {os.getloadavg()[0]:.1f} processes busy at the start; {found}."""
        )
        if quick:
            print_text("Only a trial (--quick): too little for the limits to mean anything.")
        import_module(f"tests.bench.{name}").main(quick=quick)
    return printed.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
