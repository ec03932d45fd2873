"""Weights & Biases: offline runs written, uploaded, read back and published as a Report."""
