"""A run's configuration: composed from conf/ and overrides, typed and checked."""

from fwexp.config.load import compose, from_plain, to_plain

__all__ = ["compose", "from_plain", "to_plain"]
