"""A verdict by terms that are later than the runs is exploratory, and says so."""

from dataclasses import replace
from pathlib import Path

from fwexp.evidence.assess import Evidence, assess
from fwexp.evidence.read import read_evidence
from fwexp.store.manifest import Manifest
from fwexp.writeup.page import render_markdown
from tests.evidence.factory import Sweep, Truth, simulate
from tests.writeup.stored import save

LATER = "2026-11-10T08:00:00+00:00"
EVEN_LATER = "2026-11-11T08:00:00+00:00"


def by(sweep: Sweep, manifest: Manifest, *earlier: Manifest) -> Evidence:
    return assess(manifest, records=sweep.records, certificates=sweep.certificates, earlier=earlier)


def with_margin(sweep: Sweep, margin: float, *, at: str = LATER) -> Manifest:
    comparison = replace(sweep.manifest.comparison, ratio_margin=margin)
    return replace(sweep.manifest, comparison=comparison, declared_at=at, sha256="ef" * 32)


def with_seeds(manifest: Manifest, seeds: set[int], *, at: str) -> Manifest:
    runs = {run_id: run for run_id, run in manifest.runs.items() if run.seed in seeds}
    blocks = [[run_id for run_id in block if run_id in runs] for block in manifest.blocks]
    comparison = replace(manifest.comparison, num_seeds=len(seeds))
    return replace(
        manifest,
        runs=runs,
        blocks=[block for block in blocks if block],
        comparison=comparison,
        declared_at=at,
        sha256=f"{len(seeds):064x}",
    )


def test_a_margin_typed_after_the_runs_is_exploratory_and_the_first_is_told() -> None:
    sweep = simulate({"mlp": Truth()})
    decision = by(sweep, with_margin(sweep, 2.0), sweep.manifest).decision
    assert decision.recommendation.startswith("Exploratory: Either framework will do for mlp")
    assert decision.how_sure == (
        "Not sure: the terms declared on 2026-11-10 are later than 10 runs they judge, so the runs "
        "may have suggested them. By the first of 2 declarations, of 2026-11-09: Choose PyTorch "
        "for mlp on digits: TensorFlow takes 1.38× PyTorch's time in trainings of 1 hour, at the "
        "same accuracy within the margin."
    )
    assert decision.choices[0].because.startswith("exploratory: ")


def test_the_page_says_after_the_runs() -> None:
    sweep = simulate({"mlp": Truth()})
    text = render_markdown(by(sweep, with_margin(sweep, 2.0), sweep.manifest))
    assert text.startswith("# Exploratory: Either framework")
    for needed in (
        "Declared on 2026-11-10, after 10 of the 10 runs: scores within",
        "Declared 2 times, first on 2026-11-09; on these terms the runs were looked at once. The "
        "first declaration would have said: Choose PyTorch for mlp on digits: ",
        "- mlp: exploratory; its terms were declared after runs that they judge",
    ):
        assert needed in text


def test_terms_declared_before_the_runs_are_not_exploratory() -> None:
    sweep = simulate({"mlp": Truth()})
    declared = sweep.evidence().declared
    assert (declared.exploratory, declared.num_declarations, declared.num_looks) == ([], 1, 1)
    assert "Declared on 2026-11-09, before the runs: " in render_markdown(sweep.evidence())


def test_terms_that_come_back_keep_their_first_date() -> None:
    sweep = simulate({"mlp": Truth()})
    back = replace(sweep.manifest, declared_at=EVEN_LATER)
    found = by(sweep, back, sweep.manifest, with_margin(sweep, 2.0))
    assert found.declared.exploratory == []
    assert found.declared.num_declarations == 3


def test_runs_of_before_the_only_declaration_are_exploratory() -> None:
    """As those of another sweep are."""
    sweep = simulate({"mlp": Truth()})
    decision = by(sweep, replace(sweep.manifest, declared_at=LATER)).decision
    assert decision.headline.startswith("Exploratory: Choose PyTorch for mlp on digits")
    assert decision.how_sure.endswith("To test them, type the command again with new seeds.")


