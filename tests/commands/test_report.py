"""From a store on the disk to the three files."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from fwexp.commands.report import command, write
from fwexp.errors import StoreError
from fwexp.store.files import write_json
from fwexp.store.store import Store
from tests.evidence.factory import Sweep, Truth, simulate


def save(sweep: Sweep, path: Path) -> Store:
    store = Store(path)
    store.write_manifest(sweep.manifest)
    for record in sweep.records.values():
        folder = store.run(record.machine_class, record.run_id)
        write_json(folder / "record.json", asdict(record))
    for certificate in sweep.certificates:
        store.write_certificate(certificate)
    return store


def test_a_report_is_page_markdown_and_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = save(simulate({"mlp": Truth(target=0.999)}), tmp_path)
    page = write(store, "demo")
    assert page == tmp_path / "sweeps" / "demo" / "page.html"
    assert page.read_text().startswith("<!doctype html>")
    assert page.with_name("page.md").read_text().startswith("# ")
    plain = json.loads(page.with_name("evidence.json").read_text())
    (finding,) = [a["findings"][0] for a in plain["answers"] if a["key"] == "target"]
    assert finding["torch"] == [None] * 5  # a target never reached has no time
    assert plain["sweep"]["sha256"] == "cd" * 32
    run = plain["workloads"][0]["runs"][0]
    assert (run["metric"], run["unit"]) == ("accuracy", "images")
    assert run["score"] == pytest.approx(0.95, abs=0.01)
    assert run["units_per_s"] == run["samples_per_s"] > 0
    assert plain["workloads"][0]["config"]["training"]["target"] == 0.999
    assert f"page: {page}" in capsys.readouterr().out


def test_the_same_store_gives_the_same_page(tmp_path: Path) -> None:
    store = save(simulate({"mlp": Truth()}), tmp_path)
    first = write(store, "demo").read_text()
    assert write(store, "demo").read_text() == first


def test_a_torn_record_is_named_on_the_page(tmp_path: Path) -> None:
    sweep = simulate({"mlp": Truth()})
    store = save(sweep, tmp_path)
    torn = store.run(sweep.manifest.machine_class, "tf-mlp-0").record_file
    torn.write_text('{"run_id": "tf-')
    page = write(store, "demo").read_text()
    assert f"Not readable: {torn}" in page
    assert "1 of 10 runs: missing" in page


def test_the_command_writes_each_named_sweep(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = simulate({"mlp": Truth()})
    store = save(sweep, tmp_path)
    sweep.manifest.name = "other"
    store.write_manifest(sweep.manifest)
    assert command(["demo", "other", "--store", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("page: ") == 2


def test_an_unknown_name_writes_nothing(tmp_path: Path) -> None:
    save(simulate({"mlp": Truth()}), tmp_path)
    with pytest.raises(StoreError, match=r"no sweep 'dmeo' has run.*Did you mean 'demo'"):
        command(["demo", "dmeo", "--store", str(tmp_path)])
    assert not (tmp_path / "sweeps" / "demo" / "page.html").exists()


def test_a_report_imports_no_framework() -> None:
    code = (
        "import sys, fwexp.commands.report\n"
        "heavy = {'torch', 'tensorflow', 'keras', 'pytorch_lightning', 'wandb', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
