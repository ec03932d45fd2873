"""Strided convolution, BatchNorm and ReLU blocks."""
