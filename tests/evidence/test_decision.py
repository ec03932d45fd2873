"""The score first, then time; no winner where nothing has been shown."""

from dataclasses import replace

import pytest

from fwexp.evidence.choice import Choice, Winner, choose, unscored
from fwexp.evidence.decision import Scope, format_confidence, recommend
from fwexp.evidence.verdicts import Finding, Verdict
from fwexp.tasks.classification import Classification
from fwexp.tasks.language_model import LanguageModel

ACCURACY, PERPLEXITY = Classification.metric, LanguageModel.metric
SCOPE = Scope(subject="mlp on digits", machine="CPU", effort="5 seeds", time="total time")


def finding(
    verdict: Verdict, *, larger: str | None = None, estimate: float | None = None
) -> Finding:
    return Finding(
        workload="mlp", n=5, verdict=verdict, larger=larger, estimate=estimate, reason="why"
    )


SAME = finding(Verdict.EQUIVALENT, estimate=0.1)
OPEN = finding(Verdict.INCONCLUSIVE)
SLOW_TF = finding(Verdict.MATERIAL, larger="tf", estimate=1.5)


@pytest.mark.parametrize(
    ("accuracy", "speed", "winner"),
    [
        (SAME, SLOW_TF, Winner.TORCH),
        (finding(Verdict.IMMATERIAL, larger="tf", estimate=1.0), SLOW_TF, Winner.TORCH),
        (SAME, finding(Verdict.MATERIAL, larger="torch", estimate=0.5), Winner.TF),
        (finding(Verdict.MATERIAL, larger="tf", estimate=3.0), SLOW_TF, Winner.TRADE),
        (finding(Verdict.MATERIAL, larger="torch", estimate=-3.0), SLOW_TF, Winner.TORCH),
        (finding(Verdict.MATERIAL, larger="tf", estimate=3.0), OPEN, Winner.TF),
        (finding(Verdict.MATERIAL, larger="tf", estimate=3.0), SAME, Winner.TF),
        (SAME, finding(Verdict.EQUIVALENT), Winner.EITHER),
        (SAME, finding(Verdict.IMMATERIAL, larger="tf", estimate=1.05), Winner.EITHER),
        (SAME, OPEN, Winner.UNDECIDED),
        (OPEN, SLOW_TF, Winner.UNDECIDED),
        (replace(OPEN, not_larger=["tf"]), SLOW_TF, Winner.TORCH),
        (replace(OPEN, not_larger=["torch"]), SLOW_TF, Winner.UNDECIDED),
        (replace(OPEN, larger="torch"), replace(OPEN, larger="tf"), Winner.TORCH),
        (replace(OPEN, larger="torch"), replace(OPEN, larger="torch"), Winner.UNDECIDED),
        (finding(Verdict.VOID), finding(Verdict.VOID), Winner.VOID),
    ],
)
def test_the_choice_follows_the_verdicts(accuracy: Finding, speed: Finding, winner: Winner) -> None:
    assert choose(accuracy, speed, metric=ACCURACY).winner is winner


@pytest.mark.parametrize(
    ("larger", "estimate", "winner", "because"),
    [
        (
            *("tf", 1.25, Winner.TORCH),
            "PyTorch is 1.25× better in perplexity, and TensorFlow takes 1.50× PyTorch's time",
        ),
        (
            *("torch", 0.8, Winner.TRADE),
            "TensorFlow is 1.25× better in perplexity, but takes 1.50× PyTorch's time",
        ),
    ],
)
def test_of_a_score_where_less_is_better_the_smaller_one_wins(
    larger: str, estimate: float, winner: Winner, because: str
) -> None:
    score = finding(Verdict.MATERIAL, larger=larger, estimate=estimate)
    found = choose(score, SLOW_TF, metric=PERPLEXITY)
    assert (found.winner, found.because) == (winner, because)
    assert (found.score, found.ground, found.amount) == ("perplexity", "score", 1.25)


