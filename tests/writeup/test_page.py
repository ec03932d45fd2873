"""The page: one file, no script, no network, everything a reader must know."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from fwexp.config.schema import Optimizer
from fwexp.evidence.assess import Evidence
from fwexp.writeup.page import render_html, render_markdown
from tests.evidence.factory import PRICING, Truth, certificate, simulate


@pytest.fixture(scope="module")
def clean() -> str:
    return render_html(simulate({"mlp": Truth(), "cnn": Truth()}).evidence())


@pytest.fixture(scope="module")
def troubled() -> Evidence:
    sweep = simulate({"mlp": Truth(), "cnn": Truth()})
    sweep.certificates["key-cnn"] = certificate("cnn", passed=False)
    sweep.fail("tf", "mlp", 3, message="out of <memory> | here")
    del sweep.records["torch-cnn-0"]
    sweep.manifest.pricing = replace(PRICING, machine_class="NVIDIA A100 .*")
    return sweep.evidence()


def words(html: str) -> str:
    """The page's text, tags and charts taken out."""
    bare = re.sub(r"<(style|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).split())


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "link", "br", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("meta", "link", "br", "path"):
            assert self.open.pop() == tag


def test_the_page_is_small_well_formed_and_alone(clean: str) -> None:
    assert len(clean.encode()) < 300_000
    assert "<script" not in clean
    parser = Tags()
    parser.feed(clean)
    assert parser.open == []
    assert parser.links == []
    assert clean.count("<svg") == 4


def test_the_first_screen_names_model_data_hardware_n_and_certainty(clean: str) -> None:
    text = words(clean)
    head = text[: text.index("Recommendation by workload")]
    for needed in (
        "Choose PyTorch for mlp and cnn on digits",
        "measured on CPU, Example CPU 3.0 GHz, 4 cores; 5 seeds per framework",
        "Sure, within what was measured",
        "95 % interval",
        "N = 5",
        "projected",
    ):
        assert needed in head


def test_every_section_is_there(clean: str) -> None:
    text = words(clean)
    for needed in (
        "What would change this answer",
        "90 % interval",
        "Where the time went",
        "Do both implementations compute the same thing?",
        "How much code does each model take?",
        "Keras, lines of which shared mlp 23 3 36 22 cnn 23 3 36 22",
        "BSD-3-Clause",
        "scikit-learn load_digits",
        "versions tensorflow 2.21.0",
        "What was not measured",
        "other hardware: GPU, TPU",
        "other precision: TF32, bf16, fp16",
        "Declared on 2026-11-09, before the runs: scores within ±2 points (or 1.05×, where they "
        "are compared as ratios) and ratios of time, memory and cost within 1.1× in either "
        "direction count as the same; so do differences below 0 s, US$ 0 a run, 0 MiB or 0 points, "
        "whatever their ratio; times are compared in trainings of 1 hour; confidence 95 %; "
        "5 seeds; no target.",
        "fwexp sweep demo",
    ):
        assert needed in text


def test_a_troubled_sweep_says_everything_and_compares_nothing_void(troubled: Evidence) -> None:
    text = words(render_html(troubled))
    for needed in (
        "1 of 20 runs: failed",
        "1 of 20 runs: missing",
        "cnn: comparison void; parity certificate failed: forward differs at block2.norm",
        "RuntimeError: out of &lt;memory&gt; | here",
        "seed 3 has no TensorFlow figure",
        "unknown (the price example_cpu is for machines matching &#39;NVIDIA A100 .*&#39;, but "
        "the runs used &#39;Example CPU 3.0 GHz, 4 cores&#39;; choose another pricing=… or add "
        "your own)",
    ):
        assert needed in text
    assert "cnn 0 – – – – – void" in text


@pytest.mark.parametrize("gap", [0.0, 1.0])
def test_no_winner_is_named_where_none_is_shown(gap: float) -> None:
    alike = Truth(time_ratio=1.0, tf_build_s=0.1, tf_import_s=3.8)
    noisy = replace(alike, accuracy_gap=gap, accuracy_sd=6 * gap + 0.3)
    sweep = simulate({"mlp": noisy})
    sweep.records = {
        run_id: record
        for run_id, record in sweep.records.items()
        if record.memory is not None and setattr(record.memory, "import_rss_mib", 500.0) is None
    }
    text = words(render_html(sweep.evidence()))
    assert not re.search(r"is (faster|leaner|cheaper|better)", text)


def test_a_material_score_names_its_winner() -> None:
    text = words(render_html(simulate({"mlp": Truth(accuracy_gap=4.0)}).evidence()))
    assert "different and material: TensorFlow is better in accuracy" in text
    worse = Truth(perplexity=20.0, perplexity_ratio=1.25)
    text = words(render_html(simulate({"gpt": worse}).evidence()))
    assert "different and material: PyTorch is better in perplexity" in text


def test_two_metrics_have_a_section_and_a_card_each() -> None:
    truths = {"mlp": Truth(target=0.9), "gpt": Truth(perplexity=20.0, target=22.0)}
    evidence = simulate(truths).evidence()
    html = render_html(evidence)
    assert html.count("<svg") == 5  # lengths, two scores, throughput, ratios
    headings = [words(found) for found in re.findall(r"<h[23].*?</h[23]>", html, re.DOTALL)]
    assert headings.count("Accuracy on the test set measured") == 1
    assert headings.count("Perplexity on the test text measured") == 1
    assert headings[:2] == ["Accuracy on the test set", "Perplexity on the test text"]
    text = words(html)
    for needed in (
        "Workload N PyTorch, % TensorFlow, % TensorFlow − PyTorch, points",
        "Workload N PyTorch, perplexity TensorFlow, perplexity TensorFlow ÷ PyTorch",
        "Declared to count as the same: differences within ±2 points.",
        "Declared to count as the same: ratios from 0.952 to 1.05.",
        "targets: mlp · digits 90 % accuracy, gpt · text perplexity 22.",
        "Time to the target",
        "scikit-learn load_digits",
        "an old book",
    ):
        assert needed in text
    for name in ("Accuracy on the test set", "Perplexity on the test text"):
        assert f"## {name} (measured)" in render_markdown(evidence)


def test_a_page_about_perplexity_says_nothing_of_accuracy() -> None:
    evidence = simulate({"gpt": Truth(perplexity=20.0, target=22.0)}).evidence()
    for page in (render_html(evidence), render_markdown(evidence)):
        assert "perplexity" in page
        assert not re.search("accura", page, re.IGNORECASE)
        assert "Time to perplexity 22" in page


def test_a_page_of_runs_without_a_score_has_times_only() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.records = {k: replace(r, metric=None, score=None) for k, r in sweep.records.items()}
    html = render_html(sweep.evidence())
    assert "Not settled yet for mlp on digits: its runs have no score" in words(html)
    assert "Accuracy on the test set" not in html
    assert html.count("<svg") == 3  # lengths, throughput, ratios


def test_a_page_of_runs_that_all_failed_is_written() -> None:
    sweep = simulate({"mlp": Truth()})
    for run_id in sweep.records:
        framework, model, seed = run_id.split("-")
        sweep.fail(framework, model, int(seed), message="boom")
    html = render_html(sweep.evidence())
    assert "10 of 10 runs: failed" in words(html)
    assert html.count("<svg") == 0


def test_a_certificate_older_than_the_counting_of_shared_lines_is_shown() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.certificates["key-mlp"].code_lines = {"torch.py": 20, "keras.py": 14}
    text = render_markdown(sweep.evidence())
    assert "| mlp | 20 | – | 14 | – |" in text


def test_whose_locked_steps_a_certificate_has_is_told() -> None:
    sweep = simulate({"mlp": Truth()})
    note = "The step-by-step stages of mlp are those of "
    assert note not in render_markdown(sweep.evidence())
    sweep.certificates["key-mlp"].stand_in = "small at 64 × 64 pixels"
    text = render_markdown(sweep.evidence())
    assert f"{note}small at 64 × 64 pixels, a smaller size of the same code: " in text


def test_what_a_model_declares_to_differ_is_told_once_and_only_of_it() -> None:
    sweep = simulate({"mlp": Truth(), "cnn": Truth()})
    assert "Declared differences of" not in render_markdown(sweep.evidence())
    sgd = Optimizer(name="sgd", learning_rate=0.1)
    sweep.split("cnn", lambda config: replace(config, optimizer=sgd))
    for key in ("key-cnn", "key-cnn-2"):
        sweep.certificates[key].declared_differences = [
            "Keras pads on its own",
            "its GELU is exact",
        ]
    text = render_markdown(sweep.evidence())
    told = [line for line in text.splitlines() if "Declared differences of" in line]
    assert told == ["- Declared differences of cnn: Keras pads on its own; its GELU is exact."]


def test_a_variable_keeps_its_name_and_an_unknown_value_is_a_dash() -> None:
    sweep = simulate({"mlp": Truth()})
    for record in sweep.records.values():
        record.environment = replace(
            record.environment, node=None, variables={"KERAS_BACKEND": "tensorflow"}
        )
    text = render_markdown(sweep.evidence())
    assert "| variables KERAS_BACKEND | tensorflow | same |" in text
    assert "| node | – | same |" in text


def test_markdown_holds_the_same_tables(troubled: Evidence) -> None:
    text = render_markdown(troubled)
    assert text.startswith("# It depends on the workload (mlp and cnn on digits): ")
    assert "| mlp | TensorFlow | 3 | failed | RuntimeError: out of \\<memory> \\| here |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 30
    assert all(row.endswith("|") for row in rows)
    headers = [i for i, line in enumerate(rows) if set(line) <= set("|-: ")]
    assert all(rows[i].count("|") == rows[i - 1].count("|") for i in headers)
