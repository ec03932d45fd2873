"""A Report's spec held against the files of the records, by arithmetic of its own."""

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from scipy import stats

Plain = dict[str, Any]
NUMBER = re.compile(r"[−+]?\d[\d,]*(?:\.\d+)?(?:e[−+]?\d+)?")


def as_run_s(run: Plain) -> float:
    """Of a program of its own: the mean of all imports of its framework, and the run."""
    return float(run["mean_import_s"] + run["phases"]["total_s"])


def to_target_s(run: Plain) -> float:
    """From the start of a program of its own to the end of the first evaluation at the target."""
    target, phases = run["config"]["training"]["target"], run["phases"]
    scores = [evaluation["scores"]["accuracy"] for evaluation in run["evaluations"]]
    place = next(i for i, score in enumerate(scores) if score >= target)
    before = sum(phases[f"{name}_s"] for name in ("start", "data", "build"))
    evaluations = phases["evaluation_s"] * (place + 1) / len(scores)
    train_s = run["evaluations"][place]["train_s"]
    return float(run["mean_import_s"] + before + train_s + evaluations)


# By the question's key: the figure of one run, from its record as JSON and the sweep's pricing.
FIGURES: dict[str, Callable[[Plain, Plain], float]] = {
    "score accuracy": lambda run, _: 100 * run["score"],
    "target": lambda run, _: to_target_s(run),
    "horizon": lambda run, _: as_run_s(run),
    "total": lambda run, _: run["phases"]["total_s"],
    "training": lambda run, _: run["phases"]["first_steps_s"] + run["phases"]["steady_s"],
    "step": lambda run, _: 1000 * run["config"]["training"]["batch_size"] / run["samples_per_s"],
    "memory": lambda run, _: (
        run["memory"]["import_rss_mib"]
        + max(run["memory"][f"{phase}_peak_mib"] for phase in ("data", "build", "train"))
    ),
    "cost": lambda run, price: 1000 * as_run_s(run) / 3600 * price["price_usd_per_hour"],
}
WITH_IMPORT = {"target": to_target_s, "horizon": as_run_s, "cost": as_run_s}  # the seconds it is in
FRAMEWORKS = {"PyTorch": "torch", "TensorFlow": "tf"}
ONLY_THERE = ("The runs, live",)
NOT_OF_TIME = ("score accuracy", "memory")
MIN_PAIRS = 3  # below it the difference and its intervals are not told


@dataclass(kw_only=True)
class Checked:
    """How many numbers were held against the records, and what is not theirs."""

    num: int = 0
    wrong: list[str] = field(default_factory=list)

    def hold(self, told: str, values: Sequence[float], *, place: str) -> None:
        """The numbers of a cell against what they are to be, to half of their last digit."""
        numbers = NUMBER.findall(told)
        self.num += len(values)
        if len(numbers) != len(values) or not all(map(_is, numbers, values)):
            self.wrong.append(f"{place}: {told!r} is not {[*values]}")


def texts(node: Any) -> Iterator[str]:
    """Every piece of text that a reader of the Report sees."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("text", "content") and isinstance(value, str):
                yield value
            elif key != "metadata":
                yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def tables(spec: Plain) -> dict[str, list[list[str]]]:
    """The rows of each table, by the heading above it."""
    found, heading = {}, ""
    for block in spec["blocks"]:
        if block["type"] == "heading":
            heading = "".join(texts(block))
        elif block["type"] == "markdown-block":
            _, _, *rows = block["content"].splitlines()
            found[heading] = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]
    return found


def check_words(spec: Plain, *, page: str) -> Checked:
    """Every line that a reader of the Report sees, to stand in the local write-up as it is."""
    lines = [line for text in texts(spec) for line in text.splitlines()]
    here = _bare(page)
    wrong = [line for line in lines if line not in ONLY_THERE and _bare(line) not in here]
    return Checked(num=len(lines), wrong=wrong)


def check_tables(spec: Plain, *, store: Path, name: str) -> Checked:
    """Every number of the tables of answers and quality, recomputed from the records' files.

    Nothing of fwexp has a part in it; of the evidence only which times count, and are compared.
    """
    folder = store / "sweeps" / name
    evidence = json.loads((folder / "evidence.json").read_text())
    found, checked = tables(spec), Checked()
    workloads = {
        workload["label"]: [_read(store, run) for run in workload["runs"]]
        for workload in evidence["workloads"]
    }
    _add_mean_imports([run for runs in workloads.values() for run in runs])
    assert evidence["sweep"]["comparison"]["horizon"] == "as run"  # which is recomputed here
    declared = json.loads((folder / "manifest.json").read_text())["runs"]
    assert {run["run_id"] for runs in workloads.values() for run in runs} == set(declared)
    for answer in evidence["answers"]:
        rows = found[f"{answer['title']} ({answer['basis']})"]
        assert [row[0] for row in rows] == [f["workload"] for f in answer["findings"]]
        for row in rows:
            _check_answer(row, answer, workloads[row[0]], evidence["sweep"], checked)
    quality = found["Did the models learn? (measured)"]
    assert [row[:2] for row in quality] == [
        [label, framework]
        for label, runs in workloads.items()
        if runs[0]["config"]["training"]["quality_target"] is not None
        for framework in FRAMEWORKS
    ]
    for row in quality:
        _check_quality(row, workloads[row[0]], checked)
    return checked


def _bare(text: str) -> str:
    """Without what Markdown adds."""
    return " ".join(re.sub(r"[*`#_\\]", "", text).split())


def _read(store: Path, run: Plain) -> Plain:
    (file,) = store.glob(f"runs/*/{run['run_id']}/record.json")
    record: Plain = json.loads(file.read_text())
    return record | {"timing_problem": run["timing_problem"]}


def _add_mean_imports(runs: list[Plain]) -> None:
    """The mean of a framework's distinct imports, and its standard error, to each of its runs."""
    for name in FRAMEWORKS.values():
        own = [run for run in runs if run["config"]["framework"]["name"] == name]
        known = {s for run in own for s in (run["import_s"], *run["more_imports_s"])}
        for run in own:
            run["mean_import_s"] = fmean(known)
            run["import_error_s"] = stdev(known) / math.sqrt(len(known))
            run["num_imports"] = len(known)