def test_a_new_workload_keeps_the_others_date() -> None:
    sweep = simulate({"mlp": Truth(), "cnn": Truth()})
    runs = {k: r for k, r in sweep.manifest.runs.items() if r.workload == "key-mlp"}
    first = replace(
        sweep.manifest, runs=runs, workloads={"key-mlp": sweep.manifest.workloads["key-mlp"]}
    )
    now = replace(sweep.manifest, declared_at=LATER, sha256="ef" * 32)
    found = by(sweep, now, first)
    assert found.declared.exploratory == ["cnn"]
    assert found.decision.recommendation.startswith("Exploratory for cnn: Choose PyTorch for mlp")
    assert " For the others: Sure, within what was measured" in found.decision.how_sure


def test_added_seeds_are_another_look_and_the_error_is_shared() -> None:
    sweep = simulate({"mlp": Truth()})
    first = with_seeds(sweep.manifest, {0, 1, 2}, at=sweep.manifest.declared_at)
    now = replace(sweep.manifest, declared_at="2026-11-09T10:00:55+00:00")  # six had started
    found = by(sweep, now, first)
    assert (found.declared.exploratory, found.declared.num_looks) == ([], 2)
    assert found.decision.how_sure.endswith(
        "Seeds were added after results were there (2 looks); with the error shared among the "
        "looks the choice stays."
    )


def test_seeds_that_were_added_before_any_run_are_no_look() -> None:
    sweep = simulate({"mlp": Truth()})
    first = with_seeds(sweep.manifest, {0, 1, 2}, at="2026-11-09T09:00:00+00:00")
    assert by(sweep, sweep.manifest, first).declared.num_looks == 1


def test_a_choice_that_shared_error_would_turn_is_told() -> None:
    sweep = simulate({"mlp": Truth(time_ratio=1.14, tf_build_s=0.1, time_sd=0.02)})
    first = with_seeds(sweep.manifest, {0, 1, 2}, at=sweep.manifest.declared_at)
    now = replace(sweep.manifest, declared_at="2026-11-09T10:00:55+00:00")
    plain, found = sweep.evidence().decision, by(sweep, now, first).decision
    assert plain.recommendation == found.recommendation
    assert "(2 looks); with the error shared among the looks " in found.how_sure


def test_seeds_left_out_after_looking_are_exploratory() -> None:
    sweep = simulate({"mlp": Truth()})
    fewer = with_seeds(sweep.manifest, {0, 1, 2}, at=LATER)
    assert by(sweep, fewer, sweep.manifest).declared.exploratory == ["mlp"]


def test_a_target_is_a_term() -> None:
    sweep = simulate({"mlp": Truth()})
    workload = sweep.manifest.workloads["key-mlp"]
    training = replace(workload.config.training, target=0.9)
    changed = replace(workload, config=replace(workload.config, training=training))
    now = replace(
        sweep.manifest, workloads={"key-mlp": changed}, declared_at=LATER, sha256="ef" * 32
    )
    found = by(sweep, now, sweep.manifest)
    assert found.declared.exploratory == ["mlp"]
    assert "trainings of 1 hour" in found.declared.first_says


def test_a_store_has_them_all_and_a_torn_one_is_named(tmp_path: Path) -> None:
    sweep = simulate({"mlp": Truth()})
    store = save(replace(sweep, manifest=with_margin(sweep, 2.0)), tmp_path)
    store.archive_manifest(sweep.manifest)
    (torn := store.sweep_folder("demo") / "manifest-2026-ab.json").write_text("{")
    evidence = read_evidence(store, "demo")
    assert evidence.decision.recommendation.startswith("Exploratory: Either framework")
    assert evidence.declared.first_says.startswith("Choose PyTorch")
    assert [complaint.split(": ")[0] for complaint in evidence.complaints] == [str(torn)]
