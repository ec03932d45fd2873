"""From a failed stage to the traps that it looks like, the most likely first."""

from dataclasses import replace

from fwexp.models.spec import Spec
from fwexp.parity.comparing import Side
from fwexp.parity.hints_of_outputs import OUTPUT_HINTS
from fwexp.parity.hints_of_training import TRAINING_HINTS
from fwexp.parity.symptoms import Failure
from fwexp.store.certificate import Stage

MAX_HINTS = 3
HINTS = [*OUTPUT_HINTS, *TRAINING_HINTS]


def hinted(
    stages: list[Stage], *, sides: tuple[Side, Side], spec: Spec, optimizer: str
) -> list[Stage]:
    """The same stages, of which the first that failed names the traps that it looks like; the
    others may follow from it."""
    failed = next((stage for stage in stages if not stage.passed), None)
    if failed is None:
        return stages
    torch, keras = sides
    failure = Failure(stage=failed, torch=torch, keras=keras, spec=spec, optimizer=optimizer)
    traps = probable_traps(failure)
    if not traps:
        return stages
    told = replace(failed, detail=f"{failed.detail}; probable trap: {'; or '.join(traps)}")
    return [told if stage is failed else stage for stage in stages]


def probable_traps(failure: Failure) -> list[str]:
    """At most three, the most likely first; none where nothing known looks like it."""
    found = [hint.told(failure) for hint in HINTS if hint.explains(failure)]
    return list(dict.fromkeys(found))[:MAX_HINTS]
