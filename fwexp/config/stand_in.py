"""A full-size model's stand-in: a smaller option of its implementation, found and checked."""

from collections.abc import Callable, Collection

from omegaconf import DictConfig, OmegaConf

from fwexp.config.suggestions import suggest
from fwexp.errors import ConfigError


def fill_in_stand_in(
    node: DictConfig, *, options: Collection[str], compose: Callable[[str], DictConfig]
) -> None:
    """Reads the options of the model's stand-in, if it names one, into the configuration.

    Overrides of model.stand_in_options stay. `options` are the available models; `compose`
    gives a configuration with one of them. ConfigError if it cannot stand in.
    """
    model = node.model
    if model.stand_in is None:
        if model.stand_in_options:
            raise ConfigError(
                ["model.stand_in_options: of which model? Also type model.stand_in=…."]
            )
        return
    if model.stand_in not in options:
        what = f"there is no model '{model.stand_in}'"
        raise _refusal(model, what, suggest(model.stand_in, options))
    smaller = compose(model.stand_in).model
    if smaller.implementation != model.implementation:
        what = f"it is {smaller.implementation}, but {model.name} is {model.implementation}"
        raise _refusal(model, what, "Name a smaller option of the same implementation.")
    if smaller.stand_in is not None:
        what = f"it has a stand-in itself: {smaller.stand_in}"
        raise _refusal(model, what, f"Type model.stand_in={smaller.stand_in}.")
    filled = {**smaller.options, **model.stand_in_options}
    OmegaConf.update(node, "model.stand_in_options", filled, force_add=True)


def _refusal(model: DictConfig, what: str, instead: str) -> ConfigError:
    return ConfigError([f"model.stand_in={model.stand_in}: {what}. {instead}"])
