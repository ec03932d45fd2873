"""What would change the recommendation."""

from fwexp.evidence.assess import Evidence
from fwexp.writeup.section import Section


def changes(evidence: Evidence) -> list[Section]:
    """The margins, seeds, prices and lengths of training at which the answer would differ."""
    nothing = ["Nothing can be said: there is no comparison yet."]
    title = "What would change this answer"
    return [Section(key="changes", title=title, points=evidence.changes or nothing)]
