"""How often the verdicts are wrong: simulated runs of a known truth, judged as a sweep's are."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from fwexp.evidence.choice import Choice, Winner, choose
from fwexp.evidence.pairs import Pair, Pairs
from fwexp.evidence.verdicts import Finding, Scale, Verdict, judge
from fwexp.meters.environment import commit
from fwexp.tasks.classification import Classification
from tests.prove.proof import Proof
from tests.prove.table import table

CONFIDENCE = 0.95
NUM_PAIRS = (3, 5, 10, 20)
NUM_REPEATS = 800
NUM_HEADLINES = 150
NUM_PILOTS = 40
POINTS, RATIO = Scale(ratio=False, margin=2.0), Scale(ratio=True, margin=1.1)
NUM_TEST = 360  # samples, as digits has
SD = 0.7  # points, of each framework's scores
TIME_SD = 0.03  # of logs
SLOW, SHARE = 1.3, 0.1  # a tenth of TensorFlow's runs takes 1.3 times as long
SAMPLE = 100 / NUM_TEST
Draw = Callable[[np.random.Generator, int], np.ndarray]
NOMINAL = ("normal", "unequal variances", "t3", "integer scores")


@dataclass(frozen=True, kw_only=True)
class Law:
    """How one framework's figures scatter about the truth: (repeat, run) in the tested unit."""

    scale: Scale
    torch: Draw
    tf: Draw
    step: float = 0.0  # the figures are whole multiples of it
    least_sd: float = 0.001


def normal(sd: float) -> Draw:
    return lambda rng, n: rng.normal(0.0, sd, (NUM_REPEATS, n))


def t3(sd: float) -> Draw:
    return lambda rng, n: rng.standard_t(3, (NUM_REPEATS, n)) * sd / math.sqrt(3)


def contaminated(sd: float) -> Draw:
    def draw(rng: np.random.Generator, n: int) -> np.ndarray:
        slow = rng.random((NUM_REPEATS, n)) < SHARE
        return rng.normal(0.0, sd, (NUM_REPEATS, n)) + slow * math.log(SLOW)

    return draw


