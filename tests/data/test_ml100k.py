"""Leave-one-out and the shared negatives, on ratings small enough to check by hand."""

from pathlib import Path

import numpy as np
import pytest

from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.formats import ml100k

NUM_USERS, NUM_ITEMS = 5, 120
HEADER = "user_id:token\titem_id:token\trating:float\ttimestamp:float"


def ratings() -> list[tuple[int, int, int, int]]:
    """Six ratings a user, in no order of time; ids count from 1 in the file."""
    rows = [
        (user, (17 * user + 5 * k * k) % 119 + 1, 3, (7 * user + 11 * k) % 50 + 1)
        for user in range(1, NUM_USERS + 1)
        for k in range(6)
    ]
    return [*rows, (1, NUM_ITEMS, 5, 5000)]  # so that there are NUM_ITEMS


def write(folder: Path, rows: list[tuple[int, ...]], *, name: str = "u.data") -> Path:
    lines = ["\t".join(map(str, row)) for row in rows]
    lines = [HEADER, *lines] if name.endswith(".inter") else lines
    (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return folder


@pytest.fixture
def arrays(tmp_path):
    return ml100k.decode(write(tmp_path, ratings()))


def pairs(arrays, part: str, *, label: int) -> set[tuple[int, int]]:
    kept = arrays[f"y_{part}"] == label
    users, items = arrays[f"x_{part}.user"][kept], arrays[f"x_{part}.item"][kept]
    return set(zip(users.tolist(), items.tolist(), strict=True))


def test_the_latest_of_each_user_is_the_test(arrays):
    latest = {}
    for user, item, _, _ in sorted(ratings(), key=lambda row: row[3]):
        latest[user - 1] = item - 1
    assert pairs(arrays, "test", label=1) == set(latest.items())
    rated = {(user - 1, item - 1) for user, item, _, _ in ratings()}
    assert pairs(arrays, "train", label=1) == rated - set(latest.items())


def test_a_hundred_neighbouring_candidates_a_user(arrays):
    users = arrays["x_test.user"].reshape(NUM_USERS, 100)
    items = arrays["x_test.item"].reshape(NUM_USERS, 100)
    assert (users == np.arange(NUM_USERS)[:, np.newaxis]).all()
    assert [len(set(row)) for row in items.tolist()] == [100] * NUM_USERS
    assert arrays["y_test"].reshape(NUM_USERS, 100).tolist() == [[1] + [0] * 99] * NUM_USERS
    assert arrays["num_candidates"].tolist() == [100]


def test_no_negative_of_the_test_was_ever_rated(arrays):
    rated = {(user - 1, item - 1) for user, item, _, _ in ratings()}
    assert not pairs(arrays, "test", label=0) & rated


def test_four_negatives_follow_each_film_watched(arrays):
    assert arrays["y_train"].reshape(-1, 5).tolist() == [[1, 0, 0, 0, 0]] * (6 * NUM_USERS + 1 - 5)
    users = arrays["x_train.user"].reshape(-1, 5)
    assert (users == users[:, :1]).all()
    assert not pairs(arrays, "train", label=0) & pairs(arrays, "train", label=1)


def test_the_films_of_the_test_may_be_negatives_in_training(tmp_path):
    """If they never were, not having been one would give them away."""
    rows = [(user, item, 1, item) for user in range(1, 21) for item in range(100, 121)]
    arrays = ml100k.decode(write(tmp_path, rows))
    last = pairs(arrays, "test", label=1)
    assert last == {(user, 119) for user in range(20)}
    assert 0 < len(last & pairs(arrays, "train", label=0)) < 20


def test_both_files_decode_alike_and_the_negatives_are_fixed(tmp_path, arrays):
    folder = tmp_path / "recbole"
    folder.mkdir()
    again = ml100k.decode(write(folder, ratings(), name="ml-100k.inter"))
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)
    assert arrays["x_train.item"][1:5].tolist() == [39, 78, 110, 18]


def test_of_two_in_the_same_second_the_last_in_the_file_is_latest(tmp_path):
    found = ml100k.read_ratings(write(tmp_path, [(1, 7, 3, 9), (1, 120, 3, 9), (1, 5, 3, 8)]))
    assert found.of_latest().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([], "has no ratings"),
        ([(1, 2, 3, 4), (1, 2, 3)], "has no user, item, rating and time at rating 2"),
        ([(0, 2, 3, 4)], "has no user, item, rating and time at rating 1"),
        ([(1, "x", 3, 4)], "has no user, item, rating and time at rating 1"),
        ([(1, 99, 3, 4)], "leaves one user only 98 films without a rating"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, rows, problem):
    with pytest.raises(DamagedFile) as caught:
        ml100k.decode(write(tmp_path, rows))
    assert (caught.value.file, caught.value.problem) == (tmp_path / "u.data", problem)


def test_a_missing_file_is_named_by_both_names(tmp_path):
    with pytest.raises(MissingFiles) as caught:
        ml100k.decode(tmp_path)
    assert caught.value.names == ["ml-100k.inter or u.data"]
