"""`python -m tests.prove [--stale] [PART…]`: the long evidence; 1 if any of it does not hold.

Makes the pages that are stale, or those of the parts that are named, whatever their state. Each
is written when its part is done: what was interrupted is typed again, and goes on with the next.
"""

import argparse
import sys
import time
from collections.abc import Sequence
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
    made: dict[str, bool] = {}
    try:
        for page in todo:
            made[page.name] = make(page)
    except KeyboardInterrupt:
        num_kept = f"{len(made)} of {len(todo)} pages are written"
        print(f"interrupted: {num_kept}; type it again to go on with the rest", file=sys.stderr)
        return INTERRUPTED
    failed = [name for name, holds in made.items() if not holds]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


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
    untimed = len(todo) - len(known)
    total = f"{_duration(sum(known.values()))}" + (f", {untimed} not timed yet" if untimed else "")
    return "\n".join([f"{len(todo)} pages to make: {total}.", *lines])


def make(page: Page) -> bool:
    """Whether the part holds; writes its page."""
    print(f"== {page.name}", flush=True)
    started = time.monotonic()
    proof: Proof = import_module(f"{PACKAGE}.{page.name}").main()
    took_s = round(time.monotonic() - started)
    footer = Footer(commit=commit(), took_s=took_s, holds=proof.holds, digests=page.digests)
    pages.write_page(page.path, proof, footer=footer)
    print(f"== {page.name}: {'holds' if proof.holds else 'FAILED'}, {took_s} s", flush=True)
    return proof.holds


def _duration(seconds: int | None) -> str:
    if seconds is None:
        return "not timed yet"
    return f"{seconds} s" if seconds < 120 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
