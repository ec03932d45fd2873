"""Slurm: submit a sweep's runs through submitit, follow them, and run them on a node."""
