"""A new section is a function in a file of its own and its line in SECTIONS."""

import pytest

from fwexp.evidence.assess import Evidence
from fwexp.writeup import sections
from fwexp.writeup.page import render_html, render_markdown
from fwexp.writeup.section import Chart, Section, Table
from tests.evidence.factory import Truth, simulate


def energy(evidence: Evidence) -> list[Section]:
    """What the user's file would hold."""
    rows = [[workload.label, "12 Wh"] for workload in evidence.workloads]
    return [
        Section(
            key="energy",
            title="Energy",
            basis="estimated",
            lead="From the meter on the wall.",
            table=Table(columns=["Workload", "Energy"], rows=rows, figures=[1]),
            points=["The screen was off."],
            notes=["One reading per run."],
            chart=Chart(draw=lambda: "<svg><!-- watts --></svg>", caption="Watts over time."),
        )
    ]


def nothing(_: Evidence) -> list[Section]:
    return [Section(key="nothing", title="Nothing", lead="A lead alone is no section.")]


@pytest.fixture
def evidence(monkeypatch: pytest.MonkeyPatch) -> Evidence:
    monkeypatch.setattr(sections, "SECTIONS", [*sections.SECTIONS, energy, nothing])
    return simulate({"mlp": Truth()}).evidence()


def test_the_html_shows_it_with_its_chart(evidence: Evidence) -> None:
    page = " ".join(render_html(evidence).split())
    own = page[page.index('<h2 id="energy">') : page.index("To reproduce:")]
    for needed in (
        'Energy <span class="basis estimated">estimated</span></h2>',
        '<p class="lead">From the meter on the wall.</p>',
        '<td>mlp</td><td class="figure">12 Wh</td>',
        "<li>The screen was off.</li>",
        '<p class="note">One reading per run.</p>',
        "<svg><!-- watts --></svg><figcaption>Watts over time.</figcaption>",
    ):
        assert needed in own


def test_the_markdown_ends_with_it(evidence: Evidence) -> None:
    _, _, own = render_markdown(evidence).partition("## Energy (estimated)\n")
    assert own == (
        "\nFrom the meter on the wall.\n"
        "\n| Workload | Energy |\n| --- | ---: |\n| mlp | 12 Wh |\n"
        "\n- The screen was off.\n"
        "\nOne reading per run.\n"
        "\nTo reproduce: `fwexp sweep demo`"
    )


def test_an_empty_section_is_left_out(evidence: Evidence) -> None:
    assert [section.key for section in sections.page_sections(evidence)][-2:] == ["terms", "energy"]
    assert "A lead alone" not in render_html(evidence)