def _import_parts(key: str, runs: list[Plain]) -> list[tuple[float, int]]:
    """The variance that each import adds to a ratio's logarithm, with its degrees of freedom."""
    parts = []
    for name in FRAMEWORKS.values() if key in WITH_IMPORT else ():
        own = [run for run in runs if run["config"]["framework"]["name"] == name]
        own = [run for run in own if not run["timing_problem"]]
        share = own[0]["import_error_s"] / fmean(WITH_IMPORT[key](run) for run in own)
        parts.append((share**2, own[0]["num_imports"] - 1))
    return parts


def _check_answer(
    row: list[str], answer: Plain, runs: list[Plain], sweep: Plain, checked: Checked
) -> None:
    """Workload, N, both frameworks, the difference, both intervals, the verdict."""
    key = answer["key"]
    sides: dict[str, dict[int, float]] = {"torch": {}, "tf": {}}
    for run in runs:
        if key in NOT_OF_TIME or not run["timing_problem"]:
            side = sides[run["config"]["framework"]["name"]]
            side[run["config"]["seed"]] = FIGURES[key](run, sweep["pricing"])
    seeds = sorted(sides["torch"].keys() & sides["tf"].keys())
    torch, tf = ([sides[name][seed] for seed in seeds] for name in ("torch", "tf"))
    is_ratio = answer["scale"] == "ratio"
    of, back = (math.log, math.exp) if is_ratio else (float, float)
    differences = [of(b) - of(a) for a, b in zip(torch, tf, strict=True)]
    tested = sum(finding["p_material"] is not None for finding in answer["findings"])
    confidence = 1 - (1 - sweep["comparison"]["confidence"]) / max(1, tested)  # Bonferroni's
    num_test = runs[0]["config"]["data"]["num_test"]
    least = 0.001 if is_ratio else 100 / num_test  # a thousandth; one sample
    both = [run for run in runs if run["config"]["seed"] in seeds]
    parts = _import_parts(key, both) if seeds else []
    expected: list[list[float]] = [[len(seeds)], _mean_and_spread(torch), _mean_and_spread(tf)]
    if len(seeds) < MIN_PAIRS:
        expected += [[], [], []]
    else:
        expected += [
            [back(fmean(differences))],
            [back(end) for end in _interval(differences, 2 * confidence - 1, parts, least)],
            [back(end) for end in _interval(differences, confidence, parts, least)],
        ]
    *cells, _ = row[1:]  # the verdict
    for cell, values in zip(cells, expected, strict=True):
        checked.hold(cell, values, place=f"{answer['title']}, {row[0]}")


def _mean_and_spread(values: Sequence[float]) -> list[float]:
    """What a cell can tell of so many values."""
    return [*([fmean(values)] if values else []), *([stdev(values)] if len(values) > 1 else [])]


def _interval(
    differences: list[float], confidence: float, parts: list[tuple[float, int]], least: float
) -> tuple[float, float]:
    own = (max(stdev(differences), least) ** 2 / len(differences), len(differences) - 1)
    variance = sum(square for square, _ in (own, *parts))
    df = variance**2 / sum(square**2 / freedom for square, freedom in (own, *parts))
    low, high = stats.t.interval(confidence, df, fmean(differences), math.sqrt(variance))
    return float(low), float(high)


def _check_quality(row: list[str], runs: list[Plain], checked: Checked) -> None:
    """Workload, framework, quality target, above what, the worst run, how many reached it."""
    framework = FRAMEWORKS[row[1]]
    own = [run for run in runs if run["config"]["framework"]["name"] == framework]
    wanted, scores = own[0]["config"]["training"]["quality_target"], [run["score"] for run in own]
    reached = sum(score >= wanted for score in scores)
    place = f"quality of {row[0]}, {row[1]}"
    for cell, values in ((2, [wanted]), (4, [min(scores)]), (5, [reached, len(own)])):
        checked.hold(row[cell], values, place=place)


def _is(told: str, value: float) -> bool:
    """Whether the text is the value, rounded to the digits it shows."""
    number, _, power = told.replace("−", "-").replace(",", "").partition("e")
    unit = 10.0 ** (int(power or 0) - len(number.partition(".")[2]))
    return abs(float(number) * 10.0 ** int(power or 0) - value) <= 0.5000001 * unit + 1e-12
