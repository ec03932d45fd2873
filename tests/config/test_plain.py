"""A configuration survives the way through JSON."""

import json

import pytest

from fwexp.config.load import compose
from fwexp.config.plain import from_plain, to_plain
from fwexp.errors import ConfigError


@pytest.mark.parametrize("data", ["digits", "mnist", "cifar10"])
def test_round_trip(data: str) -> None:
    config = compose([f"data={data}", "model.options.act=relu", "training.target=0.9"])
    plain = json.loads(json.dumps(to_plain(config)))
    again = from_plain(plain)
    assert again == config
    assert type(again.data.sources[0]) is type(config.data.sources[0])


def test_plain_data_is_a_copy() -> None:
    config = compose([])
    plain = to_plain(config)
    plain["model"]["options"]["width"] = 1
    again = from_plain(plain)
    plain["model"]["options"]["width"] = 2
    assert config.model.options["width"] == 32
    assert again.model.options["width"] == 1


def test_keys_of_another_version() -> None:
    plain = to_plain(compose([]))
    plain["model"]["extra"] = 1
    with pytest.raises(ConfigError) as raised:
        from_plain(plain)
    assert raised.value.problems == [
        "configuration.model: written by another version of fwexp (keys at odds: extra)."
    ]
    del plain["model"]["extra"], plain["seed"]
    with pytest.raises(ConfigError) as raised:
        from_plain(plain)
    assert raised.value.problems == [
        "configuration: written by another version of fwexp (keys at odds: seed)."
    ]
