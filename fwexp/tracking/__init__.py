"""Finished runs for the trackers that people already use: W&B and TensorBoard."""
