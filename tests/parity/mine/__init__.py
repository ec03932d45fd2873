"""A model such as a user may bring: one convolution with a bias, a norm, a dense head."""
