"""The write-up's page: one view of the evidence, as HTML and as Markdown."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fwexp.evidence.assess import Evidence
from fwexp.text import in_code, in_markdown, strip
from fwexp.writeup.first_screen import key_figures, turning, warnings
from fwexp.writeup.sections import page_sections

TEMPLATES = Path(__file__).parent / "templates"


def render_html(evidence: Evidence) -> str:
    """The page: one file, no script, no network."""
    return _render("page.html.j2", evidence, html=True)


def render_markdown(evidence: Evidence) -> str:
    """The same text and tables, without the charts."""
    return _render("page.md.j2", evidence, html=False)


def _render(template: str, evidence: Evidence, *, html: bool) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,
        finalize=_finish,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"md": in_markdown, "code": in_code}
    return environment.get_template(template).render(
        manifest=evidence.manifest,
        decision=evidence.decision,
        figures=key_figures(evidence),
        turning=turning(evidence),
        warnings=warnings(evidence),
        sections=page_sections(evidence),
    )


def _finish(value: Any) -> Any:
    """What a template prints: texts of the records may hold anything, and what is marked up not."""
    return strip(value) if isinstance(value, str) and not isinstance(value, Markup) else value
