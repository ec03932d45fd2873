"""TensorFlow or PyTorch, for this workload, on this hardware? Settled with evidence."""

__version__ = "0.1.0"
