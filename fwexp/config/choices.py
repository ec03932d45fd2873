"""The config groups and their options, from our folder and the user's."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fwexp.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ConfigFolders:
    """The search path: the first folder that has an option wins."""

    main: Path
    user: tuple[Path, ...] = ()  # absolute, from --config-dir

    def groups(self) -> set[str]:
        return {
            entry.name
            for folder in (self.main, *self.user)
            for entry in os.scandir(folder)
            if entry.is_dir() and entry.name != "hydra"
        }

    def options(self, group: str) -> list[str]:
        folders = (folder / group for folder in (self.main, *self.user))
        return sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})

    def user_file(self, group: str, option: str) -> Path | None:
        """The user's file for this option, unless it is one of ours."""
        name = Path(group, f"{option}.yaml")
        found = (folder / name for folder in (self.main, *self.user) if (folder / name).is_file())
        first = next(found, None)
        return None if first is None or first.is_relative_to(self.main) else first


def find_folders(main: Path, *, config_dirs: Sequence[str]) -> ConfigFolders:
    """The search path. ConfigError for every --config-dir that is not a folder."""
    problems = [
        f"--config-dir={name}: there is no such folder. Name one that holds, say, model/mine.yaml."
        for name in config_dirs
        if not Path(name).is_dir()
    ]
    if problems:
        raise ConfigError(problems)
    return ConfigFolders(main=main, user=tuple(Path(name).resolve() for name in config_dirs))
