"""This machine: the runs one after another, each in a separate process."""
