"""The W&B Report: every number in it is the record's, every panel shows what the W&B runs hold."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from fwexp.commands.publish import command
from fwexp.evidence.aggregate import Workload
from fwexp.evidence.read import read_evidence
from fwexp.store.store import Store
from fwexp.tasks.language_model import LanguageModel
from fwexp.tracking.wandb.content import WandbRun, wandb_run
from tests.evidence.factory import Truth, simulate
from tests.tiny import ROOT
from tests.tracking.report_figures import check_tables, check_words, tables, texts
from tests.tracking.service import Service, serve
from tests.tracking.simulated import fwexp, simulated_store, wandb_environment

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # wandb_workspaces' own


@pytest.fixture
def service() -> Iterator[Service]:
    with serve() as service:
        yield service


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return simulated_store(tmp_path_factory.mktemp("publish") / "store")


def spec_of(store: Store) -> dict[str, Any]:
    file = store.path / "spec.json"
    assert command(["demo", "--store", str(store.path), "--to", str(file)]) == 0
    spec: dict[str, Any] = json.loads(file.read_text())
    return spec


def test_every_word_and_number_is_the_local_write_ups(store: Store) -> None:
    page = (store.sweep_folder("demo") / "page.md").read_text()
    checked = check_words(spec_of(store), page=page)
    assert checked.num > 80
    assert checked.wrong == []


def test_the_tables_figures_are_those_of_the_records(store: Store) -> None:
    checked = check_tables(spec_of(store), store=store.path, name="demo")
    assert checked.num > 100
    assert checked.wrong == []


@pytest.mark.parametrize("num_seeds", [1, 2])
def test_the_tables_of_too_few_runs_have_no_figure_too_many(tmp_path: Path, num_seeds: int) -> None:
    few = simulated_store(
        tmp_path, simulate({"cnn": Truth(quality_target=0.5)}, num_seeds=num_seeds)
    )
    assert check_tables(spec_of(few), store=few.path, name="demo").wrong == []


def test_a_figure_that_is_not_the_records_is_told(store: Store) -> None:
    page = (store.sweep_folder("demo") / "page.md").read_text()
    spec = json.loads(json.dumps(spec_of(store)).replace("95.", "96."))
    assert check_tables(spec, store=store.path, name="demo").wrong
    assert check_words(spec, page=page).wrong


def test_the_verdicts_are_those_of_the_evidence(store: Store) -> None:
    found = tables(spec_of(store))
    for answer in read_evidence(store, "demo").answers:
        rows = found[f"{answer.question.title} ({answer.question.basis})"]
        for row, finding in zip(rows, answer.findings, strict=True):
            assert row[0] == finding.workload
            assert row[-1].startswith(str(finding.verdict))


def grids(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The panels and run sets of each workload, by the heading above them."""
    found, heading = {}, ""
    for block in spec["blocks"]:
        if block["type"] == "heading":
            heading = "".join(texts(block))
        elif block["type"] == "panel-grid":
            found[heading] = block["metadata"]
    return found


def copies_of(store: Store, workload: Workload, framework: str) -> list[WandbRun]:
    runs = [run.run_id for run in workload.runs if run.framework == framework]
    machine_class = store.read_manifest("demo").machine_class
    return [wandb_run(store.run(machine_class, run_id).path) for run_id in runs]


def test_every_panel_shows_what_every_copy_holds(store: Store) -> None:
    found = grids(spec_of(store))
    workloads = read_evidence(store, "demo").workloads
    assert list(found) == [workload.label for workload in workloads]
    for workload in workloads:
        copies = [c for name in ("torch", "tf") for c in copies_of(store, workload, name)]
        panels = found[workload.label]["panelBankSectionConfig"]["panels"]
        for panel in panels:
            config = panel["config"]
            wanted = [*config.get("metrics", []), config.get("xAxis"), config.get("yAxis")]
            for key in filter(None, wanted):
                name = re.sub(r"^summary(_metrics\.|:)", "", key)
                for copy in copies:
                    held = copy.summary if name != key else {k for row in copy.rows for k in row}
                    assert name in held, key
        assert [panel["config"]["chartTitle"] for panel in panels] == [
            "Training loss",
            "Test accuracy",
            "images per second, once warm",
            "Cost of a run, US$, and test accuracy",
            "Peak memory, MiB",
        ]


