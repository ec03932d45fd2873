"""A site profile, a file of slurm/: what to ask of a cluster for each hardware."""

from dataclasses import dataclass, field

from omegaconf import MISSING

from fwexp.config.files import named_file, names_in, read_file
from fwexp.config.schema import Config
from fwexp.errors import ConfigError
from fwexp.hardware.table import HARDWARE

Flag = int | float | str | bool


@dataclass(kw_only=True)
class Resources:
    """What a job of one hardware asks for; a field left out is left to the cluster's default."""

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    gres: str | None = None  # "gpu:{devices}": as many as hardware.devices
    constraint: str | None = None
    exclusive: bool = False  # the whole node, so that no other job disturbs a timed run
    cpus_per_task: int | None = None
    mem_gib: float | None = None
    time_min: int = MISSING  # a job that reaches it is requeued and resumes
    signal_s: int = 120  # how long before the limit a job is told to save its run
    machine_class: str | None = None  # of its nodes; null: that of the submitting machine
    sbatch: dict[str, Flag] = field(default_factory=dict)  # further options, by long name


@dataclass(kw_only=True)
class Site:
    hardware: dict[str, Resources] = field(default_factory=dict)  # cpu | gpu | tpu -> its jobs
    setup: list[str] = field(default_factory=list)  # shell lines of a job before Python starts
    python: str | None = None  # the command that starts Python, say in a container; null: this one
    max_array_size: int | None = None  # null: what `scontrol show config` says


def read_site(name: str | None) -> Site:
    """The profile of that name, from ./slurm or from fwexp's own.

    Raises ConfigError, naming the file, if it does not exist or holds no profile.
    """
    if name is None:
        names = ", ".join(names_in("slurm"))
        raise ConfigError(
            [
                "launcher.site: name the cluster; type launcher.site=NAME for slurm/NAME.yaml. "
                f"Choose from: {names}."
            ]
        )
    path = named_file("slurm", name, what=f"launcher.site={name}")
    site = read_file(path, Site)
    problems = [p for hardware, r in site.hardware.items() for p in _bad(hardware, r)]
    if not site.hardware:
        problems = [f"hardware is empty; name what the site has: {', '.join(HARDWARE)}"]
    if problems:
        raise ConfigError(f"{path}: {problem}" for problem in problems)
    return site


def resources_for(config: Config, site: Site) -> Resources:
    """What a job of this configuration asks for; ConfigError if the site does not have it."""
    hardware = config.hardware.name
    if hardware not in site.hardware:
        raise ConfigError(
            [
                f"hardware={hardware}: slurm/{config.launcher.site}.yaml has no such hardware; "
                f"add it there, or choose {'|'.join(site.hardware)}."
            ]
        )
    return site.hardware[hardware]


def cores_of_job(config: Config) -> int:
    """How many cores a run may use on a node; ConfigError if nothing says so."""
    cores = resources_for(config, read_site(config.launcher.site)).cpus_per_task
    if cores is None and config.hardware.num_threads is None:
        raise ConfigError(
            [
                "hardware.num_threads: this machine's cores say nothing about the nodes'; type "
                f"hardware.num_threads=…, or set hardware.{config.hardware.name}.cpus_per_task "
                f"in slurm/{config.launcher.site}.yaml."
            ]
        )
    return cores or config.hardware.num_threads or 1


def _bad(name: str, resources: Resources) -> list[str]:
    where = f"hardware.{name}"
    if name not in HARDWARE:
        return [f"{where}: there is no such hardware; choose {' or '.join(HARDWARE)}"]
    try:
        (resources.gres or "").format(devices=1)
    except (KeyError, IndexError, ValueError):
        return [f"{where}.gres={resources.gres}: only {{devices}} may stand in braces"]
    if resources.signal_s < 1 or resources.time_min * 60 < 2 * resources.signal_s:
        return [
            f"{where}: time_min={resources.time_min} leaves no time to train before the signal "
            f"that comes {resources.signal_s} s before its end; give at least "
            f"{-(-2 * max(1, resources.signal_s) // 60)} min, or a shorter signal_s of 1 or more"
        ]
    return []
