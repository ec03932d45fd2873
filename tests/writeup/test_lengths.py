"""The section on the length of training, and its chart."""

import re

import pytest

from fwexp.evidence.assess import Evidence
from fwexp.writeup.evidence_json import to_plain
from fwexp.writeup.length_chart import length_chart
from fwexp.writeup.sections.lengths import lengths
from tests.evidence.factory import Truth, simulate


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return simulate({"mlp": Truth(time_ratio=0.7), "cnn": Truth()}).evidence()


def test_four_lengths_for_each_workload(evidence: Evidence) -> None:
    (section,) = lengths(evidence)
    assert section.table
    assert [row[:2] for row in section.table.rows] == [
        [model, length]
        for model in ("mlp", "cnn")
        for length in ("one step", "as run", "1 hour", "without end")
    ]
    mlp = section.table.rows[:4]
    assert [row[2] for row in mlp][:2] == ["1", "220"]
    assert (mlp[2][4], mlp[3][2]) == ("3,600 s", "∞")  # TensorFlow is the faster one
    assert mlp[3][3].endswith(" ms per step")
    assert float(mlp[0][5]) > 2 > 1 > float(mlp[3][5])


def test_the_crossing_in_words_and_the_two_lines(evidence: Evidence) -> None:
    (section,) = lengths(evidence)
    crossing, never = section.points
    assert re.fullmatch(
        r"mlp: PyTorch is faster below about 4,\d00 steps \(about 2\d s\), TensorFlow above; from "
        r"about [\d,]+ to [\d,]+ steps neither is shown to be\. "
        r"PyTorch 3\.\d+ ± 0\.\d+ s \+ 4\.\d+ ms per step; "
        r"TensorFlow 9\.\d+ ± 0\.\d+ s \+ 2\.\d+ ms per step\.",
        crossing,
    )
    assert never.startswith("cnn: PyTorch is faster at every length. ")


def test_how_often_an_import_was_timed_is_told() -> None:
    sweep = simulate({"mlp": Truth()})
    (section,) = lengths(sweep.evidence())
    assert re.match(
        r"Imports: PyTorch 3\.\d\d ± 0\.\d\d s \(3 imports\); "
        r"TensorFlow 9\.\d\d ± 0\.\d\d s \(3 imports\)\. ",
        section.notes[0],
    )
    for run_id in sweep.records:
        sweep.bend(run_id, more_imports_s=[])
    (section,) = lengths(sweep.evidence())
    assert "s (1 import: its spread is unknown, and in no interval); TensorFlow" in section.notes[0]


def test_as_run_has_no_other_length_beside_it() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.manifest.comparison.horizon = "as run"
    (section,) = lengths(sweep.evidence())
    assert section.table
    assert [row[1] for row in section.table.rows] == ["one step", "as run", "without end"]


def test_one_framework_alone_has_no_such_section() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.keep_only("tf")
    evidence = sweep.evidence()
    (section,) = lengths(evidence)
    assert section.is_empty
    assert length_chart(evidence) == ""


def test_the_chart_has_a_line_and_two_marks_for_each_workload(evidence: Evidence) -> None:
    svg = length_chart(evidence)
    assert svg.count('fill="#1d2329"') >= 4
    assert svg.count('stroke="#1d2329"') == 2
    assert "optimizer steps (log axis)" in svg


def test_the_json_holds_the_curve(evidence: Evidence) -> None:
    mlp, cnn = to_plain(evidence)["lengths"]
    assert 4000 < mlp["crossover_steps"] < 5000
    assert cnn["crossover_steps"] is None
    assert len(mlp["ratios"]) == 4
    assert mlp["curve"][0]["steps"] == 1
    assert len(to_plain(evidence)["imports_s"]["tf"]) == 3
