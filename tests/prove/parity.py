"""The long evidence of parity: every model's certificate, and what becomes of planted traps."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from fwexp.meters.environment import commit
from fwexp.store.certificate import Certificate
from tests.prove.caught import Caught, catch_all, trap_table
from tests.prove.models import Shown, model_table, show_all
from tests.prove.proof import Proof
from tests.prove.table import figure, table
from tests.prove.traps import LINTER, NONE
from tests.prove.traps_of_cnn import CNN_TRAPS
from tests.prove.traps_of_models import MODEL_TRAPS
from tests.prove.traps_of_optimizers import OPTIMIZER_TRAPS
from tests.prove.traps_of_training import TRAINING_TRAPS

TRAPS = [*TRAINING_TRAPS, *OPTIMIZER_TRAPS, *CNN_TRAPS, *MODEL_TRAPS]
BY_STAGE = ("mlp", "cnn")  # the models that have a certificate with each optimizer


def main() -> Proof:
    """Holds when every certificate passed and every trap was caught at its stage."""
    with tempfile.TemporaryDirectory(prefix="fwexp-prove-") as scratch:
        shown = show_all(Path(scratch))
        caught = catch_all(TRAPS, Path(scratch))
    holds = all(s.holds for s in shown) and all(c.as_it_must for c in caught)
    return Proof(text=page(shown, caught), holds=holds)


def page(shown: Sequence[Shown], caught: Sequence[Caught]) -> str:
    """The page's Markdown."""
    certificates = [s.certificate for s in shown]
    versions = ", ".join(f"{k} {v}" for k, v in certificates[0].versions.items())
    made = f"{datetime.now(UTC):%Y-%m-%d}, commit {(commit() or 'unknown')[:12]}"
    lines = [
        "# Parity: the two implementations are one computation",
        "",
        f"Made by `make prove` on {made}; {versions}; on the processor, one thread.",
        "",
        "Each figure is the worst relative norm of Keras's arrays against torch's. 0 stands for "
        "equal bytes, shapes or names. All compute in float64 and must stay within 1e-10, but for "
        "the forward pass in float32, which must stay within 1e-4. At bf16 no numbers are "
        "compared but the dtype of every block's output. Models are small, with the published "
        "ones' structure and constructor; the full size is counted from its spec.",
        "",
        *model_table([s for s in shown if s.certificate.model not in BY_STAGE or _is_adam(s)]),
        "",
        "In the 20 locked steps both start each step from the same state. Drift is told, not "
        "gated: ‖difference‖ / ‖weights‖ after the same 20 steps that both take from the same "
        "weights, each by itself. What rounding differs in is carried on, and deep networks "
        "amplify it: the last column is torch against torch in float64, every weight moved to the "
        "next number above it at the start.",
        "",
        "## With every optimizer",
        "",
        *_stage_table([c for c in certificates if c.model in BY_STAGE]),
        "",
        "## Planted traps",
        "",
        *_told(caught),
        "",
        *trap_table(caught),
    ]
    return "\n".join(lines) + "\n"


def _is_adam(shown: Shown) -> bool:
    return shown.certificate.optimizer == "adam"


def _told(caught: Sequence[Caught]) -> list[str]:
    wanted = [c for c in caught if c.trap.stage != NONE]
    found = sum(bool(c.failed) for c in wanted)
    by_linter = sum(c.trap.stage == LINTER for c in wanted)
    slipped = [c.trap.what for c in caught if not c.failed]
    named = f" Not caught: {'; '.join(slipped)}." if slipped else ""
    return [
        f"{found} of {len(caught)} are caught, {by_linter} of them by the linter.{named}",
        "",
        "Each is a change of one file of the run's own, in a copy of the project, where "
        "`fwexp parity model=cnn data=digits` (Adam, unless said otherwise) is typed: it exits "
        "with 1 and names the first stage that fails; what follows from it may fail, too. What "
        "the linter reads in the model's files is refused with 2, before anything is computed.",
        "",
        "Without the gate: what a short comparison of both frameworks at five seeds would have "
        "said with the trap in place, TensorFlow − PyTorch in points or TensorFlow / PyTorch, by "
        "the statistics and the margins of any sweep; and the same of the clean pair. A trap "
        "that leaves this score as it is may not leave another model's, or a longer training's. "
        "Times are not told: runs as short as these vary in theirs by more than a trap changes.",
        "",
        "Not planted: what needs an accelerator (TF32, cuDNN's autotuning, layouts) or several "
        "devices (loss averaging, synchronised BatchNorm); what nothing here has at its small "
        "size (GRU, augmentation, padded pooling); and what changes "
        "times alone (warm-up, input pipelines, compilation, throughput as a mean of rates).",
    ]


def _stage_table(certificates: Sequence[Certificate]) -> list[str]:
    longest = max(certificates, key=lambda c: len(c.stages))
    columns = [f"{c.model} × {c.optimizer}" for c in certificates]
    rows = []
    for name in (stage.name for stage in longest.stages):
        found = [next((s for s in c.stages if s.name == name), None) for c in certificates]
        rows.append([name, *map(figure, found)])
    return table(["stage", *columns], rows)
