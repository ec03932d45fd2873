"""The mlp with a fault on order, to see what a run does with it."""
