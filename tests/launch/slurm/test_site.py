from pathlib import Path

import pytest

from fwexp.config.paths import values_dir
from fwexp.errors import ConfigError, DeviceError
from fwexp.launch.launcher import load_launcher
from fwexp.launch.slurm.site import Resources, read_site, resources_for
from tests.tiny import tiny_config

ON_OURS = ("launcher=slurm", "launcher.site=ours")


def problem(text: str, folder: Path) -> str:
    (folder / "slurm" / "bad.yaml").write_text(text)
    with pytest.raises(ConfigError) as raised:
        read_site("bad")
    assert all(p.startswith("slurm/bad.yaml: ") for p in raised.value.problems)
    return raised.value.problems[0].removeprefix("slurm/bad.yaml: ")


def test_a_profile_says_what_to_ask_for() -> None:
    site = read_site("ours")
    assert site.setup == ["module load python"]
    assert resources_for(tiny_config(*ON_OURS), site) == Resources(
        partition="long",
        gres="gpu:{devices}",
        mem_gib=1.5,
        cpus_per_task=3,
        time_min=30,
        machine_class="A CPU",
        sbatch={"reservation": "ours"},
    )


@pytest.mark.parametrize(
    "path", sorted(values_dir("slurm").glob("*.yaml")), ids=lambda path: path.stem
)
def test_fwexps_own_profiles_read(path: Path) -> None:
    assert path.read_text().startswith("# ")
    assert read_site(path.stem).hardware


def test_a_site_has_to_be_named() -> None:
    with pytest.raises(ConfigError, match=r"^launcher\.site: name the cluster; type launcher\.s"):
        read_site(None)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(ConfigError, match=r"there is no slurm/our\.yaml\. Did you mean 'ours'"):
        read_site("our")


def test_a_site_without_the_hardware() -> None:
    with pytest.raises(ConfigError) as raised:
        tiny_config(*ON_OURS, "hardware=gpu")
    assert str(raised.value) == (
        "hardware=gpu: slurm/ours.yaml has no such hardware; add it there, or choose cpu."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "hardware: {cpu: {time_mn: 3}}",
            "there is no key 'time_mn' in hardware.cpu. Did you mean 'time_min'?",
        ),
        (
            "hardware: {cpu: {time_min: soon}}",
            "hardware.cpu.time_min must be a whole number",
        ),
        ("partitions: {}", "there is no key 'partitions'. Choose from: hardware, "),
        ("hardware: [", "cannot be read: while parsing"),
        ("setup: []", "hardware is empty; name what the site has: cpu, gpu, tpu"),
        ("hardware: {cpus: {time_min: 9}}", "hardware.cpus: there is no such hardware; choose cp"),
        (
            "hardware: {cpu: {}}",
            "has no hardware.cpu.time_min; add it: a whole number.",
        ),
        (
            "hardware: {cpu: {time_min: 9, gres: 'gpu:{device}'}}",
            "hardware.cpu.gres=gpu:{device}: only {devices} may stand in braces",
        ),
        (
            "hardware: {cpu: {time_min: 3, signal_s: 100}}",
            "hardware.cpu: time_min=3 leaves no time to train before the signal that comes 100 s "
            "before its end; give at least 4 min, or a shorter signal_s of 1 or more",
        ),
    ],
)
def test_a_bad_profile_is_told_with_its_file(folder: Path, text: str, words: str) -> None:
    assert problem(text, folder).startswith(words)


def test_all_that_does_not_fit_is_told_at_once(folder: Path) -> None:
    (folder / "slurm" / "bad.yaml").write_text("hardware: {cpu: {tim_min: 3}, gpu: 4}\nsetup: {}\n")
    with pytest.raises(ConfigError) as raised:
        read_site("bad")
    cpu, gpu, setup = raised.value.problems
    assert cpu == (
        "slurm/bad.yaml: there is no key 'tim_min' in hardware.cpu. Did you mean 'time_min'?"
    )
    assert gpu.startswith("slurm/bad.yaml: hardware.gpu must be a mapping of partition, account, ")
    assert setup == "slurm/bad.yaml: setup must be a list, each text, not {}."


def test_the_machine_class_is_the_nodes() -> None:
    config = tiny_config(*ON_OURS)
    assert load_launcher(config).machine_class(config) == "A CPU"


def test_a_class_that_cannot_be_taken_from_here_is_asked_for(folder: Path) -> None:
    text = "hardware: {gpu: {time_min: 30}}"
    (folder / "slurm" / "ours.yaml").write_text(text)
    config = tiny_config(*ON_OURS, "hardware=gpu", "hardware.probe_timeout_s=0.01")
    with pytest.raises(DeviceError, match=r"^slurm/ours\.yaml: hardware\.gpu has no machine_class"):
        load_launcher(config).machine_class(config)


def test_the_threads_are_those_of_a_job_and_not_of_the_machine_typed_at(folder: Path) -> None:
    assert tiny_config(*ON_OURS, "hardware.num_threads=null").hardware.num_threads == 3
    (folder / "slurm" / "ours.yaml").write_text("hardware: {cpu: {time_min: 30}}")
    assert tiny_config(*ON_OURS, "hardware.num_threads=5").hardware.num_threads == 5
    with pytest.raises(ConfigError) as raised:
        tiny_config(*ON_OURS, "hardware.num_threads=null")
    assert str(raised.value) == (
        "hardware.num_threads: this machine's cores say nothing about the nodes'; type "
        "hardware.num_threads=…, or set hardware.cpu.cpus_per_task in slurm/ours.yaml."
    )
