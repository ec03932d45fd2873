"""Processes: warm servers, what is said to them, and locks."""
