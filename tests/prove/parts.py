"""The parts of the proof, and what the page of each rests on beside its own imports."""

from dataclasses import dataclass

FRAMEWORKS = ("torch", "tensorflow", "keras", "pytorch-lightning", "numpy")
# Found by name when a run starts, so that no import leads to them. "*" is all that is below.
TRAINING = ("fwexp.runs.*", "fwexp.trainers.*")
MLP = (*TRAINING, "fwexp.models.mlp.*", "fwexp.tasks.classification")
ANY_MODEL = (*TRAINING, "fwexp.models.*", "fwexp.tasks.*")
SWEEP = ("fwexp.launch.*", "fwexp.processes.*", "fwexp.store.*")


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a page rests on: modules and what they import, folders of values, libraries."""

    roots: tuple[str, ...]  # beside tests.prove.PART
    values: tuple[str, ...] = ("conf",)
    libraries: tuple[str, ...] = FRAMEWORKS
    shows_texts: bool = False  # the page quotes messages, so that their words count


PARTS = {
    "parity": Part(roots=("fwexp.parity.*", *ANY_MODEL)),
    "clean_runs": Part(roots=("fwexp.parity.*", *SWEEP, *ANY_MODEL)),
    "run_traps": Part(roots=("fwexp.parity.*", *SWEEP, *ANY_MODEL)),
    "architectures": Part(roots=("fwexp.models.*",), libraries=(*FRAMEWORKS, "transformers")),
    "faults": Part(roots=(*SWEEP, *MLP)),
    "bad_input": Part(
        roots=("fwexp.cli", "fwexp.commands.*", *ANY_MODEL),
        values=("conf", "sweeps"),
        shows_texts=True,
    ),
    "calibration": Part(roots=("fwexp.evidence.*",), values=(), libraries=("numpy", "scipy")),
    "quality_targets": Part(roots=(*SWEEP, *ANY_MODEL), values=("conf", "sweeps")),
    "full_size": Part(roots=("fwexp.parity.*", *SWEEP, *ANY_MODEL)),
    "resume": Part(roots=ANY_MODEL),
    "cluster": Part(roots=(*SWEEP, *MLP), values=("conf", "slurm")),
    "wandb": Part(roots=("fwexp.tracking.*", *MLP), libraries=(*FRAMEWORKS, "wandb")),
    "tracking_cost": Part(roots=("fwexp.tracking.*", *MLP), libraries=(*FRAMEWORKS, "wandb")),
}
