import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fwexp.identity import sources
from tests.bench import sections
from tests.bench.sections import Bench
from tests.prove import __main__ as prove
from tests.prove import pages
from tests.prove.pages import Footer
from tests.prove.parts import PARTS, Part

MODULE = """
from tests.prove.proof import Proof
from proofs.lib import TEXT
def main():
    print("made")
    return Proof(text="# A page\\n\\n" + TEXT, holds=True)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two parts: one rests on a module and on values, the other on neither."""
    files = {
        "proofs/lib.py": 'TEXT = "text"\n',
        "proofs/first.py": MODULE,
        "proofs/second.py": MODULE.replace("from proofs.lib import TEXT", 'TEXT = "text"'),
        "conf/one.yaml": "width: 4\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    parts = {name: Part(roots=(), values=("conf",) * (name == "first")) for name in PARTS_HERE}
    monkeypatch.setattr(prove, "PACKAGE", "proofs")
    monkeypatch.setattr(prove, "PARTS", parts)
    monkeypatch.setattr(prove, "time", SimpleNamespace(monotonic=lambda: 0.0))
    monkeypatch.setattr(sections, "BENCHES", {})
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "FOLDER", tmp_path / "docs" / "proof")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


PARTS_HERE = ("first", "second")
Typed = Callable[..., list[str]]


