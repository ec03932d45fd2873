"""What decides a certificate: which stages, of which captures, in which dtype, on which device.

It is told who makes the captures and who explains a failure: neither decides.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import KW_ONLY, dataclass, replace

from fwexp.config.schema import Config
from fwexp.hardware.cpu import CPU
from fwexp.hardware.precision import PRECISIONS
from fwexp.models.registry import load_spec
from fwexp.parity.pair import PARTS, Capture, Pair
from fwexp.parity.stages import data, free, gradients, loss, mixed, outputs, steps, weights
from fwexp.parity.stand_in import stand_in_of
from fwexp.store.certificate import Stage

# from the kind of capture and the configuration to torch's and Keras's
Captured = Callable[[str, Config], AbstractContextManager[tuple[Capture, Capture]]]
Explain = Callable[[list[Stage], Pair], list[Stage]]


@dataclass(frozen=True)
class Comparison:
    """A stage: what it compares, and when."""

    name: str
    compare: Callable[[Pair], Stage | None]  # None: there is nothing to compare
    _: KW_ONLY
    part: str  # of a capture; a capture without it has no such stage
    needs: tuple[str, ...] = ()  # the stages whose failure leaves it nothing to compare


SAME_MODEL = ("data", "parameters")
SAME_START = (*SAME_MODEL, "initial weights", "shapes")
CONVERGED = (*SAME_START, "training")

STAGES = [
    Comparison("data", data.data, part="run"),
    Comparison("parameters", weights.parameters, part="run"),
    Comparison("initial weights", weights.initial_weights, part="run", needs=SAME_MODEL),
    Comparison("shapes", outputs.shapes, part="outputs", needs=SAME_MODEL),
    Comparison("forward", outputs.forward, part="outputs", needs=SAME_START),
    Comparison("loss", loss.loss, part="gradients", needs=SAME_START),
    Comparison("gradients", gradients.gradients, part="gradients", needs=SAME_START),
    Comparison("training", loss.divergence, part="steps", needs=SAME_START),
    Comparison("optimizer steps", steps.optimizer_steps, part="steps", needs=CONVERGED),
    Comparison("optimizer state", steps.optimizer_state, part="steps", needs=CONVERGED),
    Comparison("statistics", steps.statistics, part="steps", needs=CONVERGED),
    Comparison(
        "evaluation after training", steps.evaluation_after_training, part="steps", needs=CONVERGED
    ),
    Comparison("forward in float32", outputs.forward_in_float32, part="outputs", needs=SAME_START),
    Comparison("dtypes", outputs.dtypes, part="dtypes"),
    Comparison("mixed precision", mixed.mixed_precision, part="mixed", needs=("dtypes",)),
    Comparison("free steps", free.free_steps, part="free"),
    Comparison("evaluation", free.evaluations, part="free", needs=("free steps",)),
]


@dataclass(frozen=True, kw_only=True)
class Certified:
    """Every stage of a configuration's certificate, and what rounding alone does to its runs."""

    stages: list[Stage]
    divergence: list[float]  # see Certificate


def certify_stages(config: Config, *, captured: Captured, explain: Explain) -> Certified:
    """The stages of this configuration, in order."""
    divergence: list[float] = []

    def compare(kind: str, asked: Config, of: Config) -> list[Stage]:
        with captured(kind, asked) as (torch, keras):
            pair = Pair(torch=torch, keras=keras, spec=load_spec(of.model, of.data))
            if kind == "run":
                divergence.extend(free.divergence_of(pair).tolist())
            return explain(compare_pair(pair, kind), pair)

    smaller = stand_in_of(config)
    if smaller is None:
        stages = compare("numbers", numeric(config), config)
    else:
        load_spec(smaller.model, smaller.data)  # a misfit is told before the long part
        stages = compare("full size", numeric(config), config)
        found = compare("stand-in", numeric(config), smaller)
        stages += taken_from_stand_in(found, smaller.model.name)
    if PRECISIONS[config.precision.name].is_mixed:
        stages += compare("dtypes", config, config)
    if all(stage.passed for stage in stages):  # otherwise it is known why they part
        stages += compare("run", config, config)
    return Certified(stages=stages, divergence=divergence)


def compare_pair(pair: Pair, kind: str) -> list[Stage]:
    """The stages of two captures of this kind, but for those with nothing to compare."""
    stages: list[Stage] = []
    for row in STAGES:
        failed = {stage.name for stage in stages if not stage.passed}
        if row.part in PARTS[kind] and failed.isdisjoint(row.needs):
            stage = row.compare(pair)
            stages += [] if stage is None else [stage]
    return stages


def taken_from_stand_in(stages: list[Stage], name: str) -> list[Stage]:
    """Those of a stand-in's stages that its full-size model lacks, and any that failed."""
    # `fit` reports its losses of the steps
    lacking = {"loss", *(row.name for row in STAGES if row.part == "steps")}
    kept = [s for s in stages if s.name in lacking or not s.passed]
    return [replace(stage, name=f"{stage.name}, of {name}") for stage in kept]


def numeric(config: Config) -> Config:
    """The same on the CPU without reduced precision, where rounding hides least."""
    hardware = replace(config.hardware, name=CPU.name)
    return replace(config, hardware=hardware, precision=replace(config.precision, name="fp32"))


def for_framework(config: Config, framework: str) -> Config:
    """The same for this framework."""
    return replace(config, framework=replace(config.framework, name=framework))
