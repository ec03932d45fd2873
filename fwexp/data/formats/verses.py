"""English–Spanish Bible verses, from two modules of the SWORD project."""

from pathlib import Path

from fwexp.data.arrays import Arrays
from fwexp.data.faults import MissingFiles
from fwexp.data.formats.sentence_pairs import Pair, Sizes, encode_pairs, unique_pairs
from fwexp.data.formats.sword import files_of, read_verses

_ENGLISH, _SPANISH = "engWEB2015eb", "spaRV1909eb"
_MODULES = "modules/texts/ztext"

SIZES = Sizes(max_words=16, max_tokens=32, vocabulary_size=2000, num_test=200)


def decode(folder: Path) -> Arrays:
    """Token arrays of the verses of at most 16 words in either language; English is the source."""
    modules = [folder / _MODULES / name for name in (_ENGLISH, _SPANISH)]
    missing = [str(f.relative_to(folder)) for m in modules for f in files_of(m) if not f.is_file()]
    if missing:
        raise MissingFiles(folder, names=missing)
    return encode_pairs(read_pairs(modules[0], modules[1]), sizes=SIZES)


def read_pairs(english: Path, spanish: Path) -> list[Pair]:
    """The verses that both Bibles have, in their order, without repeated English wordings."""
    sources, targets = read_verses(english), read_verses(spanish)
    return unique_pairs((text, targets[r]) for r, text in sources.items() if r in targets)
