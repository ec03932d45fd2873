"""The demo sweep, really run: what the service has of it, and whose the Report's numbers are."""

import json
from dataclasses import dataclass
from pathlib import Path

from fwexp.runs.store import Store
from tests.tiny import session_variables
from tests.tracking.report_figures import check_prose, check_tables
from tests.tracking.service import serve
from tests.tracking.simulated import fwexp, same_write_up, wandb_environment


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What came of it."""

    num_runs: int
    num_rows: int  # by W&B's own count of what it was sent
    rows_there: int
    is_equal: bool  # the write-up from there, to the local one
    is_report_equal: bool  # the published Report's spec, to the one written to a file
    num_figures: int  # in the tables, recomputed from the records' files
    num_numbers: int  # everywhere in the Report, looked up in the local write-up
    wrong: list[str]

    @property
    def holds(self) -> bool:
        rows = self.rows_there == self.num_rows
        return rows and self.is_equal and self.is_report_equal and not self.wrong


def publish_demo(folder: Path) -> Demo:
    """`fwexp sweep demo`, `sync`, `report --from wandb` and `publish`, as typed."""
    store = Store(folder / "demo")
    at, told = ("demo", "--store", str(store.path)), store.path / "spec.json"
    alone = wandb_environment(None, **session_variables())
    fwexp("sweep", "demo", f"store={store.path}", environment=alone, timeout_s=1200)
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
    prose = check_prose(spec, page=(store.sweep_folder("demo") / "page.md").read_text())
    return Demo(
        num_runs=len(records),
        num_rows=sum(r["num_steps"] + (r["evaluations"][0]["step"] == 0) for r in records),
        rows_there=rows_there,
        is_equal=is_equal,
        is_report_equal=[b for b in spec["blocks"] if b["type"] != "panel-grid"]
        == [b for b in published["blocks"] if b["type"] != "panel-grid"],
        num_figures=figures.num,
        num_numbers=prose.num,
        wrong=figures.wrong + prose.wrong,
    )
