"""`python -m tests.prove [--stale] [PART…]`: the long evidence; 1 if any of it does not hold.

Makes the pages that are stale, or those of the parts that are named, whatever their state. Each
is written when its part is done: what was interrupted is typed again, and goes on with the next.
A part that raises leaves its page as it was, and keeps no other from being made.
"""

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from fwexp.meters.environment import commit
from tests.bench.sections import stale_sections
from tests.prove import pages
from tests.prove.pages import Footer
from tests.prove.parts import PARTS
from tests.prove.proof import Proof

PACKAGE = "tests.prove"
INTERRUPTED = 130  # a shell's code for Ctrl-C


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part's page as it stands, and what it would rest on if it were made now."""

    name: str
    path: Path
    footer: Footer | None
    digests: dict[str, str]

    @property
    def why_stale(self) -> str | None:
        return pages.why_stale(self.footer, self.digests, exists=self.path.exists())


def main(argv: Sequence[str]) -> int:
    """0 when every part holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--stale", action="store_true", help="only list the stale pages")
    given = parser.parse_args(argv)
    unknown = sorted(set(given.parts) - PARTS.keys())
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    found = [page_of(name) for name in given.parts or PARTS]
    if given.stale:
        benches = [] if given.parts else [*stale_sections()]
        print("\n".join(listing(found, benches)))
        return 0
    todo = found if given.parts else [page for page in found if page.why_stale]
    print(estimate(todo), flush=True)
    made: dict[str, bool | None] = {}
    try:
        with interrupted_as_by_ctrl_c():
            for page in todo:
                made[page.name] = make(page)
    except KeyboardInterrupt:
        num_written = sum(holds is not None for holds in made.values())
        num_kept = f"{num_written} of {len(todo)} pages are written"
        print(f"interrupted: {num_kept}; type it again to go on with the rest", file=sys.stderr)
        return INTERRUPTED
    failed = [name for name, holds in made.items() if holds is False]
    raised = [name for name, holds in made.items() if holds is None]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    if raised:
        print(f"raised, so that no page was written: {', '.join(raised)}", file=sys.stderr)
    return 1 if failed or raised else 0


@contextmanager
def interrupted_as_by_ctrl_c() -> Iterator[None]:
    """`kill` and a closed terminal raise KeyboardInterrupt, too: a cluster is then taken down."""
    numbers = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) == signal.SIG_DFL]
    for number in numbers:  # SIGHUP is ignored under nohup, and stays so
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def page_of(name: str) -> Page:
    """The part's page; nothing is run."""
    path = pages.FOLDER / f"{name}.md"
    digests = pages.digests_of(f"{PACKAGE}.{name}", PARTS[name])
    return Page(name=name, path=path, footer=pages.read_footer(path), digests=digests)


def listing(found: Sequence[Page], benches: Sequence[str]) -> list[str]:
    """A line per stale page, and those of the stale sections of the benches' page."""
    stale = [f"docs/proof/{p.path.name}: {p.why_stale}" for p in found if p.why_stale]
    lines = ["Stale pages; `make prove` makes them anew:", *(f"  {line}" for line in stale)]
    more = ["Stale ratios; `python -m tests.bench --write NAME` measures them anew:"]
    more += [f"  {line}" for line in benches]
    told = lines * bool(stale) + more * bool(benches)
    return told or ["Every page of docs/proof is up to date."]


def estimate(todo: Sequence[Page]) -> str:
    """What making these pages would take, by what it took last."""
    if not todo:
        return "Every page of docs/proof is up to date."
    known = {page.name: page.footer.took_s for page in todo if page.footer}
    lines = [f"  {p.name}: {_duration(known.get(p.name))}; {p.why_stale or 'named'}" for p in todo]
    num_unknown = len(todo) - len(known)
    more = f", {num_unknown} not timed yet" if num_unknown else ""
    total = f"{_duration(sum(known.values()))}{more}"
    return "\n".join([f"{len(todo)} pages to make: {total}.", *lines])


def make(page: Page) -> bool | None:
    """Whether the part holds, its page written; None where it raised, told with its traceback."""
    print(f"== {page.name}", flush=True)
    started = time.monotonic()
    try:
        proof: Proof = import_module(f"{PACKAGE}.{page.name}").main()
    except (Exception, SystemExit) as error:
        if _is_interruption(error):
            raise KeyboardInterrupt from error
        traceback.print_exc()
        print(f"== {page.name}: RAISED, {round(time.monotonic() - started)} s", flush=True)
        return None
    took_s = round(time.monotonic() - started)
    footer = Footer(commit=commit(), took_s=took_s, holds=proof.holds, digests=page.digests)
    pages.write_page(page.path, proof, footer=footer)
    print(f"== {page.name}: {'holds' if proof.holds else 'FAILED'}, {took_s} s", flush=True)
    return proof.holds


def _is_interruption(error: BaseException | None) -> bool:
    """Whether it came of Ctrl-C, as where what that left behind could not be tidied up."""
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _duration(seconds: int | None) -> str:
    if seconds is None:
        return "not timed yet"
    return f"{seconds} s" if seconds < 120 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
