"""Windows, scales and origins of a series, on values whose arithmetic is seen at once."""

import dataclasses

import numpy as np
import pytest

from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.formats.series import AIRLINE, Series, cut, read_values

SMALL = Series(file="s.csv", season=3, num_past=6, num_future=2, num_test=5, test_stride=2)
VALUES = np.array([1, 2, 4, 2, 3, 6, 4, 3, 9, 5, 5, 9, 7, 8, 9, 1, 2, 3, 4, 5], dtype=float)


def test_origins_roll_and_training_targets_stay_in_the_training_part():
    arrays = cut(VALUES, series=SMALL)
    # 15 training values: origins 6…13; test origins 15 and 17, the last with both its values
    assert arrays["x_train"].shape == (8, 6)
    assert arrays["y_train"].shape == (8, 2)
    assert arrays["actual"].tolist() == [[1, 2], [3, 4]]
    assert arrays["seasonal_naive"].tolist() == [[7, 8], [9, 1]]


def test_targets_are_what_the_naive_forecast_misses():
    arrays = cut(VALUES, series=SMALL)
    differences = VALUES[3:15] - VALUES[:12]
    assert arrays["target_scale"].tolist() == [round(differences.std(), 6)]
    assert arrays["mase_scale"].tolist() == [round(np.abs(differences).mean(), 6)]
    told = arrays["seasonal_naive"] + arrays["y_test"] * arrays["target_scale"]
    np.testing.assert_allclose(told, arrays["actual"], atol=1e-6)
    assert arrays["y_train"].dtype == np.float32


def test_past_values_are_counted_from_the_mean_of_their_last_season():
    first = cut(VALUES, series=SMALL)["x_train"][0]
    level, scale = (2 + 3 + 6) / 3, VALUES[:15].std()
    np.testing.assert_allclose(first, (VALUES[:6] - level) / scale, atol=1e-6)


def test_a_logarithmic_series_is_told_in_shares():
    arrays = cut(VALUES, series=dataclasses.replace(SMALL, logarithmic=True))
    told = arrays["seasonal_naive"] * np.exp(arrays["y_test"] * arrays["target_scale"])
    np.testing.assert_allclose(told, arrays["actual"], rtol=1e-5)
    # the error that MASE divides by is the series' own, no logarithm's
    assert arrays["mase_scale"] == cut(VALUES, series=SMALL)["mase_scale"]


def test_nothing_of_the_test_part_is_in_the_scales_or_the_training():
    changed = VALUES.copy()
    changed[15:] = 1000
    ours, others = cut(VALUES, series=SMALL), cut(changed, series=SMALL)
    for name in ("x_train", "y_train", "target_scale", "mase_scale"):
        assert np.array_equal(ours[name], others[name]), name
    assert not np.array_equal(ours["y_test"], others["y_test"])


def table(values) -> str:
    return "Date,Value\n" + "".join(f"1949-01,{value}\n" for value in values)


def test_the_second_column_is_read(tmp_path):
    (tmp_path / "s.csv").write_text(table(VALUES))
    assert read_values(tmp_path, series=SMALL).tolist() == VALUES.tolist()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (table(range(1, 71)), "holds 70 values, fewer than 72"),
        (table([*range(1, 80), 0]), "holds values that are impossible in this series"),
        (table([*range(1, 80), "nan"]), "holds values that are impossible in this series"),
        (table([*range(1, 80), "many"]), r"is not a table of dates and numbers \(.*many.*\)"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, text, problem):
    (tmp_path / "Airline.csv").write_text(text)
    with pytest.raises(DamagedFile, match=rf"Airline\.csv {problem}$"):
        read_values(tmp_path, series=AIRLINE)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFiles) as caught:
        read_values(tmp_path, series=AIRLINE)
    assert caught.value.names == ["Airline.csv"]
