"""A user's own format in a user's own package: nothing of fwexp knows of it."""

import sys
from pathlib import Path

import numpy as np
import pytest

from fwexp.config.load import compose
from fwexp.config.schema import Data
from fwexp.data.arrays import content_sha256
from fwexp.data.dataset import load
from fwexp.data.preparation import prepare
from fwexp.errors import ConfigError, DataError
from fwexp.launch.planning import plan_runs

DECODER = """\
import numpy as np

from fwexp.data.faults import DamagedFile, MissingFiles


def decode_table(folder):
    file = folder / "table.csv"
    if not file.is_file():
        raise MissingFiles(folder, names=["table.csv"])
    try:
        table = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    except ValueError as error:
        raise DamagedFile(file, problem=f"is not a table ({error})") from error
    x, y = table[:, :-1].reshape(-1, 2, 2, 1), table[:, -1]
    return {"x_train": x[:6], "y_train": y[:6], "x_test": x[6:], "y_test": y[6:]}
"""
YAML = """\
# squares of four pixels
name: squares
task: fwexp.tasks.classification:Classification
format: own_format_package.tables:decode_table
num_train: 6
num_test: 2
image_shape: [2, 2, 1]
num_classes: 2
sha256: {sha256}
scale: 255
mean: [0.5]
std: [0.25]
licence: my own
provenance: made in a test
sources: []
"""
TABLE = np.arange(40, dtype=np.uint8).reshape(8, 5)
TABLE[:, -1] %= 2
ARRAYS = {
    "x_train": TABLE[:6, :-1].reshape(-1, 2, 2, 1),
    "y_train": TABLE[:6, -1],
    "x_test": TABLE[6:, :-1].reshape(-1, 2, 2, 1),
    "y_test": TABLE[6:, -1],
}


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's options, beside the package and the files."""
    (tmp_path / "own_format_package").mkdir()
    (tmp_path / "own_format_package" / "__init__.py").touch()
    (tmp_path / "own_format_package" / "tables.py").write_text(DECODER)
    (tmp_path / "files").mkdir()
    np.savetxt(tmp_path / "files" / "table.csv", TABLE, delimiter=",", fmt="%d")
    (tmp_path / "conf" / "data").mkdir(parents=True)
    yaml = YAML.format(sha256=content_sha256(ARRAYS))
    (tmp_path / "conf" / "data" / "squares.yaml").write_text(yaml)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return tmp_path / "conf"


def typed(conf: Path, *overrides: str) -> list[str]:
    path = f"data.path={conf.parent / 'files'}"
    return ["data=squares", path, "training.batch_size=2", *overrides]


def declared(conf: Path, *overrides: str) -> Data:
    return compose(typed(conf, *overrides), config_dirs=[str(conf)]).data


def test_it_is_decoded_and_loaded(conf: Path) -> None:
    data = declared(conf)
    assert prepare(data, say=[].append).sha256 == data.sha256
    np.testing.assert_array_equal(load(data).train.targets, ARRAYS["y_train"])


def test_it_is_planned(conf: Path) -> None:
    overrides = typed(conf, "model=mlp", "comparison.num_seeds=1")
    overrides.append("comparison.score_margin_points=60")  # a test sample is worth 50
    plan = plan_runs(
        {}, overrides, name="own", title="Own", command="fwexp", config_dirs=[str(conf)]
    )
    assert plan.first.data.format == "own_format_package.tables:decode_table"


def test_its_faults_are_told_as_ours_are(conf: Path) -> None:
    file = conf.parent / "files" / "table.csv"
    file.write_text("<html>")
    with pytest.raises(DataError) as raised:
        prepare(declared(conf), say=[].append)
    assert str(raised.value).startswith(f"data=squares: {file} is not a table (")
    file.unlink()
    with pytest.raises(DataError, match=r"has no table\.csv"):
        prepare(declared(conf), say=[].append)


def test_a_near_miss_is_told_even_when_the_arrays_are_cached(conf: Path) -> None:
    prepare(declared(conf), say=[].append)
    format = "data.format=own_format_package.table:decode_table"
    with pytest.raises(ConfigError) as raised:
        prepare(declared(conf, format), say=[].append)
    assert raised.value.problems == [
        f"{format}: there is no module own_format_package.table. Did you mean 'tables'?"
    ]