def test_without_a_score_nothing_is_recommended() -> None:
    told = [
        unscored("mlp", void=void, has_run=has_run)
        for void, has_run in (("", True), ("", False), ("no certificate", True))
    ]
    assert [(c.winner, c.because) for c in told] == [
        (Winner.UNDECIDED, "its runs have no score"),
        (Winner.UNDECIDED, "no run has finished"),
        (Winner.VOID, "no certificate"),
    ]


def test_a_ratio_below_one_is_told_as_the_slower_ones_multiple() -> None:
    slow_torch = finding(Verdict.MATERIAL, larger="torch", estimate=0.5)
    choice = choose(SAME, slow_torch, metric=ACCURACY)
    assert choice.because == (
        "PyTorch takes 2.00× TensorFlow's time, at the same accuracy within the margin"
    )


def test_what_is_the_same_or_open_is_named_by_its_metric() -> None:
    told = {
        choose(score, speed, metric=PERPLEXITY).because
        for score, speed in (
            (SAME, finding(Verdict.EQUIVALENT)),
            (SAME, finding(Verdict.INCONCLUSIVE)),
            (finding(Verdict.INCONCLUSIVE), SLOW_TF),
        )
    }
    assert told == {
        "the perplexity is the same within the margin, and so is the time",
        "the perplexity is the same, the time inconclusive: why",
        "TensorFlow takes 1.50× PyTorch's time, but the perplexity is inconclusive: why",
    }


def choice(
    workload: str, winner: Winner, amount: float | None = None, *, score: str = "accuracy"
) -> Choice:
    return Choice(
        workload=workload,
        winner=winner,
        because="why",
        score=score,
        ground="time" if amount else "",
        amount=amount,
        beside=f"at the same {score} within the margin" if amount else "",
    )


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
            [
                choice("mlp", Winner.TORCH, 1.5),
                choice("text", Winner.TORCH, 2.0, score="perplexity"),
            ],
            "Choose PyTorch for mlp on digits: TensorFlow takes 1.50× PyTorch's total time for "
            "mlp and 2.00× for text, at the same score within the margin",
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
            "No recommendation for mlp on digits; the comparison is void: why",
        ),
    ],
)
def test_the_recommendation_is_one_sentence(choices: list[Choice], sentence: str) -> None:
    assert recommend(choices, scope=SCOPE) == sentence


def test_a_material_accuracy_gap_is_the_reason_told() -> None:
    larger = finding(Verdict.MATERIAL, larger="tf", estimate=3.0)
    better = choose(larger, SLOW_TF, metric=ACCURACY)
    assert recommend([better], scope=SCOPE) == (
        "A trade-off for mlp on digits: "
        "TensorFlow is 3.00 points better in accuracy, but takes 1.50× PyTorch's time"
    )


@pytest.mark.parametrize(
    ("winners", "start"),
    [
        ([Winner.TORCH, Winner.EITHER], "Sure, within what was measured: each verdict"),
        ([Winner.TORCH, Winner.UNDECIDED], "Sure for some workloads (1 not settled):"),
        ([Winner.UNDECIDED, Winner.VOID], "Not sure: these runs do not settle"),
        ([Winner.VOID, Winner.VOID], "Nothing was compared: no workload has a passed parity"),
    ],
)
def test_how_sure_is_tied_to_the_verdicts(winners: list[Winner], start: str) -> None:
    choices = [choice(str(i), winner) for i, winner in enumerate(winners)]
    assert format_confidence(choices, confidence=0.95, num_pairs=[4, 5]).startswith(start)


def test_how_sure_names_confidence_correction_and_pairs() -> None:
    told = format_confidence([choice("a", Winner.TORCH)] * 2, confidence=0.95, num_pairs=[4, 5])
    assert told == (
        "Sure, within what was measured: each verdict behind it holds at 95 % confidence, "
        "corrected for testing 2 workloads, from 4 to 5 pairs of runs, "
        "on one machine class only."
    )