def test_the_run_sets_are_each_workloads_frameworks(store: Store) -> None:
    found = grids(spec_of(store))
    for workload in read_evidence(store, "demo").workloads:
        for run_set, name, framework in zip(
            found[workload.label]["runSets"],
            ("PyTorch", "TensorFlow"),
            ("torch", "tf"),
            strict=True,
        ):
            by_framework, by_id = run_set["filters"]["filters"]
            assert (run_set["name"], by_framework["value"]) == (name, framework)
            copies = copies_of(store, workload, framework)
            assert sorted(by_id["value"]) == sorted(copy.wandb_id for copy in copies)


def test_panels_are_of_the_workloads_own_score(tmp_path: Path) -> None:
    """A data set of text beside images: no panel of the one asks for the other's figures."""
    images = Truth()
    store = simulated_store(tmp_path / "store", simulate({"mlp": images, "cnn": images}))
    for file in store.path.glob("runs/*/*cnn*/record.json"):
        record = json.loads(file.read_text())
        record |= {"unit": "tokens", "metric": asdict(LanguageModel.metric)}
        for evaluation in record["evaluations"]:
            evaluation["scores"] = {"perplexity": 20.0, "loss": 3.0}
        file.write_text(json.dumps(record))
    told = {label: json.dumps(grid) for label, grid in grids(spec_of(store)).items()}
    (text,) = (grid for label, grid in told.items() if "cnn" in label)
    (image,) = (grid for label, grid in told.items() if "mlp" in label)
    assert ("perplexity" in text, "accuracy" in text, "tokens" in text) == (True, False, True)
    assert ("perplexity" in image, "accuracy" in image, "tokens" in image) == (False, True, False)


def test_all_that_the_warnings_point_at_is_there(tmp_path: Path) -> None:
    sweep = simulate({"mlp": Truth(), "cnn": Truth()}, num_seeds=3)
    sweep.fail("tf", "mlp", 1, message="a loss of nan")
    store = simulated_store(tmp_path / "store", sweep)
    page = (store.sweep_folder("demo") / "page.md").read_text()
    spec = spec_of(store)
    headings = ["".join(texts(b)) for b in spec["blocks"] if b["type"] == "heading"]
    assert {line[3:] for line in page.splitlines() if line.startswith("## ")} <= set(headings)
    assert "a loss of nan" in json.dumps(spec)


@pytest.mark.slow
def test_a_report_is_published_once_and_renewed(store: Store, service: Service) -> None:
    environment = wandb_environment(service)
    at = ("demo", "--store", str(store.path))
    early = fwexp("publish", *at, environment=environment)
    assert (early.returncode, early.stderr.strip()) == (
        2,
        f"{service.url}/team/fwexp lacks 12 of the 12 runs of demo: type fwexp sync demo first",
    )
    assert fwexp("sync", *at, environment=environment).returncode == 0
    for _ in range(2):
        done = fwexp("publish", *at, environment=environment)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"report: {service.url}/team/fwexp/reports/")
    (view,) = service.data.views.values()
    assert view["displayName"] == "TensorFlow or PyTorch: Demo"
    assert json.loads(view["spec"])["blocks"][1] == spec_of(store)["blocks"][1]


@pytest.mark.slow
def test_a_record_that_cannot_be_read_stops_no_report(tmp_path: Path, service: Service) -> None:
    store = simulated_store(tmp_path / "store")
    (torn,) = store.path.glob("runs/*/tf-cnn-0/record.json")
    torn.write_text("{")
    at = ("demo", "--store", str(store.path))
    environment = wandb_environment(service)
    assert fwexp("sync", *at, environment=environment).returncode == 1
    done = fwexp("publish", *at, environment=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", sorted((ROOT / "sweeps").glob("*.yaml")), ids=lambda p: p.stem)
def test_no_title_of_ours_cuts_the_reports_address(store: Store, file: Path) -> None:
    from fwexp.tracking.wandb.report import build_report  # at the top its warnings would be told

    evidence = read_evidence(store, "demo")
    evidence.manifest.title = yaml.safe_load(file.read_text())["title"]
    report = build_report(evidence, wandb_ids={}, entity="team", project="fwexp")
    assert not set("?#%/\\") & set(report.title)
    assert len(report.title) > len("TensorFlow or PyTorch: ")
