"""What can be wrong with a source or its files; `preparation` turns these into DataError."""

from pathlib import Path


class SourceAbsent(Exception):
    """A source that cannot be used here; the next one is tried."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class MissingFiles(Exception):
    """A folder that lacks files its format needs."""

    def __init__(self, folder: Path, *, names: list[str]) -> None:
        self.folder = folder
        self.names = names
        super().__init__(f"{folder} has no {', '.join(names)}")


class DamagedFile(Exception):
    """A file that is there but cannot be decoded: no other source is tried instead."""

    def __init__(self, file: Path, *, problem: str) -> None:
        self.file = file
        self.problem = problem
        super().__init__(f"{file} {problem}")
