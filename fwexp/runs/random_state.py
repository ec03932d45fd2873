"""The random state that no framework keeps: Python's and NumPy's, which a user's model may use."""

import random
from typing import Any

import numpy as np


def random_state() -> dict[str, Any]:
    """Both generators' state, as plain data."""
    kind, keys, *rest = np.random.get_state()
    return {"python": random.getstate(), "numpy": [kind, np.asarray(keys).tolist(), *rest]}


def set_random_state(state: dict[str, Any]) -> None:
    """Restores both generators; lists stand for tuples, as in JSON."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
