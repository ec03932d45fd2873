"""A disturbed or interrupted run keeps its score, but its times do not count."""

from dataclasses import replace
from typing import Any

import pytest

from fwexp.evidence.assess import Evidence
from fwexp.evidence.timing_validity import is_too_much, timing_problem
from fwexp.evidence.verdicts import Verdict
from fwexp.meters.load import Load
from fwexp.store.record import Interruption, RunRecord
from fwexp.writeup.charts import score_chart, throughput_chart
from fwexp.writeup.evidence_json import to_plain
from fwexp.writeup.first_screen import warnings
from fwexp.writeup.page import render_html, render_markdown
from fwexp.writeup.sections.phases import phases
from fwexp.writeup.sections.runs import runs
from tests.evidence.factory import Sweep, Truth, simulate

SPEED = ("target", "horizon", "total", "training", "step", "cost")
BUSY = "other processes kept 1.5 of 4 cores busy alongside its 4 threads"
STOPPED = "interrupted at step 110"


@pytest.mark.parametrize(
    ("foreign_cores", "threads", "cores", "too_much"),
    [
        (0.30, 2, 2, False),  # 0.15 of two threads
        (0.31, 2, 2, True),
        (6.15, 1, 7, False),  # six cores idle, and 0.15 of one
        (6.16, 1, 7, True),
        (0.6, 4, 2, False),  # more threads than cores leave none idle, not less than none
        (0.61, 4, 2, True),
    ],
)
def test_what_others_may_take(
    foreign_cores: float, threads: int, cores: int, too_much: bool
) -> None:
    assert is_too_much(foreign_cores, threads=threads, cores=cores) is too_much


def stop(step: int) -> Interruption:
    return Interruption(step=step, saved_at="", resumed_at="", lost_s=3.0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"load": Load(num_cores=4, foreign_cores=0.5)}, ""),
        ({"load": Load(num_cores=4, foreign_cores=None)}, ""),
        ({"load": Load(num_cores=4, foreign_cores=1.5)}, BUSY),
        ({"load": Load(num_cores=8, foreign_cores=1.5)}, ""),
        ({"interruptions": [stop(110)]}, STOPPED),
        (
            {"load": Load(num_cores=4, foreign_cores=1.5), "interruptions": [stop(3), stop(9)]},
            f"interrupted at step 3 and interrupted at step 9 and {BUSY}",
        ),
    ],
)
def test_why_a_run_on_the_cpu_has_no_time(changes: dict[str, Any], reason: str) -> None:
    record = simulate({"mlp": Truth()}, num_seeds=1).records["tf-mlp-0"]
    assert timing_problem(replace(record, **changes)) == reason


def record_on(*, load: Load, **hardware: Any) -> RunRecord:
    """A run on other hardware, with that beside it."""
    record = simulate({"mlp": Truth()}, num_seeds=1).records["tf-mlp-0"]
    config = replace(record.config, hardware=replace(record.config.hardware, **hardware))
    return replace(record, config=config, load=load)


def test_the_threads_of_every_device_are_the_runs_own() -> None:
    record = record_on(devices=2, load=Load(num_cores=8, foreign_cores=1.5))
    assert timing_problem(record) == BUSY.replace("4", "8")


@pytest.mark.parametrize(
    ("num", "reason"),
    [
        (None, ""),
        (0, ""),
        (1, "1 other process on its GPU"),
        (2, "2 other processes on its GPU"),
    ],
)
def test_on_a_gpu_any_stranger_disturbs_and_the_cores_do_not(num: int | None, reason: str) -> None:
    load = Load(num_cores=4, foreign_cores=4.0, foreign_device_processes=num)
    record = record_on(name="gpu", load=load)
    assert timing_problem(record) == reason


def test_on_a_tpu_nobody_else_can_be() -> None:
    record = record_on(name="tpu", load=Load(num_cores=4, foreign_cores=4.0))
    assert timing_problem(record) == ""


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    """Five blocks: others were at work in block 1, block 3 has a run that was interrupted."""
    sweep = simulate({"mlp": Truth(target=0.9)})
    sweep.bend("torch-mlp-1", load=Load(num_cores=4, foreign_cores=1.5))
    sweep.bend("tf-mlp-3", interruptions=[stop(110)])
    return sweep


@pytest.fixture(scope="module")
def evidence(sweep: Sweep) -> Evidence:
    return sweep.evidence()


def test_no_speed_has_a_pair_from_their_blocks(evidence: Evidence) -> None:
    for key in SPEED:
        finding = evidence.answer(key).findings[0]
        assert (finding.n, len(finding.torch), len(finding.tf)) == (3, 3, 3)
        assert finding.dropped == [
            f"block 1 has no PyTorch figure (PyTorch: {BUSY})",
            f"block 3 has no TensorFlow figure (TensorFlow: {STOPPED})",
        ]


def test_their_scores_and_memory_count(evidence: Evidence) -> None:
    for key in ("score accuracy", "memory"):
        finding = evidence.answer(key).findings[0]
        assert (finding.n, finding.dropped) == (5, [])


