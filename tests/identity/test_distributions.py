from importlib.metadata import version

from fwexp.identity.distributions import OWNERS, distribution_versions


def test_versions_of_what_owns_the_names() -> None:
    assert distribution_versions({"numpy", "yaml", "pytorch_lightning", "not_installed"}) == {
        "PyYAML": version("PyYAML"),
        "numpy": version("numpy"),
        "pytorch_lightning": version("pytorch-lightning"),
    }


def test_a_name_that_several_own() -> None:
    assert "protobuf" in distribution_versions({"google"})


def test_the_known_owners_own_their_names() -> None:
    assert distribution_versions(OWNERS).keys() == set(OWNERS.values())
