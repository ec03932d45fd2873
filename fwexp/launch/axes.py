"""What the overrides vary, and what they set for all runs."""

from collections.abc import Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override

from fwexp.config.choices import find_folders
from fwexp.config.load import check_sweep
from fwexp.config.paths import conf_dir
from fwexp.errors import ConfigError


def split_axes(
    overrides: Sequence[str], *, config_dirs: Sequence[str] = ()
) -> tuple[dict[str, list[str]], list[str]]:
    """Axes, with one override per value, and overrides of one value; the last one on a key wins.

    ConfigError for every invalid override, and every one without a value.
    """
    check_sweep(overrides, config_dirs=config_dirs)
    parser = OverridesParser.create()
    parsed = [parser.parse_override(text) for text in overrides]
    endless = [override.input_line for override in parsed if override.is_interval_sweep()]
    if endless:
        raise ConfigError(f"{text}: is not a list of values; type some: a,b" for text in endless)
    by_key = {override.key_or_group: _values(override, config_dirs) for override in parsed}
    empty = [o.input_line for o in parsed if not by_key[o.key_or_group]]
    if empty:
        raise ConfigError(f"{text}: has no value, so there would be no run." for text in empty)
    check_sweep([text for texts in by_key.values() for text in texts], config_dirs=config_dirs)
    axes = {k: texts for k, texts in by_key.items() if len(texts) > 1 or k == "seed"}
    return axes, [texts[0] for k, texts in by_key.items() if k not in axes]


def _values(override: Override, config_dirs: Sequence[str]) -> list[str]:
    """The override, once per value."""
    value = override.value()
    if not override.is_sweep_override():
        return [str(override.input_line)]
    if isinstance(value, Glob):
        options = find_folders(conf_dir(), config_dirs=config_dirs).options(override.key_or_group)
        values = value.filter(options)
    else:
        values = list(override.sweep_string_iterator())
    return [f"{override.get_key_element()}={one}" for one in values]
