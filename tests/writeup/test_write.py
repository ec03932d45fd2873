"""From a store on the disk to the three files."""

import json
from pathlib import Path

import pytest

from fwexp.errors import StoreError
from fwexp.writeup.write import write_up
from tests.evidence.factory import Truth, simulate
from tests.writeup.stored import save


def test_a_write_up_is_page_markdown_and_figures(tmp_path: Path) -> None:
    store = save(simulate({"mlp": Truth(target=0.999)}), tmp_path)
    page = write_up(store, "demo").page
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


def test_the_same_store_gives_the_same_page(tmp_path: Path) -> None:
    store = save(simulate({"mlp": Truth()}), tmp_path)
    first = write_up(store, "demo").page.read_text()
    assert write_up(store, "demo").page.read_text() == first


def test_a_torn_record_is_named_on_the_page(tmp_path: Path) -> None:
    sweep = simulate({"mlp": Truth()})
    store = save(sweep, tmp_path)
    torn = store.run(sweep.manifest.machine_class, "tf-mlp-0").record_file
    torn.write_text('{"run_id": "tf-')
    page = write_up(store, "demo").page.read_text()
    assert f"Cannot be read: {torn}" in page
    assert "1 record cannot be read; listed below" in page
    assert "1 of 10 runs: missing" in page


def test_an_unknown_name_leaves_no_folder(tmp_path: Path) -> None:
    store = save(simulate({"mlp": Truth()}), tmp_path)
    with pytest.raises(StoreError, match=r"no sweep 'dmeo' has run.*Did you mean 'demo'"):
        write_up(store, "dmeo")
    assert [folder.name for folder in (tmp_path / "sweeps").iterdir()] == ["demo"]
