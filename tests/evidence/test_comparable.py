"""What may not be compared is refused, with one sentence why and what to type."""

from dataclasses import replace
from datetime import timedelta

from fwexp.evidence.decision import Winner
from fwexp.evidence.verdicts import Verdict
from tests.evidence.factory import START, Sweep, Truth, simulate

TIMES = ("total", "training", "step", "cost")


def surround(sweep: Sweep, run_id: str, **changes: object) -> None:
    """Change the environment of a run's record."""
    environment = replace(sweep.records[run_id].environment, **changes)  # type: ignore[arg-type]
    sweep.bend(run_id, environment=environment)


def void_of(sweep: Sweep) -> str:
    evidence = sweep.evidence()
    assert {finding.verdict for answer in evidence.answers for finding in answer.findings} == {
        Verdict.VOID
    }
    return evidence.void["mlp"]


def test_mixed_sources_in_one_arm_are_void() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.bend("tf-mlp-3", digests={"framework": "2.14"})
    assert void_of(sweep) == (
        "TensorFlow's runs are of several sources (framework: 2.13 and 2.14): remove the older "
        "ones' folders from the store's runs and type the sweep's command again"
    )


def test_mixed_versions_in_one_arm_are_void() -> None:
    sweep = simulate({"mlp": Truth()})
    versions = sweep.records["torch-mlp-3"].environment.versions
    surround(sweep, "torch-mlp-3", versions=versions | {"torch": "2.12.1"})
    assert void_of(sweep).startswith(
        "PyTorch's runs are of several versions (torch: 2.13.0 and 2.12.1): remove "
    )


def test_another_python_in_one_arm_is_void() -> None:
    sweep = simulate({"mlp": Truth()})
    surround(sweep, "torch-mlp-3", python="3.12.0")
    assert "(Python: 3.11.2 and 3.12.0)" in void_of(sweep)


def test_two_commits_in_a_pair_are_void_and_two_in_an_arm_are_not() -> None:
    """A pair's ratio is of one commit, whichever it is."""
    sweep = simulate({"mlp": Truth()})
    surround(sweep, "torch-mlp-3", commit="fedcba987654")
    assert void_of(sweep).startswith(
        "the two runs of seed 3 are of fwexp's commits fedcba987654 and 0123456789ab: remove "
    )
    surround(sweep, "tf-mlp-3", commit="fedcba987654")
    assert sweep.evidence().void == {}


def test_a_framework_that_stands_for_a_node_has_no_times() -> None:
    sweep = simulate({"mlp": Truth()})
    for run_id in sweep.records:
        surround(sweep, run_id, node="node1" if run_id.startswith("torch") else "node2")
    evidence = sweep.evidence()
    for key in TIMES:
        (finding,) = evidence.answer(key).findings
        assert (finding.verdict, finding.estimate) == (Verdict.INCONCLUSIVE, None)
        assert finding.reason == (
            "all PyTorch runs were on node1, all TensorFlow runs on node2: the times would compare "
            "machines; type the sweep's command again with another store=…"
        )
    assert evidence.answer("score accuracy").findings[0].verdict is Verdict.EQUIVALENT
    assert evidence.decision.headline == (
        "Not settled yet for mlp on digits: the accuracy is the same, the time inconclusive: all "
        "PyTorch runs were on node1, all TensorFlow runs on node2: the "
        "times would compare machines; type the sweep's command again with another store=… "
        "(measured on CPU, Example CPU 3.0 GHz, 4 cores; 5 seeds per framework)."
    )


def test_nodes_that_both_frameworks_had_are_compared() -> None:
    sweep = simulate({"mlp": Truth()})
    for run_id, record in sweep.records.items():
        surround(sweep, run_id, node=f"node{record.config.seed % 2}")
    assert [choice.winner for choice in sweep.evidence().decision.choices] == [Winner.TORCH]


def test_a_framework_that_stands_for_a_time_has_no_times() -> None:
    sweep = simulate({"mlp": Truth()})
    for run_id, record in sweep.records.items():
        late = timedelta(days=run_id.startswith("tf"), seconds=10 * record.config.seed)
        sweep.bend(
            run_id,
            started_at=(START + late).isoformat(),
            finished_at=(START + late + timedelta(seconds=5)).isoformat(),
        )
    (finding,) = sweep.evidence().answer("total").findings
    assert finding.reason == (
        "all PyTorch runs ended before the first TensorFlow run began: the times would compare "
        "occasions; type the sweep's command again with another store=…"
    )


def test_what_was_measured_on_one_occasion_says_so_and_on_two_does_not() -> None:
    sweep = simulate({"mlp": Truth()})
    assert sweep.evidence().decision.how_sure == (
        "Sure, within what was measured: each verdict behind it holds at 95 % confidence, from 5 "
        "pairs of runs, on one machine class only. Measured once: all its blocks ran on one "
        "occasion; type the command again with more seeds on another day to see whether it lasts."
    )
    for run_id, record in sweep.records.items():
        if record.config.seed > 2:
            later = record.started + timedelta(days=1)
            ended = record.finished + timedelta(days=1)
            sweep.bend(run_id, started_at=later.isoformat(), finished_at=ended.isoformat())
    assert sweep.evidence().decision.how_sure.endswith("on one machine class only.")


def test_what_is_not_sure_needs_no_second_occasion() -> None:
    how_sure = simulate({"mlp": Truth()}, num_seeds=2).evidence().decision.how_sure
    assert how_sure == "Not sure: these runs do not settle the question for any workload."
