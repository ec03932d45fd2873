"""Slurm: submit a sweep's runs through submitit, look after them, and run them on a node."""
