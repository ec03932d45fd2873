"""A sweep's runs as jobs of a real Slurm on pretended nodes, and as the local launcher's."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.one_machine import Cluster
from tests.cluster.typed import ON_CLUSTER, Shell, ended_jobs
from tests.proc import wait_until

pytestmark = pytest.mark.slow

DEMO = [
    *("sweep", "demo", "model=mlp", "seed=0,1", "training.num_epochs=2", "training.target=null"),
    *("training.evaluate_every_epochs=1", "training.quality_target=null", "training.baseline=null"),
    "tracking=none",
]
# One framework alone: no certificate is needed, and a node imports no other.
ALONE = """\
title: Alone
matrix:
  framework: [torch]
  seed: {seeds}
cases:
{cases}
overrides:
  - data=digits
  - training.num_epochs=null
  - training.num_steps={num_steps}
  - hardware.num_threads=1
  - tracking=none
"""
RAISES = "[model=mlp, model.implementation=tests.fragile, +model.options.fault=raise]"
# Of a record, what is a time, or says which process on which node it was.
OWN = {
    *("started_at", "finished_at", "phases", "import_s", "more_imports_s", "memory", "load"),
    "num_first_steps",
    *("samples_per_s", "units_per_s", "data_wait_ms_per_step"),
}
NUM_LONG_STEPS = 20_000  # some seconds: cancel comes before their end
OFTEN = "launcher.checkpoint_every_min=0.02"
OWN_ENVIRONMENT = {"host", "node", "variables"}


@pytest.fixture(scope="module")
def demo(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A demo sweep of two blocks, by both launchers, each into its own store."""
    shell = Shell(folder=tmp_path_factory.mktemp("demo"), cluster=cluster)
    local = shell.type(*DEMO, "store=local")
    assert local.returncode == 0, local.stderr
    on_cluster = shell.type(
        *DEMO, "store=slurm", *ON_CLUSTER, "launcher.blocks_per_job=1", "--wait"
    )
    assert on_cluster.returncode == 0, on_cluster.stderr
    return shell


def test_its_records_are_those_of_the_local_launcher(demo: Shell) -> None:
    local, on_cluster = demo.records("local"), demo.records("slurm")
    assert len(local) == 4
    assert {i: _lasting(r) for i, r in on_cluster.items()} == {
        i: _lasting(r) for i, r in local.items()
    }


def test_its_histories_are_those_of_the_local_launcher(demo: Shell) -> None:
    def series(store: str) -> dict[str, Any]:
        found = {p.parent.name: json.loads(p.read_text()) for p in _files(demo, store, "history")}
        return {run_id: (h["loss"], h["learning_rate"]) for run_id, h in found.items()}

    assert series("slurm") == series("local")


def test_its_write_up_is_that_of_the_local_launcher_but_for_times(demo: Shell) -> None:
    local, on_cluster = _write_up(demo, "local"), _write_up(demo, "slurm")
    assert local["answers"]["score accuracy"]["findings"][0]["torch"]  # scores are compared
    assert on_cluster == local


def test_its_blocks_ran_on_both_nodes_and_their_jobs_saw_a_device(demo: Shell) -> None:
    jobs = [job for job in ended_jobs(demo.cluster, "fwexp-demo-") if job["Name"].endswith("-1")]
    assert sorted(job["NodeList"] for job in jobs) == ["nodeA", "nodeB"]
    assert {job["Partition"] for job in jobs} == {"gpu"}
    for record in demo.records("slurm").values():
        assert record["environment"]["variables"]["CUDA_VISIBLE_DEVICES"] == "0"


def test_typed_again_it_submits_nothing(demo: Shell) -> None:
    before = demo.records("slurm")
    again = demo.type(*DEMO, "store=slurm", *ON_CLUSTER, "--wait")
    assert again.returncode == 0
    assert ": submitted nothing; 4 are in the store" in again.stderr
    assert demo.records("slurm") == before


def test_a_run_that_raises_fails_its_job_and_the_rest_goes_on(
    cluster: Cluster, tmp_path: Path
) -> None:
    shell = Shell(folder=tmp_path, cluster=cluster)
    cases = f"  - [model=mlp]\n  - {RAISES}"
    shell.write_sweep("half", ALONE.format(seeds=[0, 1], cases=cases, num_steps=6))
    done = shell.type("sweep", "half", *ON_CLUSTER, "--wait")
    assert done.returncode == 1
    assert "2 of 4 runs failed; type the command with --retry to run them again" in done.stderr
    assert sorted(r["status"] for r in shell.records().values()) == [*["done"] * 2, *["failed"] * 2]
    (job,) = ended_jobs(
        cluster, "fwexp-half-"
    )  # of all four: two raised, and two came to their end
    assert (job["JobState"], job["ExitCode"]) == ("FAILED", "1:0")
    status = shell.type("status", "half")
    assert status.returncode == 1
    assert "half: 4 runs, 2 done, 2 failed" in status.stdout
    assert "RuntimeError: planted" in status.stdout


