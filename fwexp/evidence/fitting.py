"""Records that are whole in themselves, but not of the run that their sweep declared."""

from collections import Counter
from collections.abc import Iterable
from operator import attrgetter

from fwexp.config.schema import Config
from fwexp.store.manifest import Manifest
from fwexp.store.record import RunRecord
from fwexp.tasks.metric import Metric
from fwexp.text import cut

SHARED = (  # what a run's id says of its configuration, besides much else
    *("framework.name", "seed", "model.name", "model.options", "data.name", "data.sha256"),
    *("training.batch_size", "training.num_epochs", "training.num_steps"),
    "training.evaluate_every_epochs",
    *("optimizer.name", "optimizer.learning_rate", "precision.name", "execution.name"),
    *("hardware.name", "hardware.devices", "hardware.nodes"),
)


def find_unfit(manifest: Manifest, records: dict[str, RunRecord]) -> dict[str, str]:
    """By run id, why a record is not that of the declared run."""
    metrics = {
        key: _usual_metric(r for k, r in records.items() if manifest.runs[k].workload == key)
        for key in manifest.workloads
    }
    reasons = {
        run_id: _why_unfit(
            record, manifest.config_of(run_id), metrics[manifest.runs[run_id].workload]
        )
        for run_id, record in records.items()
    }
    return {run_id: reason for run_id, reason in reasons.items() if reason}


def _why_unfit(record: RunRecord, declared: Config, metric: Metric | None) -> str:
    for path in SHARED:
        ours, wanted = attrgetter(path)(record.config), attrgetter(path)(declared)
        if ours != wanted:
            return cut(f"its {path} is {ours!r}, and the sweep declared {wanted!r}")
    if record.metric is not None and record.metric != metric:
        wanted = metric.name if metric else "none"
        return cut(f"its metric is another {record.metric.name} than the other runs' {wanted}")
    return ""


def _usual_metric(records: Iterable[RunRecord]) -> Metric | None:
    """The metric of most of a workload's runs."""
    found = Counter(record.metric for record in records if record.metric is not None)
    return found.most_common(1)[0][0] if found else None
