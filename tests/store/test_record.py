"""When a run needs no more doing."""

import pytest

from fwexp.store.record import RunRecord, is_finished
from tests.evidence.factory import ENVIRONMENT, base


def record(status: str) -> RunRecord:
    return RunRecord(
        run_id="r",
        status=status,
        config=base(),
        digests={},
        machine_class="m",
        environment=ENVIRONMENT,
        started_at="",
        finished_at="",
    )


@pytest.mark.parametrize(
    ("status", "retry", "finished"),
    [
        ("done", False, True),
        ("done", True, True),
        ("failed", False, True),
        ("failed", True, False),
    ],
)
def test_a_failed_run_is_finished_unless_it_is_to_be_tried_again(
    status: str, retry: bool, finished: bool
) -> None:
    assert is_finished(record(status), retry=retry) is finished


def test_a_run_without_a_record_is_not_finished() -> None:
    assert not is_finished(None, retry=False)
