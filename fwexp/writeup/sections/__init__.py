"""The write-up's sections, in the page's order.

A section is a file here with a function `Evidence -> list[Section]`, and its line in SECTIONS: the
page, the Markdown and the W&B Report all show it. Most give one section; one that is empty is
left out.
"""

from collections.abc import Callable

from fwexp.evidence.assess import Evidence
from fwexp.writeup.section import Section
from fwexp.writeup.sections.answers import answers
from fwexp.writeup.sections.certificates import certificates
from fwexp.writeup.sections.changes import changes
from fwexp.writeup.sections.choices import choices
from fwexp.writeup.sections.code_lines import code_lines
from fwexp.writeup.sections.data import data
from fwexp.writeup.sections.environment import environment
from fwexp.writeup.sections.lengths import lengths
from fwexp.writeup.sections.method import method
from fwexp.writeup.sections.not_measured import not_measured
from fwexp.writeup.sections.phases import phases
from fwexp.writeup.sections.quality_targets import quality_targets
from fwexp.writeup.sections.runs import runs
from fwexp.writeup.sections.scaling import scaling

SECTIONS: list[Callable[[Evidence], list[Section]]] = [
    choices,
    changes,
    lengths,
    answers,  # one for each question, with its chart
    quality_targets,
    scaling,
    phases,
    certificates,
    code_lines,
    runs,
    data,
    environment,
    not_measured,
    method,
]


def page_sections(evidence: Evidence) -> list[Section]:
    """The sections that have something to tell, in the page's order."""
    found = [section for make in SECTIONS for section in make(evidence)]
    return [section for section in found if not section.is_empty]
