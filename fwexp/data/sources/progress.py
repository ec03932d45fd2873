"""A download's progress as plain lines, for logs and pipes."""

from fwexp.data.sources.origin import Say


class ProgressLines:
    """What pooch accepts as a progress bar; pooch sets `total`, in bytes."""

    def __init__(self, name: str, *, say: Say) -> None:
        self.total = 0
        self._name = name
        self._say = say
        self._done = 0
        self._tenths = 0  # of the whole, said so far

    def update(self, num_bytes: int) -> None:
        self._done = min(self._done + num_bytes, self.total)
        tenths = 10 * self._done // self.total if self.total else 0
        if tenths > self._tenths:
            self._tenths = tenths
            self._say(f"  {self._name}: {self._done / 1e6:.1f} of {self.total / 1e6:.1f} MB")

    def reset(self) -> None:
        """Called at the end, before one last update by `total`."""
        self._done = 0

    def close(self) -> None:
        """Nothing to remove: the lines stay."""
