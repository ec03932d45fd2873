"""The free-running steps that the proof tells of: from the same weights, and not compared."""

from pathlib import Path

import numpy as np
import pytest

from fwexp.config.plain import to_plain
from fwexp.models.initialization import generic_weights
from fwexp.models.registry import load_spec
from fwexp.parity.certify import CAPTURE
from fwexp.parity.comparing import relative
from tests.tiny import tiny_config, warm_servers

Arrays = dict[str, np.ndarray]


def drifted(framework: str, folder: Path) -> Arrays:
    config = tiny_config(f"framework={framework}", "optimizer=momentum")
    to, log = folder / f"{framework}.npz", folder / f"{framework}.log"
    arguments = {"config": to_plain(config), "kind": "drift", "reference": None, "to": str(to)}
    code = warm_servers()[framework].call(CAPTURE, arguments, log=log, hear=lambda _: None)
    assert code == 0, log.read_text()
    with np.load(to) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Arrays, Arrays]:
    folder = tmp_path_factory.mktemp("drift")
    return drifted("torch", folder), drifted("tf", folder)


def test_both_end_near_each_other_and_far_from_where_they_started(captures: tuple[Arrays, Arrays]):
    torch, keras = captures
    spec = load_spec(tiny_config().model, tiny_config().data)
    started = generic_weights(spec.variables(), seed=0)
    kinds = ("float64", "float32", "apart")
    assert set(torch) == set(keras) == {f"{kind}/{name}" for kind in kinds for name in started}
    for name, first in started.items():
        assert relative(torch[f"float64/{name}"], keras[f"float64/{name}"]) < 1e-12
        assert 0 < relative(torch[f"float32/{name}"], keras[f"float32/{name}"]) < 1e-4
        assert relative(first, torch[f"float64/{name}"]) > 1e-4


def test_one_rounding_at_the_start_is_still_there_at_the_end(captures: tuple[Arrays, Arrays]):
    for capture in captures:
        of_float64 = {n.removeprefix("float64/") for n in capture if n.startswith("float64/")}
        gaps = [relative(capture[f"float64/{n}"], capture[f"apart/{n}"]) for n in of_float64]
        assert 0 < max(gaps) < 1e-12