def test_a_tpu_sweep_asks_for_its_partition_gres_and_constraint(
    cluster: Cluster, tmp_path: Path
) -> None:
    shell = Shell(folder=tmp_path, cluster=cluster)
    words = ("framework=torch", "seed=0", "model=mlp", "data=digits", "tracking=none")
    submitted = shell.type("-m", *words, "hardware=tpu", *ON_CLUSTER)
    assert submitted.returncode == 0, submitted.stderr
    job_id = submitted.stderr.partition("(arrays ")[2].partition(")")[0]
    cluster.wait_empty()
    fields = cluster.fields(job_id)
    assert (fields["Partition"], fields["NodeList"], fields["JobState"]) == (
        "tpu",
        "tpu0",
        "FAILED",
    )
    assert (fields["TresPerNode"], fields["Features"]) == ("gres:tpu:4", "v4-8")
    (name,) = (path.name for path in tmp_path.glob("store/sweeps/*"))
    status = shell.type("status", name)
    assert "needs torch_xla 2.9 with torch 2.9, or torch_tpu + libtpu" in status.stdout


def test_what_is_cancelled_goes_on_where_it_was(cluster: Cluster, tmp_path: Path) -> None:
    shell = Shell(folder=tmp_path, cluster=cluster)
    cases = "  - [model=mlp]"
    shell.write_sweep("long", ALONE.format(seeds=[0], cases=cases, num_steps=NUM_LONG_STEPS))
    submitted = shell.type("sweep", "long", *ON_CLUSTER, OFTEN)
    assert submitted.returncode == 0
    assert "long: submitted 1 run in 1 job" in submitted.stderr
    checkpoints = "store/runs/*/*/checkpoint/*/checkpoint.json"
    wait_until(lambda: any(tmp_path.glob(checkpoints)), what="a run under way")
    cancelled = shell.type("cancel", "long")
    assert cancelled.stdout.startswith("long: cancelled 1 job; 0 of 1 runs are done and kept.")
    assert "long: 1 run, 1 waiting" in shell.type("status", "long").stdout
    again = shell.type("sweep", "long", *ON_CLUSTER, OFTEN, "--wait")
    assert again.returncode == 0
    assert "long: submitted 1 run in 1 job" in again.stderr
    (record,) = shell.records().values()
    (interruption,) = record["interruptions"]
    assert 0 < interruption["step"] < NUM_LONG_STEPS
    (log,) = tmp_path.glob("store/runs/*/*/log.txt")
    assert f"stopped by SIGTERM after step {interruption['step']}\n" in log.read_text()


def _lasting(record: dict[str, Any]) -> dict[str, Any]:
    """What of a record neither time nor the process nor the node decides."""
    kept = {name: value for name, value in record.items() if name not in OWN}
    environment = record["environment"].items()
    config = record["config"].items()
    kept["environment"] = {k: v for k, v in environment if k not in OWN_ENVIRONMENT}
    kept["config"] = {k: v for k, v in config if k not in ("launcher", "store")}
    kept["evaluations"] = [(e["step"], e["scores"]) for e in record["evaluations"]]
    return kept


def _write_up(shell: Shell, store: str) -> dict[str, Any]:
    """What a sweep's evidence says, the answers by key; of times only which were asked for."""
    (path,) = shell.folder.glob(f"{store}/sweeps/*/evidence.json")
    evidence = json.loads(path.read_text())
    for name in ("command", "declared_at"):
        del evidence["sweep"][name]
    del evidence["decision"]["scope"]  # which counts the seeds that have times
    return {
        "sweep": evidence["sweep"],
        "decision": evidence["decision"],
        "answers": {
            a["key"]: a if a["key"].startswith("score") else _asked(a) for a in evidence["answers"]
        },
    }


def _asked(answer: dict[str, Any]) -> dict[str, Any]:
    kept = {name: answer[name] for name in ("title", "unit", "scale", "basis", "margin")}
    return kept | {"workloads": [finding["workload"] for finding in answer["findings"]]}


def _files(shell: Shell, store: str, name: str) -> list[Path]:
    return sorted(shell.folder.glob(f"{store}/runs/*/*/{name}.json"))
