"""A configuration survives a round trip through JSON."""

import json

import pytest

from fwexp.config.load import compose
from fwexp.config.plain import from_plain, to_plain
from fwexp.config.schema import Config


@pytest.mark.parametrize("data", ["digits", "mnist", "cifar10"])
def test_round_trip(data: str) -> None:
    config = compose([f"data={data}", "model.options.act=relu", "training.target=0.9"])
    plain = json.loads(json.dumps(to_plain(config)))
    again = from_plain(plain, Config)
    assert again == config
    assert type(again.data.sources[0]) is type(config.data.sources[0])


def test_plain_data_is_a_copy() -> None:
    config = compose([])
    plain = to_plain(config)
    plain["model"]["options"]["width"] = 1
    again = from_plain(plain, Config)
    plain["model"]["options"]["width"] = 2
    assert config.model.options["width"] == 32
    assert again.model.options["width"] == 1


def test_a_misfit_is_refused() -> None:
    plain = to_plain(compose([]))
    plain["seed"] = "one"
    with pytest.raises(ValueError, match="Expected `int`, got `str`"):
        from_plain(plain, Config)