@pytest.fixture
def typed(project: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    """The lines that `python -m tests.prove …` prints, as if in a new process."""
    assert project.exists()

    def typed(*argv: str) -> list[str]:
        unload()
        prove.main(argv)
        return capsys.readouterr().out.splitlines()

    yield typed
    unload()


def unload() -> None:
    sources.forget()
    for name in [name for name in sys.modules if name.partition(".")[0] == "proofs"]:
        del sys.modules[name]


def test_what_is_fresh_is_not_made_again(project: Path, typed: Typed) -> None:
    assert typed().count("made") == 2
    text = (project / "docs" / "proof" / "first.md").read_text()
    assert text.startswith("# A page\n\ntext\n\n<!-- rests on: {")
    assert text.endswith("} -->\n")
    assert typed() == ["Every page of docs/proof is up to date."]
    assert typed("--stale") == ["Every page of docs/proof is up to date."]


def test_a_named_part_is_made_whatever_its_state(typed: Typed) -> None:
    typed()
    lines = typed("second")
    assert lines[:3] == ["1 pages to make: 0 s.", "  second: 0 s; named", "== second"]
    assert lines.count("made") == 1


@pytest.mark.parametrize(
    ("file", "text", "changed"),
    [
        ("proofs/lib.py", 'TEXT = "another"\n', "proofs.lib"),
        ("conf/one.yaml", "width: 5\n", "conf"),
        ("conf/one.yaml", "width: 4 # a comment\n", None),
        ("proofs/lib.py", '# a comment\nTEXT = "text"\n', None),
    ],
)
def test_a_page_is_stale_when_what_it_rests_on_changed(
    project: Path, typed: Typed, file: str, text: str, changed: str | None
) -> None:
    typed()
    (project / file).write_text(text)
    lines = typed("--stale")
    assert [line.rpartition(": ")[2] for line in lines[1:]] == ([changed] if changed else [])
    assert all(line.startswith("  docs/proof/first.md: changed since commit") for line in lines[1:])


def test_an_interrupted_proof_goes_on_with_the_next_part(
    project: Path, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    second = (project / "proofs" / "second.py").read_text()
    (project / "proofs" / "second.py").write_text(
        second.replace('print("made")', "raise KeyboardInterrupt")
    )
    assert prove.main(()) == 130
    said = capsys.readouterr()
    assert "== first: holds, 0 s\n" in said.out
    assert said.err == (
        "interrupted: 1 of 2 pages are written; type it again to go on with the rest\n"
    )
    assert not (project / "docs" / "proof" / "second.md").exists()
    (project / "proofs" / "second.py").write_text(second)
    assert [line for line in typed() if line.startswith("== ")] == [
        "== second",
        "== second: holds, 0 s",
    ]


def test_a_part_that_does_not_hold_is_stale_and_the_exit_code_says_so(
    project: Path, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "proofs" / "second.py"
    file.write_text(file.read_text().replace("holds=True", "holds=False"))
    unload()
    assert prove.main(()) == 1
    assert capsys.readouterr().err == "failed: second\n"
    assert typed("--stale")[1:] == ["  docs/proof/second.md: did not hold"]


RAISES = {
    "an error": "raise ValueError('no such thing')",
    "an exit": "raise SystemExit('no such thing')",
    "at its import": "main = None\nraise ValueError('no such thing')",
}


@pytest.mark.parametrize("how", RAISES)
def test_a_part_that_raises_keeps_no_other_from_being_made(
    project: Path, typed: Typed, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    file, page = project / "proofs" / "first.py", project / "docs" / "proof" / "first.md"
    text = file.read_text()
    at_import = how == "at its import"
    file.write_text(RAISES[how] if at_import else text.replace('print("made")', RAISES[how]))
    unload()
    assert prove.main(()) == 1
    said = capsys.readouterr()
    lines = [line for line in said.out.splitlines() if line.startswith("== ")]
    assert lines == [
        "== first",
        "== first: RAISED, 0 s",
        "== second",
        "== second: holds, 0 s",
    ]
    assert "Traceback (most recent call last)" in said.err
    assert "proofs/first.py" in said.err
    assert "no such thing" in said.err
    assert said.err.endswith("\nraised, so that no page was written: first\n")
    assert not page.exists()
    file.write_text(text)
    assert "== first: holds, 0 s" in typed()


def test_a_part_that_raises_leaves_its_page_as_it_was(project: Path, typed: Typed) -> None:
    typed()
    page = project / "docs" / "proof" / "first.md"
    before = page.read_text()
    (project / "proofs" / "lib.py").write_text("TEXT = None\n")
    assert "== first: RAISED, 0 s" in typed()
    assert page.read_text() == before
    assert len(typed("--stale")) == 2


@pytest.mark.parametrize(
    "how",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import os, signal; os.kill(os.getpid(), signal.SIGHUP)",
        "\n    try: raise KeyboardInterrupt\n    finally: raise OSError('not empty')",
    ],
)
def test_kill_and_a_failed_tidying_up_are_interruptions(
    project: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored
    file = project / "proofs" / "first.py"
    file.write_text(file.read_text().replace('print("made")', how))
    unload()
    assert prove.main(()) == 130
    said = capsys.readouterr()
    assert "== second" not in said.out
    assert said.err == (
        "interrupted: 0 of 2 pages are written; type it again to go on with the rest\n"
    )
    assert signal.signal(signal.SIGHUP, before) == signal.SIG_DFL


def test_a_page_that_says_nothing_of_what_it_rests_on(project: Path, typed: Typed) -> None:
    typed()
    (project / "docs" / "proof" / "first.md").write_text("# A page\n")
    (project / "docs" / "proof" / "second.md").unlink()
    assert typed("--stale")[1:] == [
        "  docs/proof/first.md: does not say what it rests on",
        "  docs/proof/second.md: there is no page yet",
    ]


def test_a_section_of_the_ratios_is_stale_when_what_it_rests_on_changed(
    project: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed()
    benches = {"cfg": Bench(title="The command line", part=Part(roots=("proofs.lib",)))}
    monkeypatch.setattr(sections, "BENCHES", benches)
    footer = Footer(commit="abc", took_s=1, holds=True, digests=sections.digests_of("cfg"))
    sections.write_sections({"cfg": f"## cfg: The command line\n\n1.0\n\n{footer.line()}"})
    assert typed("--stale") == ["Every page of docs/proof is up to date."]
    (project / "proofs" / "lib.py").write_text('TEXT = "another"\n')
    assert typed("--stale")[-2:] == [
        "Stale ratios; `python -m tests.bench --write NAME` measures them anew:",
        "  docs/proof/bench.md, cfg: changed since commit abc: proofs.lib",
    ]


def test_an_unknown_part(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        typed("third")
    assert "there is no part third; there are first, second" in capsys.readouterr().err


def test_the_estimate_sums_what_the_parts_took_last(tmp_path: Path) -> None:
    footer = Footer(commit="abc", took_s=600, holds=True, digests={"conf": "1"})
    known = prove.Page(name="one", path=tmp_path, footer=footer, digests={"conf": "2"})
    new = prove.Page(name="two", path=tmp_path / "none.md", footer=None, digests={})
    assert prove.estimate([known, new]).splitlines() == [
        "2 pages to make: 10 min, 1 not timed yet.",
        "  one: 10 min; changed since commit abc: conf",
        "  two: not timed yet; there is no page yet",
    ]


def test_a_page_that_quotes_messages_rests_on_their_words() -> None:
    quoting = pages.digests_of("tests.prove.bad_input", PARTS["bad_input"])
    sources.forget()
    assert (
        quoting["fwexp.config"]
        != pages.digests_of("tests.prove.bad_input", Part(roots=PARTS["bad_input"].roots))[
            "fwexp.config"
        ]
    )


def test_every_part_has_a_module_and_all_that_it_rests_on_exists() -> None:
    for name, part in PARTS.items():
        found = pages.digests_of(f"tests.prove.{name}", part)
        trains = {"fwexp.models", "torch"} if "torch" in part.libraries else set()
        assert {"tests.prove", *trains, *part.values} <= found.keys()
    for name, bench in sections.BENCHES.items():
        found = sections.digests_of(name)
        assert {"tests.bench", "fwexp.config", *bench.part.values} <= found.keys()
