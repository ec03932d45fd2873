"""What every source can do."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from fwexp.config.schema import Data, Source
from fwexp.data.faults import SourceAbsent

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class State:
    """Whether a source can be used here, determined without a download."""

    where: Literal["here", "to download", "missing"]
    detail: str
    folder: Path | None = None  # of the files, where they are here


class Origin(ABC):
    """A place where the original files may come from."""

    needs: ClassVar[tuple[str, ...]]  # the fields of Source that this kind needs

    def __init__(self, source: Source, *, data: Data) -> None:
        self.source = source
        self.data = data

    @property
    @abstractmethod
    def label(self) -> str:
        """What the provenance calls it."""

    @property
    @abstractmethod
    def get(self) -> str:
        """What to type if the source is missing."""

    @property
    @abstractmethod
    def mend(self) -> str:
        """What to type if a file of the source is damaged."""

    @abstractmethod
    def state(self) -> State:
        """Whether the source can be used here, determined without a download."""

    @abstractmethod
    def fetch(self, *, into: Path, say: Say) -> Path:
        """The folder of the original files; what has to be unpacked goes to `into`.

        Raises:
            SourceAbsent: the source cannot be used here.
        """


class InPlace(Origin):
    """A source whose files are read in place."""

    def fetch(self, *, into: Path, say: Say) -> Path:
        del into  # nothing to unpack
        state = self.state()
        if state.folder is None:
            raise SourceAbsent(state.detail)
        say(f"  {state.detail}")
        return state.folder
