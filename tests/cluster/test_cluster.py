"""The script that brings a Slurm cluster up on one machine, and takes it down."""

import importlib.util
import os
import shutil
import signal
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from tests.cluster.one_machine import SCRIPT, Cluster, bring_up, processes_of, script, take_down
from tests.proc import wait_until

pytestmark = pytest.mark.slow

DAEMONS = ("munged", "slurmctld", "slurmd -N nodeA", "slurmd -N nodeB", "slurmd -N tpu0")


@pytest.fixture
def module() -> ModuleType:
    loader = SourceFileLoader("cluster_script", str(SCRIPT))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_a_task_on_each_node_sees_the_device_it_was_given(cluster: Cluster) -> None:
    told = cluster.ask(
        *("timeout", "60", "srun", "-p", "gpu", "-N", "2", "--gres=gpu:1"),
        *("sh", "-c", "echo $SLURMD_NODENAME $CUDA_VISIBLE_DEVICES"),
    )
    assert sorted(told.splitlines()) == ["nodeA 0", "nodeB 0"]


def test_the_tasks_of_one_node_share_no_device(cluster: Cluster) -> None:
    told = cluster.ask(
        *("timeout", "60", "srun", "-w", "nodeA", "-n", "2", "--gpus-per-task=1"),
        *("sh", "-c", "echo $CUDA_VISIBLE_DEVICES"),
    )
    assert sorted(told.splitlines()) == ["0", "1"]


def test_partition_gres_and_constraint_of_a_tpu_job_arrive(cluster: Cluster) -> None:
    line = "sbatch --parsable -p tpu --gres=tpu:4 --constraint=v4-8 -o /dev/null --wrap true"
    job_id = cluster.ask(*line.split())
    wait_until(lambda: cluster.fields(job_id)["JobState"] == "COMPLETED", what="the job's end")
    fields = cluster.fields(job_id)
    assert (fields["Partition"], fields["NodeList"]) == ("tpu", "tpu0")
    assert (fields["TresPerNode"], fields["Features"]) == ("gres:tpu:4", "v4-8")


def test_more_devices_than_a_node_has_are_refused(cluster: Cluster) -> None:
    with pytest.raises(AssertionError, match="Requested node configuration is not available"):
        cluster.ask("sbatch", "-p", "tpu", "--gres=tpu:8", "--wrap", "true")


def test_env_is_what_a_shell_needs(cluster: Cluster) -> None:
    line = f"export SLURM_CONF={cluster.folder}/slurm.conf"
    assert script("env", cluster.folder).stdout == f"{line}\n"
    nodes = cluster.ask("sh", "-c", f"unset SLURM_CONF; {line}; sinfo -h -N -o %N | sort -u")
    assert nodes.split() == ["nodeA", "nodeB", "tpu0"]


def test_up_twice_says_that_it_is_up(cluster: Cluster) -> None:
    before = sorted(processes_of(cluster))
    again = script("up", cluster.folder)
    assert (again.returncode, again.stdout) == (0, f"{cluster.folder}: the cluster is up already\n")
    assert sorted(processes_of(cluster)) == before
    other = script("up", "--accounting", cluster.folder)
    assert other.returncode == 2
    assert other.stderr == (
        f"{cluster.folder}: the cluster is up without accounting; take it down first: "
        f"slurm/cluster down {cluster.folder}\n"
    )


def test_with_accounting_sacct_knows_how_a_job_ended(accounted: Cluster) -> None:
    line = ["sbatch", "--parsable", "-o", "/dev/null", "--wrap", "exit 3"]
    job_id = accounted.ask(*line)

    def state() -> str:
        return accounted.ask("sacct", "-nXP", "-j", job_id, "-o", "state,exitcode")

    wait_until(lambda: state() == "FAILED|3:0", what="sacct's word on the job")


@pytest.mark.usefixtures("has_slurm")
def test_down_leaves_nothing_behind(tmp_path: Path) -> None:
    cluster = bring_up(tmp_path / "cluster")
    try:
        cluster.ask("sbatch", "-o", "/dev/null", "--wrap", "sleep 600 & sleep 601")
        wait_until(lambda: "sleep 600 " in processes_of(cluster), what="the job's start")
        assert all(any(name in line for line in processes_of(cluster)) for name in DAEMONS)
    finally:
        take_down(cluster)
    assert processes_of(cluster) == []
    assert list(tmp_path.iterdir()) == []
    assert script("down", cluster.folder).stdout == f"{cluster.folder}: there is no cluster\n"


@pytest.mark.usefixtures("has_slurm")
def test_up_mends_a_cluster_that_is_half_dead(tmp_path: Path) -> None:
    cluster = bring_up(tmp_path / "cluster")
    try:
        os.kill(int((cluster.folder / "munge.pid").read_text()), signal.SIGKILL)
        bring_up(cluster.folder)
        assert len(cluster.ask("sinfo", "-h", "-N", "-r", "-o", "%N").split()) == 3
        assert sum("slurmctld" in line for line in processes_of(cluster)) == 1
    finally:
        take_down(cluster)


@pytest.mark.usefixtures("has_slurm")
def test_a_daemon_that_does_not_start_is_told_of(tmp_path: Path) -> None:
    mistaken = tmp_path / "slurm"
    shutil.copytree(SCRIPT.parent, mistaken)
    conf = mistaken / "one_machine" / "slurm.conf"
    conf.write_text(conf.read_text().replace("SchedulerType=", "SchedulerTipe="))
    cluster = Cluster(folder=tmp_path / "cluster")
    done = script("up", cluster.folder, path=mistaken / SCRIPT.name)
    assert done.returncode == 2
    first, *logs = done.stderr.splitlines()
    assert first == f"{cluster.folder}: slurmctld -c ended with 1; the logs end with"
    assert any(line.startswith("slurmctld.out: ") and "SchedulerTipe" in line for line in logs)
    assert processes_of(cluster) == []


def test_another_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "slurm.conf").write_text("ClusterName=real\n")
    for verb in ("up", "down", "env"):
        done = script(verb, tmp_path)
        assert done.returncode == 2
        assert done.stderr == f"{tmp_path}: not a cluster's folder; name another one\n"
    assert (tmp_path / "slurm.conf").read_text() == "ClusterName=real\n"


def test_env_without_a_cluster_says_how_to_get_one(tmp_path: Path) -> None:
    done = script("env", tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path}: no cluster is up; type: slurm/cluster up {tmp_path}\n"


def test_who_is_not_root_is_told_so(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    with pytest.raises(module.ClusterError) as error:
        module.check_machine(accounting=False)
    assert str(error.value) == "Slurm's daemons and device nodes take root; type sudo before it"


def test_missing_packages_are_named(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(module.shutil, "which", {"munged": "/usr/sbin/munged"}.get)
    with pytest.raises(module.ClusterError) as error:
        module.check_machine(accounting=True)
    packages = "slurmctld slurmd slurm-client slurmdbd mariadb-server"
    assert str(error.value) == (
        f"not installed here: {packages}; on Debian type: "
        f"apt-get install --no-install-recommends {packages}"
    )
