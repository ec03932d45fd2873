"""The benches, and docs/proof/bench.md: one section each, whose last line says what it rests on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.prove import pages
from tests.prove.parts import MLP, SWEEP, TRAINING, Part

TITLE = "# Ratios\n\nMeasured by `python -m tests.bench --write`."
COMMAND = ("fwexp.cli", "fwexp.commands.*")
CNN = (*TRAINING, "fwexp.models.cnn.*", "fwexp.tasks.classification")


@dataclass(frozen=True, kw_only=True)
class Bench:
    title: str
    part: Part


BENCHES = {
    "start": Bench(
        title="Start of an isolated run",
        part=Part(roots=(*SWEEP, *MLP)),
    ),
    "sweep": Bench(
        title="The demo sweep, whole",
        part=Part(roots=(*COMMAND, *SWEEP, *MLP, *CNN), values=("conf", "sweeps")),
    ),
    "tax": Bench(
        title="The trainers' tax",
        part=Part(
            roots=("tests.bench.tax_side", "tests.bench.bare_torch", "tests.bench.bare_keras", *CNN)
        ),
    ),
    "cfg": Bench(
        title="The command line",
        part=Part(roots=COMMAND, libraries=("hydra-core",)),
    ),
    "plan": Bench(
        title="A plan of 10,000 runs",
        part=Part(roots=("tests.bench.plan_side", "fwexp.models.*"), libraries=("hydra-core",)),
    ),
    "cluster": Bench(
        title="Short runs on a cluster",
        part=Part(roots=(*COMMAND, *SWEEP, *MLP), values=("conf", "slurm")),
    ),
}


def digests_of(name: str) -> dict[str, str]:
    """What the bench of that name rests on, as it is now."""
    return pages.digests_of(f"tests.bench.{name}", BENCHES[name].part)


def read_sections() -> dict[str, str]:
    """Each section that is there, by the name of its bench."""
    file = pages.FOLDER / "bench.md"
    kept = file.read_text().split("\n## ")[1:] if file.exists() else []
    return {section.partition(":")[0]: f"## {section.rstrip()}" for section in kept}


def write_sections(new: Mapping[str, str]) -> None:
    """Replace these sections of the file, and leave the others."""
    whole = {**read_sections(), **new}
    ordered = [whole[name].rstrip() for name in BENCHES if name in whole]
    (pages.FOLDER / "bench.md").write_text("\n\n".join([TITLE, *ordered]) + "\n")


def stale_sections() -> Iterator[str]:
    """A line per section that no longer shows what the code does."""
    found = read_sections()
    for name in BENCHES:
        text = found.get(name)
        footer = pages.footer_in(text or "")
        why = pages.why_stale(footer, digests_of(name), exists=text is not None)
        if why:
            yield f"docs/proof/bench.md, {name}: {why}"
