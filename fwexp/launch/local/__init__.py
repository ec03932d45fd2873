"""This machine: the runs one after another, each in a process of its own."""
