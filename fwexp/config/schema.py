"""The schema of a run's configuration; conf/ holds its values, load.py fills it."""

from dataclasses import dataclass, field

from omegaconf import MISSING

Scalar = int | float | str | bool  # what a user's own option may be


@dataclass(kw_only=True)
class Framework:
    name: str = MISSING  # torch | tf


@dataclass(kw_only=True)
class Model:
    name: str = MISSING
    implementation: str = MISSING  # dotted package that holds spec.py, torch.py and keras.py
    options: dict[str, Scalar] = field(default_factory=dict)  # keyword arguments of its Spec
    # another option of the same implementation, small enough for the certificate's twenty locked
    # steps in float64; null: the model itself takes them
    stand_in: str | None = None
    stand_in_options: dict[str, Scalar] = field(default_factory=dict)  # read from its file


@dataclass(kw_only=True)
class Source:
    """One place a data set may come from; which fields it needs depends on its kind."""

    kind: str = MISSING  # sklearn | system | url | npm | pypi
    package: str | None = None  # the Debian, npm or PyPI package's name
    version: str | None = None  # the npm or PyPI package's version
    directory: str | None = None  # where the files are: on disk, or inside the package
    base_url: str | None = None
    files: dict[str, str] = field(default_factory=dict)  # file name -> "md5:…" or "sha256:…"


@dataclass(kw_only=True)
class Data:
    name: str = MISSING
    task: str = MISSING  # "package.module:Name" of a fwexp.tasks.task.Task: loss, metrics, unit
    format: str = MISSING  # "package.module:name" of the function that decodes the files
    path: str | None = None  # a local folder with the original files; tried first
    num_train: int = MISSING
    num_test: int = MISSING
    sha256: str = MISSING  # of the decoded arrays, whichever source they came from
    licence: str = MISSING
    provenance: str = MISSING
    sources: list[Source] = field(default_factory=list)

    # what a model is built for; a data set gives those that apply
    image_shape: list[int] | None = None  # height, width, channels
    num_classes: int | None = None
    sequence_length: int | None = None  # tokens, or past values of a series
    target_length: int | None = None  # tokens of a translation, or future values of a series
    vocabulary_size: int | None = None
    num_users: int | None = None
    num_items: int | None = None

    # images only
    scale: float | None = None  # the pixel value that becomes 1.0
    mean: list[float] | None = None  # by channel, after scaling
    std: list[float] | None = None  # by channel, after scaling


@dataclass(kw_only=True)
class Training:
    name: str = MISSING
    batch_size: int = MISSING
    num_epochs: float | None = None  # exactly one of num_epochs and num_steps
    num_steps: int | None = None
    evaluate_every_epochs: float = MISSING
    target: float | None = None  # of the task's metric; time to target is measured to it
    # of that metric; a run that does not reach it has not learnt
    quality_target: float | None = None
    baseline: str | None = None  # the trivial predictor that the quality target exceeds


@dataclass(kw_only=True)
class Hardware:
    name: str = MISSING  # cpu | gpu | tpu
    # intra-op threads per device, in both frameworks; null: usable cores / devices
    num_threads: int | None = None
    devices: int = MISSING  # replicas on each node; each takes an equal share of every batch
    nodes: int = MISSING
    probe_timeout_s: float = MISSING  # time limit for finding the device


@dataclass(kw_only=True)
class Precision:
    name: str = MISSING  # fp32 | tf32 | bf16 | fp16


@dataclass(kw_only=True)
class Execution:
    name: str = MISSING  # plain: torch eager, Keras graph without XLA | debug: eager, checked


@dataclass(kw_only=True)
class Schedule:
    name: str = MISSING  # constant | cosine
    warmup_fraction: float = 0.0  # share of the steps that rise linearly to the peak


@dataclass(kw_only=True)
class Optimizer:
    name: str = MISSING  # sgd | momentum | adam | adamw
    learning_rate: float = MISSING  # the schedule's peak
    momentum: float | None = None
    beta_1: float | None = None
    beta_2: float | None = None
    epsilon: float | None = None
    weight_decay: float | None = None  # decoupled; on kernels only, not on biases and norms
    schedule: Schedule = field(default_factory=Schedule)


