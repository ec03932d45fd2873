"""The page: one file, no script, no network, everything a reader must know."""

import re
from html.parser import HTMLParser

import pytest

from fwexp.evidence.assess import Evidence
from fwexp.writeup.page import render_html, render_markdown
from tests.evidence.factory import PRICING, Truth, certificate, simulate


@pytest.fixture(scope="module")
def clean() -> str:
    return render_html(simulate({"mlp": Truth(), "cnn": Truth()}).evidence())


@pytest.fixture(scope="module")
def troubled() -> Evidence:
    sweep = simulate({"mlp": Truth(), "cnn": Truth()})
    sweep.certificates[1] = certificate("cnn", passed=False)
    sweep.fail("tf", "mlp", 3, message="out of <memory> | here")
    del sweep.records["torch-cnn-0"]
    sweep.manifest.pricing = PRICING | {"hardware": "gpu"}
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
    assert clean.count("<svg") == 3


def test_the_first_screen_names_model_data_hardware_n_and_certainty(clean: str) -> None:
    text = words(clean)
    head = text[: text.index("The recommendation, one by one")]
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
        "Are both implementations the same computation?",
        "BSD-3-Clause",
        "scikit-learn load_digits",
        "versions tensorflow 2.21.0",
        "What was not measured",
        "other hardware: GPU, TPU",
        "other precision: TF32, bf16, fp16",
        "Declared on 2026-11-09, before the runs",
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
        "seed 3 has no figure from TensorFlow",
        "unknown (the price example_cpu is for gpu, the runs used cpu)",
    ):
        assert needed in text
    assert "cnn 0 – – – – – void" in text


@pytest.mark.parametrize("gap", [0.0, 1.0])
def test_no_winner_is_named_where_none_is_shown(gap: float) -> None:
    noisy = Truth(time_ratio=1.0, tf_build_s=0.1, accuracy_gap=gap, accuracy_sd=6 * gap + 0.3)
    sweep = simulate({"mlp": noisy})
    sweep.records = {
        run_id: record
        for run_id, record in sweep.records.items()
        if record.memory is not None and setattr(record.memory, "import_rss_mib", 500.0) is None
    }
    text = words(render_html(sweep.evidence()))
    assert not re.search(r"is (faster|leaner|cheaper|more accurate)", text)


def test_markdown_holds_the_same_tables(troubled: Evidence) -> None:
    text = render_markdown(troubled)
    assert text.startswith("# It depends on the workload (mlp and cnn on digits): ")
    assert "| mlp | TensorFlow | 3 | failed | RuntimeError: out of <memory> \\| here |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 30
    assert all(row.endswith("|") for row in rows)
    headers = [i for i, line in enumerate(rows) if set(line) <= set("|-: ")]
    assert all(rows[i].count("|") == rows[i - 1].count("|") for i in headers)
