"""Composes a configuration with Hydra into plain, typed, checked dataclasses."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fwexp.config import rules
from fwexp.config.choices import ConfigFolders, find_folders
from fwexp.config.fast_compose import compose_directly
from fwexp.config.overrides import check_overrides, is_suspect, node_of, spread_sweeps
from fwexp.config.paths import conf_dir
from fwexp.config.schema import Config
from fwexp.config.stand_in import fill_in_stand_in
from fwexp.errors import ConfigError


def compose(overrides: Sequence[str], *, config_dirs: Sequence[str] = ()) -> Config:
    """The run that these overrides describe.

    `config_dirs` are folders of the user's options, searched after ours. ConfigError holds
    every problem found, each with its override or file.
    """
    return to_typed(compose_node(overrides, config_dirs=config_dirs))


def compose_node(overrides: Sequence[str], *, config_dirs: Sequence[str] = ()) -> DictConfig:
    """The same as Hydra's own object, which can be shown; raises as `compose` does."""
    folders = find_folders(conf_dir(), config_dirs=config_dirs)
    checked = check_overrides(overrides, folders=folders)
    try:
        node = _compose_checked(checked.accepted, folders=folders, doubtful=checked.doubtful)
    except ConfigError as error:
        raise ConfigError(checked.problems + error.problems) from error
    if checked.problems:
        raise ConfigError(checked.problems)
    fill_in_stand_in(
        node,
        options=folders.options("model"),
        compose=lambda name: _compose([f"model={name}"], folders=folders),
    )
    return node


def check_sweep(overrides: Sequence[str], *, config_dirs: Sequence[str] = ()) -> None:
    """Raises ConfigError with every invalid override of a sweep, or value of one."""
    folders = find_folders(conf_dir(), config_dirs=config_dirs)
    checked = check_overrides(spread_sweeps(overrides), folders=folders)
    if checked.problems:
        raise ConfigError(checked.problems)


def to_typed(composed: DictConfig) -> Config:
    """What Hydra composed, as our dataclasses. ConfigError for missing or unknown keys."""
    try:
        gaps = [_gap(key) for key in sorted(OmegaConf.missing_keys(composed))]
        if gaps:
            raise ConfigError(gaps)
        config = OmegaConf.to_object(composed)
    except OmegaConfBaseException as error:  # an interpolation that does not resolve
        raise ConfigError([describe(error)]) from error
    assert isinstance(config, Config)
    strays = find_strays(config, path="")
    if strays:
        raise ConfigError([f"{stray}: there is no such key; remove it." for stray in strays])
    return config


def find_strays(node: object, *, path: str) -> list[str]:
    """The dotted keys that OmegaConf accepts although the schema has no such field."""
    if not is_dataclass(node):
        return []
    names = {field.name for field in fields(node)}
    found = [f"{path}{name}" for name in vars(node) if name not in names]
    for name in names:
        found += find_strays(getattr(node, name), path=f"{path}{name}.")
    return found


def register_schema() -> None:
    """Registers the schema with Hydra as the `base_config` that conf/config.yaml starts from."""
    from hydra.core.config_store import ConfigStore

    ConfigStore.instance().store(name="base_config", node=Config)


def describe(error: Exception) -> str:
    """A Hydra or OmegaConf error without its advice and its list of search paths."""
    kept: list[str] = []
    for line in f"{error}\n{error.__cause__ or ''}".splitlines():
        if line.startswith(("Config search path", "See https", "Set the environment")):
            break
        if not line.strip().startswith(("object_type=", "reference_type=")):
            kept.append(line.strip())
    return " ".join(filter(None, kept))


def _compose_checked(
    overrides: list[str], *, folders: ConfigFolders, doubtful: set[str]
) -> DictConfig:
    node, problems = None, []
    try:
        node = _compose(overrides, folders=folders)
        config = to_typed(node)
    except ConfigError as error:
        # The rules check the rest, so that their complaints come now, not on the next try.
        suspects = {node_of(text) for text in overrides if is_suspect(text, folders=folders)}
        if not suspects:
            raise
        rest = [text for text in overrides if node_of(text) not in suspects]
        config = to_typed(_compose(rest, folders=folders))
        problems, doubtful = error.problems, doubtful | suspects
    problems = problems + rules.check(config, doubtful=doubtful)
    if problems or node is None:
        raise ConfigError(problems)
    return node


def _compose(overrides: list[str], *, folders: ConfigFolders) -> DictConfig:
    try:
        composed = compose_directly(overrides, folders=folders)
    except OmegaConfBaseException:
        composed = None  # Hydra says what is wrong
    return composed if composed is not None else compose_with_hydra(overrides, folders=folders)


def compose_with_hydra(overrides: list[str], *, folders: ConfigFolders) -> DictConfig:
    """What Hydra composes from checked overrides; ConfigError with the error it stopped at."""
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.errors import HydraException

    register_schema()
    try:
        with initialize_config_dir(str(folders.main), version_base="1.3"):
            return hydra_compose("config", overrides=[*overrides, *_search_path(folders)])
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError([describe(error)]) from error


def _search_path(folders: ConfigFolders) -> list[str]:
    quoted = (str(folder).replace("\\", "\\\\").replace("'", "\\'") for folder in folders.user)
    paths = ",".join(f"'file://{path}'" for path in quoted)
    return [f"hydra.searchpath=[{paths}]"] if paths else []


def _gap(key: str) -> str:
    return f"{key}: no value was given. Type {key}=… or add it to the option's file."