LAWS = {
    "normal": Law(scale=POINTS, torch=normal(SD), tf=normal(SD), least_sd=SAMPLE),
    "unequal variances": Law(
        scale=POINTS, torch=normal(SD / 2), tf=normal(1.5 * SD), least_sd=SAMPLE
    ),
    "t3": Law(scale=POINTS, torch=t3(SD), tf=t3(SD), least_sd=SAMPLE),
    "integer scores": Law(
        scale=POINTS, torch=normal(0.2), tf=normal(0.2), step=SAMPLE, least_sd=SAMPLE
    ),
    "10 % contamination": Law(scale=RATIO, torch=normal(TIME_SD), tf=contaminated(TIME_SD)),
}


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Of one law and N: the shares of repeats that were wrong, and that covered the truth."""

    law: str
    n: int
    false_different: float  # zero excluded where the gap is none
    false_material: float  # beyond the margin where the gap is the margin
    false_equivalent: float  # within the margin where the gap is the margin
    coverage: float  # of the 95 % interval, over both gaps

    @property
    def holds(self) -> bool:
        """Whether it is nominal, but for the chance of the simulation: 4 standard errors, as
        a hundred rates are looked at."""
        slack = 4 * math.sqrt(0.05 * 0.95 / NUM_REPEATS)
        wrong = max(self.false_different, self.false_material, self.false_equivalent)
        return wrong <= 0.05 + slack and self.coverage >= CONFIDENCE - slack


def main() -> Proof:
    """Holds when all but the contaminated runs are nominal, and the numbers named are enough."""
    rng = np.random.default_rng(20261121)
    rates = [measure(name, law, n, rng) for name, law in LAWS.items() for n in NUM_PAIRS]
    headlines = {(m, n): headline_error(m, n, rng) for m in (6, 12) for n in NUM_PAIRS}
    named = {n: named_is_enough(n, rng) for n in NUM_PAIRS[:3]}
    slack = 3 * math.sqrt(0.05 * 0.95 / NUM_HEADLINES)
    holds = (
        all(found.holds for found in rates if found.law in NOMINAL)
        and all(wrong <= 1 - CONFIDENCE + slack for wrong, _ in headlines.values())
        and all(0.8 <= most <= 0.95 for _, most in named.values())
    )
    return Proof(text=page(rates, headlines, named), holds=holds)


def measure(name: str, law: Law, n: int, rng: np.random.Generator) -> Rates:
    """What is found of a gap that is none, and of one as large as the margin."""
    margin = law.scale.test_margin()
    none, at_margin = (draw(law, gap, n, rng) for gap in (0.0, margin))
    return Rates(
        law=name,
        n=n,
        false_different=_share(f.larger is not None for f in none),
        false_material=_share(f.verdict is Verdict.MATERIAL for f in at_margin),
        false_equivalent=_share(
            f.verdict in (Verdict.EQUIVALENT, Verdict.IMMATERIAL) for f in at_margin
        ),
        coverage=_share(
            covers(f, law.scale.tell(gap))
            for gap, found in ((0.0, none), (margin, at_margin))
            for f in found
        ),
    )


def draw(law: Law, gap: float, n: int, rng: np.random.Generator) -> list[Finding]:
    """One finding per repeat."""
    torch, tf = law.torch(rng, n), law.tf(rng, n) + gap
    if law.step:
        torch, tf = (law.step * np.round(side / law.step) for side in (torch, tf))
    return [one(a, b, law) for a, b in zip(torch, tf, strict=True)]


def one(torch: np.ndarray, tf: np.ndarray, law: Law) -> Finding:
    """The finding of one workload on its own."""
    pairs = paired(torch, tf, law)
    (finding,) = judge({"": pairs}, scale=law.scale, confidence=CONFIDENCE)
    return finding


def paired(torch: np.ndarray, tf: np.ndarray, law: Law) -> Pairs:
    """Figures as the runs give them: points about 90, or seconds about 1."""
    if law.scale.ratio:
        torch, tf = np.exp(torch), np.exp(tf)
    else:
        torch, tf = 90.0 + torch, 90.0 + tf
    both = enumerate(zip(torch.tolist(), tf.tolist(), strict=True))
    return Pairs(pairs=[Pair(key=i, torch=a, tf=b) for i, (a, b) in both], least_sd=law.least_sd)


def covers(finding: Finding, truth: float) -> bool:
    assert finding.outer is not None
    return finding.outer.low <= truth <= finding.outer.high


def headline_error(num_workloads: int, n: int, rng: np.random.Generator) -> tuple[float, float]:
    """How often a recommendation for so many workloads says something false of any of them, and
    which share of the workloads it leaves open."""
    wrong, num_open = [], []
    for _ in range(NUM_HEADLINES):
        truths = rng.choice([-1.5, -0.9, 0.0, 0.9, 1.5], (num_workloads, 2))  # margins
        choices = recommend(truths, n, rng)
        wrong.append(any(is_false(c, *t) for c, t in zip(choices, truths.tolist(), strict=True)))
        num_open.append(_share(choice.winner is Winner.UNDECIDED for choice in choices))
    return _share(wrong), float(np.mean(num_open))


def recommend(truths: np.ndarray, n: int, rng: np.random.Generator) -> list[Choice]:
    """The choices for workloads whose gaps in score and time are so many margins."""
    found: list[list[Finding]] = []
    for column, (scale, sd, least_sd) in enumerate(((POINTS, SD, SAMPLE), (RATIO, TIME_SD, 0.001))):
        law = Law(scale=scale, torch=normal(sd), tf=normal(sd), least_sd=least_sd)
        gaps = truths[:, column] * scale.test_margin()
        figures = {
            str(i): paired(rng.normal(0, sd, n), rng.normal(gap, sd, n), law)
            for i, gap in enumerate(gaps)
        }
        found.append(judge(figures, scale=scale, confidence=CONFIDENCE))
    return [choose(s, t, metric=Classification.metric) for s, t in zip(*found, strict=True)]


def is_false(choice: Choice, score: float, time: float) -> bool:
    """Whether what is recommended is not so; gaps are TensorFlow's, in margins."""
    better = {"torch": score < -1, "tf": score > 1}  # materially
    faster = {"torch": time > 1, "tf": time < -1}
    if choice.winner is Winner.EITHER:
        return any((*better.values(), *faster.values()))
    if choice.winner is Winner.TRADE:
        return not any(better[a] and faster[b] for a, b in (("torch", "tf"), ("tf", "torch")))
    if choice.winner not in (Winner.TORCH, Winner.TF):
        return False
    mine, other = choice.winner.value, "tf" if choice.winner is Winner.TORCH else "torch"
    if choice.ground == "both":
        return (score > 0) is (mine == "torch") or (time > 0) is (mine == "tf")
    if choice.ground == "score":
        return not better[mine]  # a time that is open is told as open
    return not faster[mine] or better[other]


