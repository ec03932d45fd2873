"""Processes: warm servers, their messages, and locks."""
