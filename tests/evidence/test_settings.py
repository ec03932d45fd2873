"""Where a setting that the matched regime forgoes could turn a verdict, it is told; else not."""

from dataclasses import replace

import pytest

from fwexp.config.load import compose
from fwexp.evidence.settings import SETTINGS, Setting, turning_settings
from fwexp.evidence.verdicts import Finding, Verdict
from fwexp.writeup.first_screen import turning
from fwexp.writeup.page import render_html, render_markdown
from tests.evidence.factory import Truth, simulate

FUSED = (
    "ncf_full: PyTorch was not given Adam(fused=True), which could turn the verdict on time (its "
    "step ×0.27): without it PyTorch's step took 2.2 times TensorFlow's, with it 0.6 times; seen "
    "in trials, not measured here"
)


def finding(verdict: Verdict, estimate: float | None) -> Finding:
    larger = None if estimate is None else "tf" if estimate > 1 else "torch"
    return Finding(workload="w", n=5, verdict=verdict, estimate=estimate, larger=larger)


def setting(framework: str, step_ratio: float | None) -> Setting:
    return Setting(
        models=("mlp",),
        hardware="cpu",
        framework=framework,
        name="s",
        step_ratio=step_ratio,
        seen="seen",
    )


@pytest.mark.parametrize(
    ("framework", "step_ratio", "verdict", "estimate", "expected"),
    [
        ("torch", 0.27, Verdict.MATERIAL, 0.45, True),  # PyTorch takes 2.2 times: then 0.6
        ("torch", 0.27, Verdict.MATERIAL, 0.1, False),  # 10 times: then still 2.7
        ("torch", 0.27, Verdict.MATERIAL, 2.0, False),  # it is the faster one already
        ("tf", 0.5, Verdict.MATERIAL, 1.97, True),
        ("tf", 0.5, Verdict.MATERIAL, 2.3, False),
        ("tf", 0.5, Verdict.MATERIAL, 0.5, False),
        ("torch", None, Verdict.MATERIAL, 0.1, True),  # by how much was not kept
        ("torch", None, Verdict.MATERIAL, 2.0, False),
        ("tf", 0.5, Verdict.EQUIVALENT, 1.0, True),
        ("tf", 0.5, Verdict.IMMATERIAL, 0.97, True),
        ("tf", 0.5, Verdict.INCONCLUSIVE, 1.1, True),
        ("tf", 0.5, Verdict.VOID, None, False),
        ("tf", 0.5, Verdict.ALONE, None, False),
        ("tf", 0.5, Verdict.UNKNOWN, None, False),
    ],
)
def test_what_a_setting_could_turn(
    framework: str, step_ratio: float | None, verdict: Verdict, estimate: float, expected: bool
) -> None:
    found = setting(framework, step_ratio).could_turn(finding(verdict, estimate), margin=1.1)
    assert found is expected


def test_every_setting_names_models_and_hardware_that_exist() -> None:
    for entry in SETTINGS:
        for model in entry.models:
            compose([f"model={model}", f"hardware={entry.hardware}", "training.batch_size=1"])
        for optimizer in entry.optimizers:
            compose([f"optimizer={optimizer}"])
        assert entry.framework in ("torch", "tf")
        assert entry.basis == "seen in trials, not measured here"


def test_it_is_told_of_its_own_model_hardware_and_optimizer_alone() -> None:
    (entry,) = [s for s in SETTINGS if s.models == ("ncf_full",)]
    (workload,) = simulate({"mlp": Truth()}).evidence().workloads
    faster = replace(finding(Verdict.MATERIAL, 0.45), workload="ncf_full")

    def told_of(model: str, hardware: str, optimizer: str) -> list[str]:
        config = replace(
            workload.config,
            model=replace(workload.config.model, name=model),
            hardware=replace(workload.config.hardware, name=hardware),
            optimizer=replace(workload.config.optimizer, name=optimizer),
        )
        one = replace(workload, config=config, label="ncf_full")
        return turning_settings([one], [faster], margin=1.1)

    assert told_of("ncf_full", "cpu", "adam") == [FUSED]
    assert entry.sentence("ncf_full") == FUSED
    assert told_of("ncf_full", "gpu", "adam") == []
    assert told_of("ncf_full", "cpu", "sgd") == []
    assert told_of("gnmt", "cpu", "adam") == []


def test_the_page_tells_it_under_the_recommendation_and_under_the_times() -> None:
    evidence = simulate({"mlp": Truth()}).evidence()
    (sentence,) = turning(evidence)
    assert sentence.startswith(
        "mlp: TensorFlow was not given steps_per_execution=10, which could turn the verdict on time"
    )
    text = render_markdown(evidence)
    assert f"\n\n- {sentence}.\n\n" in text.partition("**How sure?**")[2][:600]
    assert f"\n\n{sentence}.\n\n" in text.partition("## Total time")[2]
    assert f"<li>{sentence}.</li>" in render_html(evidence)


def test_the_page_tells_what_each_side_forgoes() -> None:
    text = render_markdown(simulate({"mlp": Truth()}).evidence())
    assert "- Matched regime: each framework forgoes settings of its own" in text
    assert "PyTorch forgoes torch.compile, fused optimizers (fused=True), channels_last" in text
    assert "TensorFlow forgoes XLA (jit_compile is False; Keras's own default is " in text
