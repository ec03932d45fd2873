"""Tasks: what a model is trained for; the loss, metrics and unit of speed that go with it."""
