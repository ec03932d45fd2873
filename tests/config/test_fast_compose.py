"""The direct way composes exactly what Hydra does, or leaves it to Hydra."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from fwexp.config.choices import find_folders
from fwexp.config.fast_compose import compose_directly
from fwexp.config.load import compose_with_hydra
from fwexp.config.overrides import open_free_key
from fwexp.config.paths import conf_dir

OPTIONS = [
    path.relative_to(conf_dir())
    for path in sorted(conf_dir().glob("*/*.yaml"))
    if path.parent.name != "preset"  # which chooses in other groups: only Hydra can tell
]
LINES = [
    [],
    ["seed=3", "seed=4"],
    ["optimizer=sgd", "optimizer.momentum=0.9", "optimizer.learning_rate=3e-4"],
    ["optimizer.learning_rate=3e-4", "optimizer=sgd"],
    ["model.options.mine=relu", "+model.options.width=5", "++model.options.flag=true"],
    ["model.options={width: 3, mine: 4}"],
    ["model={name: other, options: {a: 1}}"],
    ["optimizer.schedule={name: constant}"],
    ["data=cifar10", "data.mean=[0.1,0.2,0.3]", "data.path='/a b/c=d'"],
    ["training.num_epochs=null", "training.num_steps=7"],
    ["seed=${training.batch_size}", "store=???"],
    ["++seed=5", "tracking.project='with ${seed}'"],
    ["data.sources.0.kind=url"],
]


@pytest.mark.parametrize("line", [*LINES, *([f"{o.parent}={o.stem}"] for o in OPTIONS)], ids=str)
def test_the_same_as_hydra(line: list[str]) -> None:
    folders = find_folders(conf_dir(), config_dirs=[])
    line = [open_free_key(text) for text in line]
    directly = compose_directly(line, folders=folders)
    assert directly is not None
    by_hydra = compose_with_hydra(line, folders=folders)
    assert OmegaConf.to_yaml(directly) == OmegaConf.to_yaml(by_hydra)


@pytest.mark.parametrize(
    "line", [["hydra.verbose=true"], ["~model.options.width"], ["model=cnn", "model=mlp"]], ids=str
)
def test_left_to_hydra(line: list[str]) -> None:
    assert compose_directly(line, folders=find_folders(conf_dir(), config_dirs=[])) is None


def test_a_users_folder_is_left_to_hydra(tmp_path: Path) -> None:
    assert (
        compose_directly([], folders=find_folders(conf_dir(), config_dirs=[str(tmp_path)])) is None
    )