@dataclass(kw_only=True)
class Comparison:
    """What a sweep declares before it runs: how close counts as equal, and how many seeds."""

    name: str = MISSING
    num_seeds: int = MISSING
    score_margin_points: float = MISSING  # of scores that are shares: 100 × accuracy
    score_margin_ratio: float = MISSING  # of scores that are compared by ratio: perplexity, errors
    ratio_margin: float = MISSING  # of times and memory; 1.1: 10 % either way
    confidence: float = MISSING  # of every interval, 0.95
    audit_mib: float = MISSING  # of states that a run keeps, at most, for its audit; 0: none
    # the length of training that the verdict on time is about, as the faster framework's time from
    # its import on: "30min", "1h"; or "as run", the length of the runs themselves
    horizon: str = MISSING
    # what differs by less does not matter, whatever its ratio
    floor_s: float = MISSING  # of a run's time
    floor_usd: float = MISSING  # of a run's cost
    floor_mib: float = MISSING  # of peak memory
    floor_points: float = MISSING  # of scores that are shares
    num_imports: int = MISSING  # how often a sweep times each framework's import, apart from runs


@dataclass(kw_only=True)
class Launcher:
    name: str = MISSING  # a key of fwexp.launch.launcher.LAUNCHERS
    checkpoint_every_min: float | None = None  # null: only on a signal
    site: str | None = None  # the cluster's profile, if the launcher has profiles
    blocks_per_job: int | None = None  # how many blocks a job runs, one after another


@dataclass(kw_only=True)
class Tracking:
    name: str = MISSING  # none | wandb_offline | wandb_online | tensorboard
    project: str = MISSING
    # wandb_online: given up on after this long without an answer, or when an upload stalls for
    # three times as long
    answer_timeout_s: float = 10.0


@dataclass(kw_only=True)
class Pricing:
    name: str = MISSING
    machine_class: str = MISSING  # a regular expression that matches the whole machine class
    price_usd_per_hour: float = MISSING
    source: str = MISSING
    date: str = MISSING
    region: str = MISSING
    terms: str = MISSING  # on_demand | spot
    includes_host: bool = MISSING


@dataclass(kw_only=True)
class Config:
    """One run, whole."""

    framework: Framework = field(default_factory=Framework)
    model: Model = field(default_factory=Model)
    data: Data = field(default_factory=Data)
    training: Training = field(default_factory=Training)
    hardware: Hardware = field(default_factory=Hardware)
    precision: Precision = field(default_factory=Precision)
    execution: Execution = field(default_factory=Execution)
    optimizer: Optimizer = field(default_factory=Optimizer)
    comparison: Comparison = field(default_factory=Comparison)
    launcher: Launcher = field(default_factory=Launcher)
    tracking: Tracking = field(default_factory=Tracking)
    pricing: Pricing = field(default_factory=Pricing)
    seed: int = 0
    store: str = "store"  # the folder of records, certificates and write-ups

    @property
    def steps_per_epoch(self) -> int:
        """Full batches only: the samples left over at the end of an epoch are dropped."""
        return self.data.num_train // self.training.batch_size

    @property
    def num_steps(self) -> int:
        """Optimizer steps of the whole run."""
        if self.training.num_steps is not None:
            return self.training.num_steps
        assert self.training.num_epochs is not None  # a rule of config/rules.py
        return max(1, round(self.training.num_epochs * self.steps_per_epoch))

    @property
    def evaluation_steps(self) -> list[int]:
        """After how many steps it is evaluated: untrained (0), every so many epochs, last."""
        every = self.steps_per_evaluation
        return sorted({0, *range(every, self.num_steps, every), self.num_steps})

    @property
    def steps_per_evaluation(self) -> int:
        """Optimizer steps from one evaluation to the next."""
        return max(1, round(self.training.evaluate_every_epochs * self.steps_per_epoch))
