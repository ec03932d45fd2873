"""A small text in the real format, made up, and the overrides that name it."""

import json
from pathlib import Path

import numpy as np

from fwexp.data.arrays import content_sha256
from fwexp.data.formats import kjv, kjv_sections

LETTERS = "abcdefghij ,.#[]\u00e9"


def verses(num_verses: int = 3200) -> dict[str, str]:
    """Verses of 80 letters, spread over the first books of all sections."""
    rng = np.random.default_rng(0)
    books = list(kjv_sections.SECTIONS.values())
    letters = np.array(list(LETTERS))
    return {
        f"{books[i * len(books) // num_verses]} 1:{i}": "".join(rng.choice(letters, 80))
        for i in range(num_verses)
    }


def write_verses(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verses-1769.json").write_text(json.dumps(verses()))
    return folder


def small_text(folder: Path, *, data: str = "text") -> list[str]:
    """Overrides for data=text or data=passages, read from this folder."""
    write_verses(folder)
    decode = {"text": kjv.decode, "passages": kjv_sections.decode}[data]
    arrays = decode(folder)
    return [
        f"data={data}",
        f"data.path={folder}",
        f"data.num_train={len(arrays['x_train'])}",
        f"data.num_test={len(arrays['x_test'])}",
        f"data.vocabulary_size={len(arrays['vocabulary'])}",
        f"data.sha256={content_sha256(arrays)}",
    ]
