"""The mistakes a user can mend; each says what, where, and what to type instead."""

from collections.abc import Iterable


class FwexpError(Exception):
    """A mistake that is printed as text, without a traceback; the command exits with 2."""


class ConfigError(FwexpError):
    """Every problem found in one configuration, so that all can be mended at once."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class DataError(FwexpError):
    """A data set that is missing, or is not the one that was declared."""


class DeviceError(FwexpError):
    """A device that was asked for and is not there."""


class StoreError(FwexpError):
    """A store that cannot be read or written."""


class LaterVersionError(StoreError):
    """A file of a later version of fwexp: it is neither read nor replaced."""


class ParityError(FwexpError):
    """Two implementations that are not the same computation: no comparison is made."""


class ClusterError(FwexpError):
    """A cluster that is not there, does not answer, or refuses a job."""
