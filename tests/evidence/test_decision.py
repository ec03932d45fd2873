"""Accuracy first, then time; no winner where nothing is shown."""

import pytest

from fwexp.evidence.decision import Choice, Scope, Winner, choose, recommend, tell_confidence
from fwexp.evidence.verdicts import Finding, Verdict

SCOPE = Scope(subject="mlp on digits", machine="CPU", effort="5 seeds", time="total time")


def finding(
    verdict: Verdict, *, larger: str | None = None, estimate: float | None = None
) -> Finding:
    return Finding(
        workload="mlp", n=5, verdict=verdict, larger=larger, estimate=estimate, reason="why"
    )


SAME = finding(Verdict.EQUIVALENT, estimate=0.1)
SLOW_TF = finding(Verdict.MATERIAL, larger="tf", estimate=1.5)


@pytest.mark.parametrize(
    ("accuracy", "speed", "winner"),
    [
        (SAME, SLOW_TF, Winner.TORCH),
        (finding(Verdict.IMMATERIAL, larger="tf", estimate=1.0), SLOW_TF, Winner.TORCH),
        (SAME, finding(Verdict.MATERIAL, larger="torch", estimate=0.5), Winner.TF),
        (finding(Verdict.MATERIAL, larger="tf", estimate=3.0), SLOW_TF, Winner.TF),
        (SAME, finding(Verdict.EQUIVALENT), Winner.EITHER),
        (SAME, finding(Verdict.IMMATERIAL, larger="tf", estimate=1.05), Winner.EITHER),
        (SAME, finding(Verdict.INCONCLUSIVE), Winner.UNDECIDED),
        (finding(Verdict.INCONCLUSIVE), SLOW_TF, Winner.UNDECIDED),
        (finding(Verdict.VOID), finding(Verdict.VOID), Winner.VOID),
    ],
)
def test_the_choice_follows_the_verdicts(accuracy: Finding, speed: Finding, winner: Winner) -> None:
    assert choose(accuracy, speed).winner is winner


def test_a_ratio_below_one_is_told_as_the_slower_ones_multiple() -> None:
    choice = choose(SAME, finding(Verdict.MATERIAL, larger="torch", estimate=0.5))
    assert choice.because == (
        "PyTorch takes 2.00× TensorFlow's time, and the accuracy is the same within the margin"
    )


def choice(workload: str, winner: Winner, amount: float | None = None) -> Choice:
    ground = "time" if amount else ""
    return Choice(workload=workload, winner=winner, because="why", ground=ground, amount=amount)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        (
            [choice("mlp", Winner.TORCH, 1.5)],
            "Choose PyTorch for mlp on digits: TensorFlow takes 1.50× PyTorch's total time, "
            "at the same accuracy within the margin",
        ),
        (
            [choice("mlp", Winner.TF, 1.5), choice("cnn", Winner.TF, 2.0)],
            "Choose TensorFlow for mlp on digits: PyTorch takes 1.50× TensorFlow's total time "
            "for mlp and 2.00× for cnn, at the same accuracy within the margin",
        ),
        (
            [choice(name, Winner.TORCH, 1 + i / 10) for i, name in enumerate("abcd", start=1)],
            "Choose PyTorch for mlp on digits: TensorFlow takes 1.10 to 1.40× PyTorch's total "
            "time, at the same accuracy within the margin",
        ),
        (
            [choice("mlp", Winner.TORCH, 1.5), choice("cnn", Winner.TF, 2.0)],
            "It depends on the workload (mlp on digits): choose PyTorch for mlp; "
            "choose TensorFlow for cnn",
        ),
        (
            [choice("mlp", Winner.UNDECIDED), choice("cnn", Winner.VOID)],
            "No recommendation yet (mlp on digits): not settled yet for mlp; no comparison for cnn",
        ),
        (
            [choice("mlp", Winner.EITHER)],
            "Either framework will do for mlp on digits: why",
        ),
        ([choice("mlp", Winner.UNDECIDED)], "Not settled yet for mlp on digits: why"),
        (
            [choice("mlp", Winner.VOID)],
            "No recommendation for mlp on digits, the comparison is void: why",
        ),
    ],
)
def test_the_recommendation_is_one_sentence(choices: list[Choice], sentence: str) -> None:
    assert recommend(choices, scope=SCOPE) == sentence


def test_a_material_accuracy_gap_is_the_reason_told() -> None:
    better = choose(finding(Verdict.MATERIAL, larger="tf", estimate=3.0), SLOW_TF)
    assert recommend([better], scope=SCOPE) == (
        "Choose TensorFlow for mlp on digits: TensorFlow is 3.00 points more accurate"
    )


@pytest.mark.parametrize(
    ("winners", "start"),
    [
        ([Winner.TORCH, Winner.EITHER], "Sure, within what was measured: each verdict"),
        ([Winner.TORCH, Winner.UNDECIDED], "Sure for a part of the workloads (1 not settled):"),
        ([Winner.UNDECIDED, Winner.VOID], "Not sure: these runs settle the question for no"),
        ([Winner.VOID, Winner.VOID], "Nothing is compared: no workload has a passed parity"),
    ],
)
def test_how_sure_is_tied_to_the_verdicts(winners: list[Winner], start: str) -> None:
    choices = [choice(str(i), winner) for i, winner in enumerate(winners)]
    assert tell_confidence(choices, confidence=0.95, num_pairs=[4, 5]).startswith(start)


def test_how_sure_names_confidence_correction_and_pairs() -> None:
    told = tell_confidence([choice("a", Winner.TORCH)] * 2, confidence=0.95, num_pairs=[4, 5])
    assert told == (
        "Sure, within what was measured: each verdict behind it holds at 95 % confidence, "
        "corrected for asking about 2 workloads, from 4 to 5 pairs of runs, "
        "on one machine class only."
    )