def test_every_question_is_about_time_or_not(evidence: Evidence) -> None:
    timed = {answer.question.key: answer.question.timed for answer in evidence.answers}
    assert {key for key, is_timed in timed.items() if is_timed} == set(SPEED)
    assert {key for key, is_timed in timed.items() if not is_timed} == {"score accuracy", "memory"}


def test_a_disturbed_time_cannot_move_a_verdict(sweep: Sweep, evidence: Evidence) -> None:
    slower = simulate({"mlp": Truth(target=0.9)})
    slower.records = {run_id: replace(record) for run_id, record in sweep.records.items()}
    torch = slower.records["torch-mlp-1"]
    assert torch.phases is not None
    assert torch.samples_per_s is not None
    slower.bend(
        "torch-mlp-1",
        phases=replace(torch.phases, total_s=99.0, steady_s=98.0),
        samples_per_s=torch.samples_per_s / 50,
    )
    found = slower.evidence()
    for key in SPEED:
        assert found.answer(key).findings == evidence.answer(key).findings
    assert phases(found) == phases(evidence)
    assert found.changes == evidence.changes
    assert throughput_chart(found) == throughput_chart(evidence)
    score = evidence.answer("score accuracy")
    assert score_chart(found, score) == score_chart(evidence, score)
    assert found.disturbed == []


def test_a_slow_run_of_a_quiet_machine_stays() -> None:
    sweep = simulate({"mlp": Truth()})
    record = sweep.records["tf-mlp-2"]
    assert record.samples_per_s is not None
    quiet = Load(num_cores=4, foreign_cores=0.1)
    sweep.bend("tf-mlp-2", samples_per_s=record.samples_per_s / 3, load=quiet)
    evidence = sweep.evidence()
    assert evidence.answer("step").findings[0].n == 5
    assert len(evidence.disturbed) == 1


def test_the_recommendation_counts_the_pairs_that_it_is_from(sweep: Sweep) -> None:
    decision = sweep.evidence().decision
    assert decision.scope.endswith("; 3 to 5 seeds per framework")
    assert "from 3 to 5 pairs of runs" in decision.how_sure


def test_too_few_that_are_timed_infer_nothing() -> None:
    sweep = simulate({"mlp": Truth()}, num_seeds=3)
    sweep.bend("tf-mlp-1", interruptions=[stop(5)])
    finding = sweep.evidence().answer("total").findings[0]
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == (
        "2 complete pairs (1 left out: disturbed or interrupted); at least 3 are needed"
    )


def test_one_framework_alone_leaves_them_out_too() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.bend("tf-mlp-1", interruptions=[stop(5)])
    sweep.keep_only("tf")
    evidence = sweep.evidence()
    assert {a.question.key: a.findings[0].n for a in evidence.answers} == {
        "score accuracy": 5,
        **dict.fromkeys(("horizon", "total", "training", "step", "cost"), 4),
        "memory": 5,
    }
    assert evidence.answer("total").findings[0].dropped == [
        "seed 1 has no valid time (interrupted at step 5)"
    ]


def test_the_length_at_which_times_meet_is_from_the_others() -> None:
    sweep = simulate({"mlp": Truth(time_ratio=0.5)})
    (plain,) = sweep.evidence().horizon.lengths
    assert plain.crossover() is not None
    sweep.bend("tf-mlp-1", interruptions=[stop(5)])
    (without,) = sweep.evidence().horizon.lengths
    assert without.torch == [line for i, line in enumerate(plain.torch) if i != 1]


def test_the_page_says_how_many_and_why(evidence: Evidence) -> None:
    assert warnings(evidence) == [
        "2 of 10 runs: disturbed or interrupted; their scores count, their times do not "
        "(reasons below)"
    ]
    (excluded,), (times,) = runs(evidence), phases(evidence)
    assert excluded.table
    assert times.table
    assert excluded.table.rows == [
        ["mlp", "PyTorch", "1", "only its score counts", BUSY],
        ["mlp", "TensorFlow", "3", "only its score counts", STOPPED],
    ]
    assert [row[:3] for row in times.table.rows] == [
        ["mlp", "PyTorch", "4"],
        ["mlp", "TensorFlow", "4"],
    ]
    assert render_html(evidence).count("Runs whose times do not count are not shown.") == 2
    text = render_markdown(evidence)
    assert f"mlp: excluded because block 1 has no PyTorch figure (PyTorch: {BUSY})" in text
    (workload,) = to_plain(evidence)["workloads"]
    told = {r["run_id"]: r["timing_problem"] for r in workload["runs"] if r["timing_problem"]}
    assert told == {"torch-mlp-1": BUSY, "tf-mlp-3": STOPPED}


def test_a_gpu_that_was_not_watched_is_said() -> None:
    sweep = simulate({"mlp": Truth()})
    for run_id in ("torch-mlp-1", "tf-mlp-2"):
        unknown = Load(num_cores=4, foreign_cores=0.1, unknown="there is no nvidia-smi")
        sweep.bend(run_id, load=unknown)
    (section,) = runs(sweep.evidence())
    assert section.notes == [
        "For 2 of 10 runs it is not known whether other processes used their GPU: there is no "
        "nvidia-smi."
    ]
