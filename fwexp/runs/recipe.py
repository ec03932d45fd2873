"""The training that a configuration describes."""

from fwexp.config.schema import Config
from fwexp.data import dataset
from fwexp.models.initialization import initial_weights
from fwexp.models.registry import load_spec
from fwexp.tasks.task import make_task
from fwexp.trainers.protocol import Recipe
from fwexp.trainers.schedule import learning_rates, sample_order


def make_recipe(config: Config, data: dataset.DataSet) -> Recipe:
    """Weights, order and rates, all fixed before it starts."""
    spec = load_spec(config.model, config.data)
    steps = config.num_steps
    order = sample_order(
        num_train=len(data.train),
        batch_size=config.training.batch_size,
        num_steps=steps,
        seed=config.seed,
    )
    return Recipe(
        config=config,
        spec=spec,
        task=make_task(config.data),
        data=data,
        weights=initial_weights(spec.variables(), seed=config.seed),
        order=order,
        learning_rates=learning_rates(config, steps),
    )
