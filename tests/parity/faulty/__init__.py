"""A pair whose Keras half has a fault on order, in words that the linter cannot read."""
