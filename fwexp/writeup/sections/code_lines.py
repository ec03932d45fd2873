"""How long each model's two implementations are."""

from fwexp.evidence.assess import Evidence
from fwexp.models.code_lines import SHARED
from fwexp.writeup.section import Section, Table

OF_WHICH_SHARED = "of which shared"


def code_lines(evidence: Evidence) -> list[Section]:
    """Lines of code by model and framework, as counted for its certificate."""
    lines = {certificate.model: certificate.code_lines for certificate in evidence.certificates}
    return [
        Section(
            key="lines",
            title="How much code does each model take?",
            basis="measured",
            lead="Lines of the model's implementation and of what it uses from files shared with "
            "other models, without blank lines, comments and docstrings. Not counted: the "
            "trainers, which all models share; the spec, which both implementations share; and "
            "code that exists only to match the other framework, such as Keras's BatchNorm with "
            "torch's formula.",
            table=Table(
                columns=[
                    "Model",
                    "PyTorch, lines",
                    OF_WHICH_SHARED,
                    "Keras, lines",
                    OF_WHICH_SHARED,
                ],
                figures=[1, 2, 3, 4],
                rows=[
                    [model, *_counts(found, "torch.py"), *_counts(found, "keras.py")]
                    for model, found in lines.items()
                    if found
                ],
            ),
        )
    ]


def _counts(found: dict[str, int], file: str) -> tuple[str, str]:
    """All lines, and the shared ones: a dash in a certificate older than their counting."""
    shared = found.get(SHARED.format(file))
    return str(found[file] + (shared or 0)), "–" if shared is None else str(shared)
