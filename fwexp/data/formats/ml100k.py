"""MovieLens 100K: who watched what, and our fixed negatives for training and testing.

The test is leave-one-out: each user's latest film, among 99 that the user never rated. Ratings
count as interactions, whatever the stars. Negatives are drawn once, from the generator's raw
numbers, which NumPy keeps stable across releases; all runs share them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fwexp.data.arrays import Arrays
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.reading import read_whole

NUM_NEGATIVES = 4  # in training, per film watched
NUM_CANDIDATES = 100  # in the test, per user: the film watched last, then the others
ALL = slice(None)
_TRAIN_SEED, _TEST_SEED = 0, 1
_FILES = ("ml-100k.inter", "u.data")  # RecBole's, which has a header, and the authors' own

Whole = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Ratings:
    """Who rated what and when, one rating per index, in the order of the file; ids count from 0."""

    users: Whole
    items: Whole
    times: Whole  # seconds

    def of_latest(self) -> NDArray[np.bool_]:
        """Which rating is its user's latest; of several in one second, the last in the file."""
        by_time = np.argsort(self.times, kind="stable")
        latest = dict(zip(self.users[by_time].tolist(), by_time.tolist(), strict=True))
        found = np.zeros(len(self.users), dtype=np.bool_)
        found[list(latest.values())] = True
        return found

    def matrix(self, kept: NDArray[np.bool_] | slice = ALL) -> NDArray[np.bool_]:
        """(users, items): who rated what, among the ratings kept."""
        seen = np.zeros((self.users.max() + 1, self.items.max() + 1), dtype=np.bool_)
        seen[self.users[kept], self.items[kept]] = True
        return seen


def decode(folder: Path) -> Arrays:
    """Pairs of a user and an item, and whether the user watched it.

    In training each film watched is followed by four that the user did not watch in training: the
    test film may be among them, since its absence would give it away. In the test 100 neighbouring
    rows are one user's, the film watched first.
    """
    ratings = read_ratings(folder)
    test = ratings.of_latest()
    train_users, train_items = training_pairs(ratings, ~test)
    test_users, test_items = test_pairs(ratings, test)
    return {
        "x_train.user": train_users.astype(np.uint16),
        "x_train.item": train_items.astype(np.uint16),
        "y_train": _first_of(1 + NUM_NEGATIVES, len(train_users)),
        "x_test.user": test_users.astype(np.uint16),
        "x_test.item": test_items.astype(np.uint16),
        "y_test": _first_of(NUM_CANDIDATES, len(test_users)),
        "num_candidates": np.array([NUM_CANDIDATES], dtype=np.int64),
    }


def read_ratings(folder: Path) -> Ratings:
    """The ratings of either file; both have the same rows in the same order."""
    file = next((folder / name for name in _FILES if (folder / name).is_file()), None)
    if file is None:
        raise MissingFiles(folder, names=[" or ".join(_FILES)])
    rows = _rows(file)
    users, items, times = (np.array([int(row[k]) for row in rows]) for k in (0, 1, 3))
    ratings = Ratings(users=users - 1, items=items - 1, times=times)
    fewest = int((~ratings.matrix()).sum(axis=1).min())
    if fewest < NUM_CANDIDATES - 1:
        raise DamagedFile(file, problem=f"leaves one user only {fewest} films without a rating")
    return ratings


def training_pairs(ratings: Ratings, kept: NDArray[np.bool_]) -> tuple[Whole, Whole]:
    """Each rating kept, in the order of the file, followed by its four negatives.

    A film may be drawn more than once for a user.
    """
    seen = ratings.matrix(kept)
    users, watched = ratings.users[kept], ratings.items[kept]
    raw = np.random.PCG64(_TRAIN_SEED).random_raw((len(users), NUM_NEGATIVES))
    unseen = [np.flatnonzero(~row) for row in seen]
    negatives = [unseen[u][r % np.uint64(len(unseen[u]))] for u, r in zip(users, raw, strict=True)]
    items = np.column_stack([watched, np.array(negatives)])
    return np.repeat(users, items.shape[1]), items.ravel()


def test_pairs(ratings: Ratings, latest: NDArray[np.bool_]) -> tuple[Whole, Whole]:
    """Each user's latest film, then 99 that the user never rated, none of them twice."""
    seen = ratings.matrix()
    users = np.sort(ratings.users[latest])
    last = dict(zip(ratings.users[latest].tolist(), ratings.items[latest].tolist(), strict=True))
    raw = np.random.PCG64(_TEST_SEED).random_raw(seen.shape)
    order = np.argsort(np.where(seen, np.uint64(2**64 - 1), raw), axis=1, kind="stable")
    watched = np.array([last[user] for user in users.tolist()])
    items = np.column_stack([watched, order[users, : NUM_CANDIDATES - 1]])
    return np.repeat(users, NUM_CANDIDATES), items.ravel()


def _first_of(group: int, num_rows: int) -> NDArray[np.uint8]:
    """1 for the first row of each group, 0 for the others."""
    first: NDArray[np.uint8] = (np.arange(num_rows) % group == 0).astype(np.uint8)
    return first


def _rows(file: Path) -> list[list[str]]:
    lines = read_whole(file).decode(errors="replace").splitlines()
    if lines and ":" in lines[0]:  # RecBole's header, user_id:token and so on
        del lines[0]
    rows = [line.split("\t") for line in lines]
    for number, row in enumerate(rows, start=1):
        if len(row) != 4 or not all(_counts(row[k]) for k in (0, 1, 3)):
            raise DamagedFile(
                file, problem=f"has no user, item, rating and time at rating {number}"
            )
    if not rows:
        raise DamagedFile(file, problem="has no ratings")
    return rows


def _counts(text: str) -> bool:
    """Whether the text is a number as ids and seconds are: whole, and at least 1."""
    return text.isascii() and text.isdigit() and int(text) > 0
