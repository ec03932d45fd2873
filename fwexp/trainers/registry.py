"""The trainers by framework."""

from pkgutil import resolve_name

from fwexp.trainers.protocol import Recipe, Trainer

TRAINERS = {
    "torch": "fwexp.trainers.torch_trainer:LightningTrainer",
    "tf": "fwexp.trainers.keras_trainer:KerasTrainer",
}


def make_trainer(recipe: Recipe) -> Trainer:
    """The framework's trainer for this recipe, built and holding the recipe's initial weights."""
    trainer: Trainer = resolve_name(TRAINERS[recipe.config.framework.name])(recipe)
    return trainer
