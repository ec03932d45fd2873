"""The summary of a single run."""

from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.commands.run_summary import print_summary
from fwexp.config.schema import Pricing
from fwexp.store.record import Evaluation, Failure, RunRecord
from fwexp.tasks.language_model import LanguageModel
from tests.evidence.factory import EFFECTIVE
from tests.store.test_store import DONE, FAILED
from tests.tiny import tiny_config

FOLDER = Path("store/runs/m/r1")


def record(*overrides: str) -> RunRecord:
    return replace(
        DONE,
        config=tiny_config(*overrides),
        effective=replace(EFFECTIVE, num_threads=1),
        import_s=4.0,
        num_first_steps=3,
        data_wait_ms_per_step=0.25,
    )


def shown(
    capsys: pytest.CaptureFixture[str],
    record: RunRecord,
    *,
    pricing: Pricing | None = None,
    is_new: bool = True,
) -> dict[str, str]:
    print_summary(record, pricing or tiny_config().pricing, FOLDER, is_new=is_new)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["", "r1"]
    return {line[2:15].strip(): line[16:] for line in lines[2:]}


@pytest.mark.parametrize(("target", "told"), [(0.4, "reached"), (0.6, "NOT reached")])
def test_whether_the_quality_target_is_reached(
    capsys: pytest.CaptureFixture[str], target: float, told: str
) -> None:
    overrides = (f"training.quality_target={target}", "training.baseline=guessing")
    lines = shown(capsys, record(*overrides))
    assert lines["quality"] == f"{100 * target:g} % accuracy, above guessing: {told}"


def test_a_slow_model_has_a_speed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, replace(record(), units_per_s=0.4567))
    assert lines["throughput"].startswith("0.46 images/s over the steady steps; ")


def test_a_done_run(capsys: pytest.CaptureFixture[str]) -> None:
    pricing = replace(tiny_config().pricing, price_usd_per_hour=0.36, source="a list")
    lines = shown(capsys, record(), pricing=pricing)
    cost = lines.pop("cost")
    assert cost.startswith("US$ 0.000250, projected: total × US$ 0.36 per hour (a list")
    assert lines == {
        "score": "50 % accuracy on the test set; loss 1.0000",
        "total": "2.50 s (and 4.0 s to import, once per server)",
        "phases": "start 0.100 s, data 0.200 s, build 0.30 s, first 3 steps 0.40 s, "
        "steady 0.50 s, evaluation 0.60 s",
        "throughput": "10 images/s over the steady steps; input 0.250 ms per step",
        "memory": "imports 300 MiB; at its peak training adds 3 MiB",
        "machine": "A CPU (R), 2 cores, float32, not compiled, 1 threads",
        "record": "store/runs/m/r1/record.json",
    }


def test_several_replicas_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    run = record()
    lines = shown(capsys, replace(run, effective=replace(EFFECTIVE, num_threads=1, num_replicas=2)))
    assert lines["machine"].endswith(", not compiled, 1 threads per replica, 2 replicas")


def test_saving_is_told_where_there_was_any(capsys: pytest.CaptureFixture[str]) -> None:
    phases = record().phases
    assert phases is not None
    lines = shown(capsys, replace(record(), phases=replace(phases, checkpoint_s=0.7)))
    assert lines["phases"].endswith(", evaluation 0.60 s, saving 0.70 s")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (0.5, "50 % accuracy after 0.90 s of training"),
        (0.6, "60 % accuracy was not reached"),
    ],
)
def test_the_target(capsys: pytest.CaptureFixture[str], target: float, words: str) -> None:
    assert shown(capsys, record(f"training.target={target}"))["target"] == words


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (20, "perplexity 20 after 0.90 s of training"),
        (19, "perplexity 19 was not reached"),
    ],
)
def test_a_run_on_text(capsys: pytest.CaptureFixture[str], target: float, words: str) -> None:
    scores = {"perplexity": 20.0, "loss": 3.0, "other": 0.25}
    text = replace(
        record(f"training.target={target}"),
        metric=LanguageModel.metric,
        score=20.0,
        unit="tokens",
        units_per_s=6400.0,
        evaluations=[Evaluation(step=6, train_s=0.9, scores=scores)],
    )
    lines = shown(capsys, text)
    assert lines["score"] == "perplexity 20 on the test set; loss 3.0000, other 0.2500"
    assert lines["throughput"].startswith("6,400 tokens/s over the steady steps; ")
    assert lines["target"] == words


def test_a_run_without_another_score(capsys: pytest.CaptureFixture[str]) -> None:
    alone = [Evaluation(step=6, train_s=0.9, scores={"accuracy": 0.5})]
    assert shown(capsys, replace(record(), evaluations=alone))["score"] == (
        "50 % accuracy on the test set"
    )


def test_without_a_price_for_the_machine_there_is_no_cost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pricing = replace(tiny_config().pricing, machine_class="NVIDIA .*")
    assert shown(capsys, record(), pricing=pricing)["cost"].startswith("unknown: ")


def test_a_run_that_was_there_says_since_when(capsys: pytest.CaptureFixture[str]) -> None:
    words = "since 2026-01-01T00:00:09+00:00; type seed=… or store=… for a new run"
    assert shown(capsys, record(), is_new=False)["in the store"] == words


def test_a_failed_run(capsys: pytest.CaptureFixture[str]) -> None:
    failure = Failure(kind="ValueError", message="planted", traceback="")
    assert shown(capsys, replace(FAILED, failure=failure)) == {
        "FAILED": "ValueError: planted",
        "record": "store/runs/m/r1/record.json",
    }
