"""The W&B Report: every number in it is the record's, every panel shows what the copies hold."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from fwexp.runs.store import Store
from fwexp.tracking.copies import copy_of
from fwexp.tracking.publish import command
from fwexp.writeup.report import read_evidence
from tests.tracking.report_figures import check_tables, check_words, tables
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


def panels(spec: dict[str, Any]) -> list[dict[str, Any]]:
    (grid,) = (block for block in spec["blocks"] if block["type"] == "panel-grid")
    found: list[dict[str, Any]] = grid["metadata"]["panelBankSectionConfig"]["panels"]
    return found


def test_every_panel_shows_what_every_copy_holds(store: Store) -> None:
    copies = [copy_of(run) for run in sorted(store.path.glob("runs/*/*"))]
    for panel in panels(spec_of(store)):
        config = panel["config"]
        wanted = [*config.get("metrics", []), config.get("xAxis"), config.get("yAxis")]
        for key in filter(None, wanted):
            name = re.sub(r"^summary(_metrics\.|:)", "", key)
            for copy in copies:
                held = copy.summary if name != key else {k for row in copy.rows for k in row}
                assert name in held, key
    titles = [panel["config"]["chartTitle"] for panel in panels(spec_of(store))]
    assert titles == [
        "Training loss",
        "Test accuracy",
        "images per second, once warm",
        "Cost of a run, US$, and test accuracy",
        "Memory that training adds at its peak, MiB",
    ]


def test_the_run_sets_are_the_frameworks(store: Store) -> None:
    (grid,) = (b for b in spec_of(store)["blocks"] if b["type"] == "panel-grid")
    for run_set, name, framework in zip(
        grid["metadata"]["runSets"], ("PyTorch", "TensorFlow"), ("torch", "tf"), strict=True
    ):
        by_framework, by_id = run_set["filters"]["filters"]
        assert (run_set["name"], by_framework["value"]) == (name, framework)
        runs = store.path.glob(f"runs/*/{framework}-*")
        assert sorted(by_id["value"]) == sorted(copy_of(run).wandb_id for run in runs)


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
