"""What a configuration may not ask of its data set's task."""

from collections.abc import Iterator

from fwexp.config.schema import Config
from fwexp.config.suggestions import suggest
from fwexp.data.synthetic import is_synthetic
from fwexp.errors import ConfigError
from fwexp.tasks.metric import Metric
from fwexp.tasks.task import LOSSES, make_task


def check_task(config: Config) -> None:
    """Raise ConfigError where data.task names no task, or the task cannot do what is asked."""
    task = make_task(config.data)
    problems = [*_loss(config, task.loss), *_scores(config, task.metric)]
    problems += [*_noise(config, task.metric), *_margin(config, task.metric)]
    if problems:
        raise ConfigError(problems)


def _loss(config: Config, loss: str) -> Iterator[str]:
    if loss not in LOSSES:
        yield f"data.task={config.data.task}: no trainer has its loss '{loss}'. " + suggest(
            loss, LOSSES
        )


def _scores(config: Config, metric: Metric) -> Iterator[str]:
    for name in ("target", "quality_target"):
        score = getattr(config.training, name)
        if score is None:
            continue
        if not metric.compared:
            yield (
                f"training.{name}={score:g}: data.task={config.data.task} has no score to reach; "
                "set it to null."
            )
        elif metric.unit == "%" and score > 1:
            yield (
                f"training.{name}={score:g}: {metric.name} is a share, at most 1; "
                f"type training.{name}={score / 100:g} for {score:g} %"
            )


def _noise(config: Config, metric: Metric) -> Iterator[str]:
    if is_synthetic(config.data) and metric.compared:
        yield (
            f"data.task={config.data.task}: {config.data.name} is noise, from which nothing can be "
            "learned; choose another data set, or a task without a score, such as "
            "data.task=fwexp.tasks.throughput:Throughput."
        )


def _margin(config: Config, metric: Metric) -> Iterator[str]:
    margin, data = config.comparison.score_margin_points, config.data
    if data.num_classes is None or not metric.compared:
        return  # only an accuracy moves in steps of one sample
    resolution = 100 / data.num_test  # points that one test sample is worth
    if margin < resolution:
        yield (
            f"comparison.score_margin_points={margin:g} is finer than {data.name} can resolve: "
            f"{data.num_test} test samples are {resolution:.2g} points each"
        )
