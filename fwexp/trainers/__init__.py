"""Trainers: PyTorch Lightning's and Keras's, behind one protocol."""
