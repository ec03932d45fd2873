"""What a certificate declares that a model's two implementations do differently."""

from fwexp.config.schema import Config
from fwexp.identity.places import find_place
from fwexp.models.linter import allowed_traps
from fwexp.models.registry import declared_differences


def declared(config: Config) -> list[str]:
    """What the spec declares, and each trap in the two files that a comment of theirs allows."""
    of_spec = declared_differences(config.model, config.data)
    place = find_place(config.model.implementation)
    assert place is not None  # its spec is loaded
    return [*of_spec, *allowed_traps(place.folders[0])]
