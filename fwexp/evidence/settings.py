"""Settings that the matched regime forgoes and that are known to turn a verdict on time.

They were seen in trials on a CPU, before any was measured by a sweep: each is told beside the
verdicts that it could turn. A measured one takes its figures, its basis and its place from then on.
"""

from dataclasses import dataclass

from fwexp.evidence.aggregate import NAMES, Workload
from fwexp.evidence.verdicts import Finding, Verdict

TRIAL = "seen in trials, not measured here"
OPEN = (Verdict.VOID, Verdict.ALONE, Verdict.UNKNOWN)  # there is no verdict to turn


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A setting of one framework, and what it was seen to do."""

    models: tuple[str, ...]
    hardware: str
    optimizers: tuple[str, ...] = ()  # empty: any
    framework: str  # torch | tf: whose setting it is
    name: str
    step_ratio: float | None = None  # a step's time with it ÷ without; None: not kept
    seen: str
    basis: str = TRIAL

    def applies(self, workload: Workload) -> bool:
        config = workload.config
        return (
            config.model.name in self.models
            and config.hardware.name == self.hardware
            and (not self.optimizers or config.optimizer.name in self.optimizers)
        )

    def could_turn(self, finding: Finding, *, margin: float) -> bool:
        """Whether there is a verdict on time that the setting would change.

        Not where its framework is materially faster already, nor where the other would be still.
        """
        if finding.verdict is not Verdict.MATERIAL or finding.estimate is None:
            return finding.verdict not in OPEN
        slower = finding.estimate if self.framework == "tf" else 1 / finding.estimate
        return slower > 1 and (self.step_ratio is None or slower * self.step_ratio < margin)

    def sentence(self, workload: str) -> str:
        ratio = "" if self.step_ratio is None else f" (its step ×{self.step_ratio:.2g})"
        return (
            f"{workload}: {NAMES[self.framework]} was not given {self.name}, which could turn the "
            f"verdict on time{ratio}: {self.seen}; {self.basis}"
        )


SETTINGS = [
    Setting(
        models=("ncf_full",),
        hardware="cpu",
        optimizers=("adam",),
        framework="torch",
        name="Adam(fused=True)",
        step_ratio=0.6 / 2.2,
        seen="without it PyTorch's step took 2.2 times TensorFlow's, with it 0.6 times",
    ),
    Setting(
        models=("mobilenet_full", "resnet50_full"),
        hardware="cpu",
        framework="torch",
        name="memory_format=channels_last",
        seen="the faster framework was the other one with it",
    ),
    Setting(
        models=("mlp", "cnn", "lstm", "ncf"),  # judged: those whose step is short
        hardware="cpu",
        framework="tf",
        name="steps_per_execution=10",
        step_ratio=0.5,
        seen="ten steps in one execution halved the step of a small model",
    ),
]


def turning_settings(
    workloads: list[Workload], findings: list[Finding], *, margin: float
) -> list[str]:
    """A sentence for each setting that could turn one of these verdicts on time.

    Ratios within `margin` of 1 count as the same time.
    """
    by_label = {finding.workload: finding for finding in findings}
    return [
        setting.sentence(workload.label)
        for workload in workloads
        for setting in SETTINGS
        if setting.applies(workload)
        and workload.label in by_label
        and setting.could_turn(by_label[workload.label], margin=margin)
    ]
