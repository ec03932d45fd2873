"""Whether the input pipelines yield the same batches."""

import numpy as np

from fwexp.parity.comparing import exact
from fwexp.parity.pair import Pair, under
from fwexp.store.certificate import Stage

NOTHING = np.array(["nothing"])  # where a pipeline has no such batch


def data(pair: Pair) -> Stage:
    """The dtype, shape and checksum of every batch."""
    torch, keras = pair.torch, pair.keras
    names = {**under("batch/", torch), **under("batch/", keras)}
    for name in sorted(names, key=lambda n: (int(n.split("/")[0]), n)):
        ours, theirs = (" ".join(c.get(names[name], NOTHING)) for c in (torch, keras))
        if ours != theirs:
            detail = f"torch's pipeline yields {ours}, Keras's {theirs}"
            return exact("data", f"batch {name}", detail)
    return exact("data")
