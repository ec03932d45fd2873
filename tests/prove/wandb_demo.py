"""The demo sweep, really run: what the service has of it, and whose the Report's numbers are."""

import json
from dataclasses import dataclass
from pathlib import Path

from fwexp.store.store import Store
from tests.tiny import session_variables
from tests.tracking.report_figures import check_tables, check_words
from tests.tracking.service import serve
from tests.tracking.service_data import Plain, StoredRun
from tests.tracking.simulated import fwexp, same_write_up, wandb_environment

NUM_RUNS = 20
MIN_FIGURES = 2 * 7 * 10  # workloads, questions, numbers of a row


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What came of it."""

    num_runs: int
    num_rows: int  # by W&B's own count of what it was sent
    rows_there: int
    is_equal: bool  # the write-up from there, to the local one
    is_alike: bool  # the keys of torch's and of tf's W&B runs of a model
    is_report_equal: bool  # the published Report's spec, to the one written to a file
    num_figures: int  # in the tables, recomputed from the records' files
    num_lines: int  # everywhere in the Report, looked up in the local write-up
    wrong: list[str]

    @property
    def holds(self) -> bool:
        whole = self.num_runs == NUM_RUNS and self.rows_there == self.num_rows
        equal = self.is_equal and self.is_report_equal and self.is_alike
        return whole and equal and self.num_figures >= MIN_FIGURES and not self.wrong


def publish_demo(folder: Path) -> Demo:
    """`fwexp sweep demo`, `sync`, `report --from wandb` and `publish`, as typed."""
    store = Store(folder / "demo")
    at, told = ("demo", "--store", str(store.path)), store.path / "spec.json"
    alone = wandb_environment(None, **session_variables())
    done = fwexp("sweep", "demo", f"store={store.path}", environment=alone, timeout_s=1200)
    assert done.returncode == 0, done.stderr
    records = [json.loads(file.read_text()) for file in store.path.glob("runs/*/*/record.json")]
    with serve() as service:
        environment = wandb_environment(service)
        for argv in (("sync", *at), ("publish", *at), ("publish", *at, "--to", str(told))):
            done = fwexp(*argv, environment=environment, timeout_s=600)
            assert done.returncode == 0, done.stderr
        (view,) = service.data.views.values()
        rows_there = service.num_rows()
        is_equal = same_write_up(store, service, lead=folder / "lead")
    spec, published = json.loads(told.read_text()), json.loads(view["spec"])
    figures = check_tables(spec, store=store.path, name="demo")
    words = check_words(spec, page=(store.sweep_folder("demo") / "page.md").read_text())
    return Demo(
        num_runs=len(records),
        num_rows=sum(r["num_steps"] + (r["evaluations"][0]["step"] == 0) for r in records),
        rows_there=rows_there,
        is_equal=is_equal,
        is_alike=_are_alike(list(service.runs().values())),
        is_report_equal=_shown(spec) == _shown(published),
        num_figures=figures.num,
        num_lines=words.num,
        wrong=figures.wrong + words.wrong,
    )


def _shown(spec: Plain) -> Plain:
    """What a reader sees of a Report: its blocks, and the panels and run sets of its grids."""
    blocks = spec["blocks"]
    grids = [block["metadata"] for block in blocks if block["type"] == "panel-grid"]
    panels = [panel for grid in grids for panel in grid["panelBankSectionConfig"]["panels"]]
    return {
        "blocks": [block for block in blocks if block["type"] != "panel-grid"],
        "panels": [panel | {"__id__": ""} for panel in panels],
        "run sets": [(runs["name"], runs["filters"]) for grid in grids for runs in grid["runSets"]],
    }


def _are_alike(runs: list[StoredRun]) -> bool:
    """Whether both frameworks' runs of each model have the same keys, row by row."""
    keys: dict[str, set[str]] = {}
    for run in runs:
        if run.fields["jobType"] == "train":
            rows = sorted({tuple(sorted(row)) for row in run.rows})
            told = json.dumps([sorted(run.config), sorted(run.summary), rows])
            keys.setdefault(run.config["model"]["value"]["name"], set()).add(told)
    return len(keys) == 2 and all(len(found) == 1 for found in keys.values())
