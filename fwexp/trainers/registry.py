"""The trainers by framework."""

from importlib import import_module

from fwexp.trainers.protocol import Recipe, Trainer

TRAINERS = {
    "torch": "fwexp.trainers.torch_trainer:LightningTrainer",
    "tf": "fwexp.trainers.keras_trainer:KerasTrainer",
}


def make_trainer(recipe: Recipe) -> Trainer:
    """The framework's trainer for this recipe, built and holding the recipe's initial weights."""
    module, name = TRAINERS[recipe.config.framework.name].split(":")
    trainer: Trainer = getattr(import_module(module), name)(recipe)
    return trainer
