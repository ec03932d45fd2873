"""Composes a command line that only picks our options and sets values, without Hydra's loader.

Hydra takes two milliseconds for each of a dozen groups; a typed merge of the files takes a third
of that, which matters for hundreds of runs. tests/config/test_fast_compose.py checks that the two
agree.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from fwexp.config.choices import ConfigFolders
from fwexp.config.schema import Config

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

NOT_OURS = ("defaults", "hydra")  # of conf/config.yaml: for Hydra alone


def compose_directly(overrides: list[str], *, folders: ConfigFolders) -> DictConfig | None:
    """What Hydra would compose from checked overrides; None where Hydra itself is needed."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_overrides(overrides)
    chosen = [override for override in parsed if _chooses(override, folders=folders)]
    names = [override.key_or_group for override in chosen]
    if folders.user or len(names) > len(set(names)) or any(map(_is_hydras, parsed)):
        return None
    primary = _read(folders.main / "config.yaml")
    choices = _default_choices(OmegaConf.to_container(primary.defaults))
    choices |= {override.key_or_group: override.value() for override in chosen}
    files = {group: folders.main / group / f"{option}.yaml" for group, option in choices.items()}
    values = {group: _read(file) for group, file in files.items()}
    if any("defaults" in content for content in values.values()):
        return None
    own = OmegaConf.masked_copy(primary, [str(key) for key in primary if key not in NOT_OURS])
    composed = OmegaConf.structured(Config)
    assert isinstance(composed, DictConfig)
    for group, content in values.items():
        composed[group].merge_with(content)
    composed.merge_with(own)
    for override in parsed:
        if override not in chosen:
            OmegaConf.update(composed, override.key_or_group, override.value(), force_add=True)
    return composed


def _chooses(override: "Override", *, folders: ConfigFolders) -> bool:
    return override.key_or_group in folders.groups() and not isinstance(override.value(), dict)


def _is_hydras(override: "Override") -> bool:
    return override.is_hydra_override() or override.is_delete() or override.package is not None


@cache
def _read(file: Path) -> DictConfig:
    """The file's content, not to be changed; a plan's hundreds of compositions share it."""
    content = OmegaConf.load(file)
    assert isinstance(content, DictConfig)
    return content


def _default_choices(defaults: Any) -> dict[str, Any]:
    """The groups and options of a defaults list, without the schema and Hydra's own groups."""
    pairs = [pair for entry in defaults if isinstance(entry, dict) for pair in entry.items()]
    return {group: option for group, option in pairs if not group.startswith("override ")}