def named_is_enough(n: int, rng: np.random.Generator) -> tuple[float, float]:
    """How often the fewest and the most seeds that an open pilot names decide, its own among
    them; gaps from none to twice the margin, none nearer to it than half."""
    few, most = [], []
    for gap in (0.0, 0.5, 1.0, 3.0, 4.0):
        for sd in (1.0, 2.0, 4.0):  # points, of the differences
            for _ in range(NUM_PILOTS):
                law = Law(scale=POINTS, torch=normal(0), tf=normal(sd), least_sd=SAMPLE)
                pilot = rng.normal(gap, sd, n)
                needed = one(np.zeros(n), pilot, law).n_to_decide
                if needed is None:
                    continue
                runs = np.concatenate([pilot, rng.normal(gap, sd, needed[1] - n)])
                for decided, num in ((few, needed[0]), (most, needed[1])):
                    finding = one(np.zeros(num), runs[:num], law)
                    decided.append(finding.verdict is not Verdict.INCONCLUSIVE)
    return _share(few), _share(most)


def page(
    rates: list[Rates],
    headlines: dict[tuple[int, int], tuple[float, float]],
    named: dict[int, tuple[float, float]],
) -> str:
    """The page's Markdown."""
    made = f"{datetime.now(UTC):%Y-%m-%d}, commit {(commit() or 'unknown')[:12]}"
    columns = ["figures", "pairs", "false “different”", "false “material”", "false “equivalent”"]
    lines = [
        "# Calibration: how often the verdicts are wrong",
        "",
        f"Made by `make prove` on {made}. Simulated runs with fixed seeds, judged by the functions "
        "that judge a sweep's.",
        "",
        f"## One workload, {NUM_REPEATS} repeats",
        "",
        "False “different”: zero is excluded where there is no gap. False “material” and "
        "“equivalent”: the verdict where the gap is exactly the margin, the worst case. Coverage "
        "of the 95 % interval: at both gaps. Nominal are at most 5 % and at least 95 %, "
        "but for the chance of the simulation.",
        "",
        *table([*columns, "coverage", "nominal"], [_row(found) for found in rates]),
        "",
        f"Contamination: a tenth of TensorFlow's runs takes {SLOW:g} times as long, and the truth "
        "is the ratio of the undisturbed ones. No t-interval covers it at many pairs, as the mean "
        "itself has moved; runs whose machine was busy are therefore left out by what was seen of "
        "the machine, and runs that look slow are counted in the first sentence.",
        "",
        f"## The recommendation for several workloads, {NUM_HEADLINES} repeats",
        "",
        "Gaps in score and in time of −1.5, −0.9, 0, 0.9 or 1.5 margins, drawn for each workload. "
        "Wrong: of any workload something is said that is not so.",
        "",
        *table(
            ["workloads", "pairs", "wrong", "workloads left open"],
            [
                [str(m), str(n), *(f"{100 * rate:.1f} %" for rate in found)]
                for (m, n), found in headlines.items()
            ],
        ),
        "",
        f"## The number of seeds that is named, {NUM_PILOTS} pilots of each truth",
        "",
        "A pilot that settles nothing names from how many to how many seeds would. Gaps of 0, a "
        "quarter, half, 1.5 and 2 margins, differences that scatter by 0.5, 1 and 2 margins; the "
        "pilot is part of the later runs.",
        "",
        *table(
            ["pairs of the pilot", "the fewest decide", "the most decide"],
            [[str(n), *(f"{100 * rate:.0f} %" for rate in found)] for n, found in named.items()],
        ),
    ]
    return "\n".join(lines) + "\n"


def _row(found: Rates) -> list[str]:
    wrong = (found.false_different, found.false_material, found.false_equivalent, found.coverage)
    nominal = "yes" if found.holds else "no"
    return [found.law, str(found.n), *(f"{100 * rate:.1f} %" for rate in wrong), nominal]


def _share(flags: Iterable[bool]) -> float:
    return float(np.mean(list(flags)))
